/** Which versions of tart are refused, noted, and taken. */
import { expect, test } from 'vitest';
import { judgeVersion } from '../../src/tart/version.ts';

test.each(['2.26.9', '2.9.0', '1.99.0', '0.0.1'])(
  '%s lacks exec and is refused with what to do',
  (version) => {
    expect(() => judgeVersion(version)).toThrow(
      expect.objectContaining({ code: 'host-unfit', hint: 'upgrade it: brew install openai/tools/tart' }),
    );
  },
);

test.each(['2.27.0', '2.30.6', '2.35.0', '2.35.1', '2.35.0-rc1'])(
  '%s serves, with a word about its flaw',
  (version) => {
    expect(judgeVersion(version)).toEqual([expect.stringContaining('PR 1333')]);
  },
);

test.each(['2.36.0', '2.100.0', '3.0.0'])('%s serves', (version) => {
  expect(judgeVersion(version)).toEqual([]);
});

test.each(['SNAPSHOT', '', '2.36'])('"%s" is no release, and is noted', (version) => {
  expect(judgeVersion(version)).toEqual([expect.stringContaining('no release')]);
});
