import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { canRunVms, freeBytes } from '../../src/host/facts.ts';

test.each([
  ['darwin', 'arm64', '25.1.0', []],
  ['linux', 'x64', '6.8.0', [/Macs only/]],
  ['darwin', 'x64', '25.1.0', [/Apple silicon/]],
  ['darwin', 'arm64', '22.6.0', [/macOS 14/]],
  ['darwin', 'x64', '21.6.0', [/Apple silicon/, /macOS 14/]],
] as const)('%s on %s with kernel %s', (platform, arch, release, lacks) => {
  expect(canRunVms({ platform, arch, release })).toEqual(lacks.map((text) => expect.stringMatching(text)));
});

test('free space is told for a directory, and for one that is yet to be made', () => {
  const free = freeBytes(tmpdir()) ?? 0;
  expect(free).toBeGreaterThan(0);
  expect(freeBytes(join(tmpdir(), 'none', 'none'))).toBeGreaterThan(free / 2);
  expect(freeBytes(join(import.meta.filename, 'below a file'))).toBeNull();
});
