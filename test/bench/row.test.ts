/** The benchmark's own arithmetic and the shape of its rows; what it measures is measured, not tested. */
import { expect, test } from 'vitest';
import { readProc, readPs } from './load-of.ts';
import { median, quantile, spreadOf } from './quantile.ts';
import { isReached, measured, rowSchema } from './row.ts';
import { tableOf } from './table.ts';

test('quantiles lie on straight lines between the sorted samples', () => {
  expect(median([30, 10, 20])).toBe(20);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(quantile([0, 100], 0.99)).toBe(99);
  expect(quantile([7], 0.99)).toBe(7);
  expect(spreadOf([5, 1, 9])).toEqual([1, 9]);
  expect(() => median([])).toThrow(RangeError);
});

test('a row has a ratio exactly when it has a peer, and says so in its schema', () => {
  const alone = measured({ name: 'alone', unit: 'ms', value: 2, spread: [1, 3] }).row;
  expect(alone).toEqual({ name: 'alone', unit: 'ms', value: 2, peer: null, ratio: null, spread: [1, 3] });
  const peer = { name: 'other', value: 4 };
  const compared = measured({ name: 'compared', unit: 'ms', value: 6.00049, spread: [5, 7], peer }).row;
  expect(compared).toMatchObject({ value: 6, peer, ratio: 1.5 });
  expect(rowSchema.parse(compared)).toEqual(compared);
  expect(rowSchema.safeParse({ ...alone, value: Number.NaN }).success).toBe(false);
});

test('a goal is held against the value, the ratio, or what there is more than the peer has', () => {
  const { row } = measured({
    name: 'x',
    unit: 'MiB',
    value: 110,
    spread: [1, 2],
    peer: { name: 'y', value: 80 },
  });
  expect(isReached(row, { of: 'value', atMost: 110 })).toBe(true);
  expect(isReached(row, { of: 'value', atMost: 109 })).toBe(false);
  expect(isReached(row, { of: 'excess', atMost: 30 })).toBe(true);
  expect(isReached(row, { of: 'excess', atMost: 29 })).toBe(false);
  expect(isReached(row, { of: 'ratio', atLeast: 1.375 })).toBe(true);
  expect(isReached({ ...row, peer: null, ratio: null }, { of: 'ratio', atLeast: 0 })).toBe(false);
});

test('the table names each row once and says which goal was missed', () => {
  const goals = [
    { of: 'value', atMost: 5 },
    { of: 'value', atMost: 1 },
  ] as const;
  const table = tableOf([measured({ name: 'some-row', unit: 'ms', value: 2, spread: [1, 3], goals })]);
  expect(table).toMatch(/some-row {2}2\.00 ms .*≤ 5 ms: reached, ≤ 1 ms: missed \(2\.00\)/);
});

test('processor time and memory are read from either system', () => {
  const stat = `42 (a (strange) name) S ${Array.from({ length: 20 }, (_, index) => index + 4).join(' ')}`;
  expect(readProc(stat, 'Name:\tnode\nVmRSS:\t  2048 kB\n')).toEqual({ cpuMs: 290, residentMiB: 2 });
  expect(readPs('  2048   1:02.50\n')).toEqual({ cpuMs: 62_500, residentMiB: 2 });
  expect(readPs('1024 1-00:00:01\n')).toEqual({ cpuMs: 86_401_000, residentMiB: 1 });
});
