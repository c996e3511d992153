/** The pace of the loop: at the next moment that is due, within limits. */
import { expect, test } from 'vitest';
import { NEVER } from '../../src/core/due.ts';
import { nextLookMs } from '../../src/daemon/pace.ts';

test('it looks when something is due', () => {
  expect(nextLookMs(1_234)).toBe(1_234);
});

test('it looks every five seconds though nothing is, or only later', () => {
  expect(nextLookMs(NEVER)).toBe(5_000);
  expect(nextLookMs(60_000)).toBe(5_000);
});

test('it does not spin, not even when something came due during the turn', () => {
  expect(nextLookMs(1)).toBe(20);
  expect(nextLookMs(-3)).toBe(20);
});
