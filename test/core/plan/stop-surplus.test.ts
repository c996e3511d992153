/** Rule 1: what is one too many. */
import { expect, test } from 'vitest';
import { plan } from '../../../src/core/plan.ts';
import {
  aJob,
  aPool,
  aRegistration,
  aRunner,
  aWorld,
  jobs,
  known,
  NOW,
  SECOND,
  say,
  unknown,
} from '../../support/world.ts';

type Details = Parameters<typeof aWorld>[0];
const steps = (details: Details): readonly string[] => plan(aWorld(details)).steps.map(say);

const older = aRunner('a', 'idle', { slot: 0, sinceMs: NOW - 40 * SECOND });
const newer = aRunner('b', 'idle', { slot: 1, sinceMs: NOW - 20 * SECOND });

test('of two idle runners for one job the older one stops', () => {
  expect(steps({ runners: [newer, older], pools: [aPool('ios', { demand: jobs(aJob('1')) })] })).toEqual([
    'stop ios/a: surplus',
  ]);
});

test('idle runners without any job all stop', () => {
  expect(steps({ runners: [newer, older] })).toEqual(['stop ios/a: surplus', 'stop ios/b: surplus']);
});

test('an idle runner is given fifteen seconds first', () => {
  const fresh = { ...older, sinceMs: NOW - 15 * SECOND + 1 };
  expect(steps({ runners: [fresh] })).toEqual([]);
  expect(steps({ runners: [{ ...fresh, sinceMs: NOW - 15 * SECOND }] })).toEqual(['stop ios/a: surplus']);
});

test('an idle runner that GitHub calls busy, or cannot be asked about, stays', () => {
  expect(
    steps({ runners: [older], registrations: known([aRegistration(older.name, { busy: true })]) }),
  ).toEqual([]);
  expect(steps({ runners: [older], registrations: unknown })).toEqual([]);
});

test('warm runners beyond the warm count stop, the oldest first', () => {
  const warm = [older, newer].map((runner) => ({ ...runner, phase: 'warm' as const }));
  expect(steps({ runners: warm, pools: [aPool('ios', { warm: 1 })] })).toEqual(['stop ios/a: surplus']);
  expect(steps({ runners: warm, pools: [aPool('ios', { warm: 2 })] })).toEqual([]);
});

test('a warm runner that a job takes is none too many', () => {
  const warm = [older, newer].map((runner) => ({ ...runner, phase: 'warm' as const }));
  expect(steps({ runners: warm, pools: [aPool('ios', { warm: 1, demand: jobs(aJob('1')) })] })).toEqual([
    'claim ios/a',
  ]);
});

test('a fresh warm runner is given fifteen seconds first', () => {
  const fresh = aRunner('a', 'warm', { sinceMs: NOW - 15 * SECOND + 1 });
  expect(steps({ runners: [fresh] })).toEqual([]);
});
