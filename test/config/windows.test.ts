import { expect, test } from 'vitest';
import { warmNow } from '../../src/config/windows.ts';

interface Hours {
  readonly cron: string;
  readonly hours: number;
  readonly timeZone: string;
}

const berlin = { cron: '0 8 * * 1-5', hours: 10, timeZone: 'Europe/Berlin' };
const daily = { ...berlin, cron: '0 8 * * *' };
const night = { cron: '30 2 * * *', hours: 1, timeZone: 'Europe/Berlin' };
const newYork = { cron: '30 22 * * *', hours: 6, timeZone: 'America/New_York' };

const isOpen = (window: Hours, at: string) =>
  warmNow({ warm: 0, windows: [{ ...window, warm: 1 }] }, new Date(at)) === 1;

test.each<[string, Hours, string, boolean]>([
  ['opens to the second', berlin, '2026-01-05T07:00:00Z', true],
  ['is shut the second before', berlin, '2026-01-05T06:59:59Z', false],
  ['is open to its last second', berlin, '2026-01-05T16:59:59Z', true],
  ['is shut after its hours', berlin, '2026-01-05T17:00:00Z', false],
  ['stays shut at the weekend', berlin, '2026-01-04T10:00:00Z', false],
  ['opens an hour earlier by UTC after spring 2026', berlin, '2026-03-30T06:00:00Z', true],
  ['not so before', berlin, '2026-03-27T06:30:00Z', false],
  ['opens an hour later by UTC after autumn 2026', berlin, '2026-10-26T06:30:00Z', false],
  ['and then is open', berlin, '2026-10-26T07:00:00Z', true],
  ['later on the day of the change, spring', daily, '2026-03-29T06:00:00Z', true],
  ['later on the day of the change, autumn', daily, '2026-10-25T07:00:00Z', true],
  ['and not an hour too early', daily, '2026-10-25T06:59:59Z', false],
  ['spring 2027', berlin, '2027-03-29T06:00:00Z', true],
  ['autumn 2027', berlin, '2027-11-01T06:59:59Z', false],
  ['at a skipped time, opens that much later', night, '2026-03-29T01:30:00Z', true],
  ['and not before', night, '2026-03-29T01:29:59Z', false],
  ['and for its whole length', night, '2026-03-29T02:29:59Z', true],
  ['at a time shown twice, opens the first time', night, '2026-10-25T00:30:00Z', true],
  ['and not the second time', night, '2026-10-25T01:30:00Z', false],
  ['autumn 2027, the first time', night, '2027-10-31T00:30:00Z', true],
  ['over midnight and the change, New York spring', newYork, '2026-03-08T09:29:59Z', true],
  ['New York spring, over', newYork, '2026-03-08T09:30:00Z', false],
  ['New York autumn, real hours', newYork, '2026-11-01T08:29:59Z', true],
  ['New York autumn, over', newYork, '2026-11-01T08:30:00Z', false],
  ['New York, the evening of the change', newYork, '2026-11-02T03:30:00Z', true],
  ['longer than a day', { ...berlin, cron: '0 0 * * 1', hours: 72 }, '2026-06-03T21:59:59Z', true],
  ['longer than a day, over', { ...berlin, cron: '0 0 * * 1', hours: 72 }, '2026-06-03T22:00:00Z', false],
  [
    'day of month and of week must both match',
    { ...berlin, cron: '0 8 1 * 1' },
    '2026-06-01T08:00:00Z',
    true,
  ],
  ['else it stays shut', { ...berlin, cron: '0 8 1 * 1' }, '2026-07-01T08:00:00Z', false],
  [
    'half an hour off UTC',
    { cron: '0 9 * * *', hours: 1, timeZone: 'Asia/Kolkata' },
    '2026-06-01T03:30:00Z',
    true,
  ],
])('a window %s', (_, window, at, expected) => {
  expect(isOpen(window, at)).toBe(expected);
});

test('outside all windows the count of the pool holds, within several the largest of theirs', () => {
  const pool = {
    warm: 1,
    windows: [
      { ...berlin, cron: '0 8 * * *', warm: 0 },
      { ...berlin, cron: '0 12 * * *', hours: 1, warm: 2 },
    ],
  };
  const at = (time: string) => warmNow(pool, new Date(`2026-06-01T${time}Z`));
  expect([at('05:00'), at('07:00'), at('10:30')]).toEqual([1, 0, 2]);
});

test('a window that opens every minute is still cheap to ask', () => {
  const pool = { warm: 0, windows: [{ cron: '* * * * *', hours: 24, timeZone: 'UTC', warm: 1 }] };
  expect(warmNow(pool, new Date('2026-06-01T12:00:30Z'))).toBe(1);
});
