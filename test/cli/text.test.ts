import fc from 'fast-check';
import { expect, test } from 'vitest';
import { plain, shorten, widthOf, wrap } from '../../src/cli/text.ts';

test('a name cannot command the terminal', () => {
  expect(plain('\u001B[2Jevil\u001B]0;title\u0007 \r\nname\u202Edrow')).toBe('evil  name drow');
});

test('nothing that passed has a control character, whatever it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(plain(text)).not.toMatch(/[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/u);
    }),
  );
});

test('emoji and East Asian letters take two columns', () => {
  expect(widthOf('🚀 ビルド')).toBe(9);
});

test.each([
  ['short', 10, 'short'],
  ['Build and test on Tahoe', 10, 'Build and…'],
  ['ビルドとテスト', 7, 'ビルド…'],
  ['anything', 1, '…'],
])('%s in %d columns is %s', (text, width, shown) => {
  expect(shorten(text, width, 'end')).toBe(shown);
});

test('cut in the middle, both ends are kept', () => {
  expect(shorten('mr-7f3a2c-xcode-26-k3x9d2m1', 15, 'middle')).toBe('mr-7f3a…3x9d2m1');
});

test('what was cut is never wider than asked', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 0, max: 40 }), (text, width) => {
      const safe = plain(text);
      expect(widthOf(shorten(safe, width, 'end'))).toBeLessThanOrEqual(width);
      expect(widthOf(shorten(safe, width, 'middle'))).toBeLessThanOrEqual(width);
    }),
  );
});

test('long sentences break at spaces, and go on indented', () => {
  expect(wrap('do: wait for the end of the job', 14, '    ')).toBe(
    'do: wait for\n    the end of\n    the job',
  );
});
