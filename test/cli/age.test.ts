import { expect, test } from 'vitest';
import { age, clock } from '../../src/cli/age.ts';

test.each([
  [-5_000, '0 s'],
  [999, '0 s'],
  [42_000, '42 s'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [3_599_999, '59 min'],
  [5 * 3_600_000, '5 h'],
  [12.9 * 86_400_000, '12 d'],
])('%d ms is said as %s', (ms, said) => {
  expect(age(ms)).toBe(said);
});

test('a point in time is hours, minutes and seconds of this place', () => {
  expect(clock(new Date(2026, 10, 24, 4, 3, 7).getTime())).toBe('04:03:07');
});
