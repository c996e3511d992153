/** When a disk is short, and when it is ample again. */
import { expect, test } from 'vitest';
import { isDiskShort, recoveredAt } from '../../src/core/disk.ts';

const GIB = 1024 ** 3;

test('a disk is short below its floor', () => {
  expect(isDiskShort(false, 80 * GIB, 80 * GIB)).toBe(false);
  expect(isDiskShort(false, 80 * GIB - 1, 80 * GIB)).toBe(true);
});

test('once short it stays so until a tenth more than the floor is free', () => {
  expect(isDiskShort(true, 88 * GIB - 1, 80 * GIB)).toBe(true);
  expect(isDiskShort(true, 88 * GIB, 80 * GIB)).toBe(false);
});

test('for a low floor the margin is five GiB', () => {
  expect(recoveredAt(10 * GIB)).toBe(15 * GIB);
  expect(isDiskShort(true, 15 * GIB - 1, 10 * GIB)).toBe(true);
});

test('space that goes up and down about the floor changes its state once', () => {
  let isShort = false;
  const states = [82, 79, 81, 79, 85, 79, 90, 85].map((free) => {
    isShort = isDiskShort(isShort, free * GIB, 80 * GIB);
    return isShort;
  });
  expect(states).toEqual([false, true, true, true, true, true, false, false]);
});
