/** How long failures hold a pool back. */
import { expect, test } from 'vitest';
import { isAlarming, retryDelayMs } from '../../src/core/backoff.ts';

test('the first failure is retried at once, then the delay doubles from five seconds and stays at eighty', () => {
  const seconds = [0, 1, 2, 3, 4, 5, 6, 7, 1_000].map((failures) => retryDelayMs(failures) / 1_000);
  expect(seconds).toEqual([0, 0, 5, 10, 20, 40, 80, 80, 80]);
});

test('the alarm comes when every delay was tried in vain', () => {
  expect([0, 6, 7, 100].map(isAlarming)).toEqual([false, false, true, true]);
});
