/** From which moment to which re-adoption is measured, and what is left out. */
import { expect, test } from 'vitest';
import type { Life } from './chronicle.ts';
import { readoptions } from './readopt.ts';

function aLife(startedMs: number, endedMs: number | null, living: readonly string[] = []): Life {
  return { version: '1', startedMs, endedMs, living, jobsAtKill: null };
}

function anEvent(atMs: number, what: string, subject = 'mr-1') {
  return { v: 1, seq: atMs, atMs, what, subject, detail: {} } as const;
}

const LIVES = [aLife(0, 1_000, ['mr-1']), aLife(1_200, 9_000)];
const BUSY = anEvent(500, 'runner-busy');

test.each([
  ['followed again', [BUSY, anEvent(1_900, 'runner-adopted')], [700]],
  [
    'rebuilt, then followed',
    [BUSY, anEvent(1_500, 'runner-rebuilt'), anEvent(2_000, 'runner-adopted')],
    [800],
  ],
  ['ended for a reason', [BUSY, anEvent(1_500, 'runner-stopping')], [300]],
  ['never taken up again', [BUSY], [7_800]],
  ['not yet up when the daemon died', [anEvent(500, 'runner-booting'), anEvent(4_000, 'runner-warm')], []],
  ['on its way out', [anEvent(500, 'runner-stopping'), anEvent(1_500, 'runner-gone')], []],
])('a VM that was %s', (_, events, expected) => {
  expect(readoptions({ lives: LIVES, events, deaths: [] }, 2_000)).toEqual(expected);
});

test('the slowest VM counts', () => {
  const lives = [aLife(0, 1_000, ['mr-1', 'mr-2']), aLife(1_200, 9_000)];
  const events = [
    BUSY,
    anEvent(600, 'runner-idle', 'mr-2'),
    anEvent(1_500, 'runner-adopted'),
    anEvent(2_000, 'runner-adopted', 'mr-2'),
  ];
  expect(readoptions({ lives, events, deaths: [] }, 2_000)).toEqual([800]);
});

test('a life that was cut off before it could, and a VM that was killed, say nothing', () => {
  const cut = [aLife(0, 1_000, ['mr-1']), aLife(1_200, 2_000)];
  expect(readoptions({ lives: cut, events: [BUSY], deaths: [] }, 2_000)).toEqual([]);
  expect(readoptions({ lives: LIVES, events: [BUSY], deaths: [{ vm: 'mr-1', atMs: 1_100 }] }, 2_000)).toEqual(
    [],
  );
});
