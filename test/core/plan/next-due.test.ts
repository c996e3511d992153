/**
 * Until the moment that `nextDueMs` names, the passing of time alone changes no decision: shown on arbitrary worlds whose
 * times lie around the limits, and rule by rule, so that it names none too early either.
 */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { capacityByPool } from '../../../src/core/capacity.ts';
import { NEVER } from '../../../src/core/due.ts';
import { explainRest } from '../../../src/core/plan/explain-waiting.ts';
import { nextDueMs } from '../../../src/core/plan/next-due.ts';
import { isContradicted, surveyWorld } from '../../../src/core/plan/survey.ts';
import { plan } from '../../../src/core/plan.ts';
import type { Phase, Runner } from '../../../src/core/runner.ts';
import type { World } from '../../../src/core/world.ts';
import { arbitraryWorld, LENGTHS } from '../../support/arbitrary-world.ts';
import { arbitraryCalmWorld } from '../../support/calm-world.ts';
import {
  aJob,
  aPool,
  aRegistration,
  aRunner,
  aVm,
  aWorld,
  jobs,
  known,
  LIMITS,
  MINUTE,
  NOW,
  SECOND,
  unknown,
} from '../../support/world.ts';

/** What happens after it is not looked at: all limits have passed. */
const HORIZON = 12 * 60 * MINUTE;

function decide(world: World, nowMs: number): unknown {
  const then = { ...world, nowMs };
  return [plan(then), capacityByPool(then), explainRest(surveyWorld(then)), isContradicted(then)];
}

/** All moments of the world, and all limits after them, whether or not a rule has the one for the other. */
function suspectMoments(world: World): readonly number[] {
  const { runners, pools, silentSinceMs, heardMs, unjudgedSinceMs, unlistedSinceMs } = world;
  const moments = [
    NOW,
    world.registrationsBeganMs,
    ...runners.flatMap((one) => [one.createdMs, one.sinceMs, one.jobEndedMs ?? NOW, one.toldDoneMs ?? NOW]),
    ...pools.map(({ retryAtMs }) => retryAtMs),
    ...pools.flatMap(({ demand }) => (demand.known ? demand.value.jobs.map((job) => job.queuedMs) : [])),
    ...[silentSinceMs, heardMs, unjudgedSinceMs, unlistedSinceMs].flatMap((since) => [...since.values()]),
  ];
  const ends = new Set(moments.flatMap((atMs) => [0, ...LENGTHS].map((ms) => atMs + ms)));
  return [...ends].flatMap((atMs) => [atMs - 1, atMs, atMs + 1]);
}

test.for([
  ['any world', arbitraryWorld],
  ['a world in which little is wrong', arbitraryCalmWorld],
] as const)(
  'until something is due, %s is decided upon in the same way',
  { timeout: 60_000 },
  ([, worlds]) => {
    const later = fc.array(fc.integer({ min: 1, max: HORIZON }), { maxLength: 5 });
    fc.assert(
      fc.property(worlds, later, (world, drawn) => {
        const dueMs = nextDueMs(world);
        const now = decide(world, NOW);
        const lastMs = Math.min(dueMs - 1, NOW + HORIZON);
        for (const atMs of [...suspectMoments(world), ...drawn.map((ms) => NOW + ms), lastMs]) {
          if (atMs <= NOW || atMs > lastMs) continue;
          const then = decide(world, atMs);
          if (!isDeepStrictEqual(then, now)) expect(then, `${atMs - NOW} ms on`).toEqual(now);
        }
      }),
      { numRuns: 5_000 },
    );
  },
);

const since = (ms: number): Partial<Runner> => ({ sinceMs: NOW - ms });
const noticed = ({ name }: Runner, ms: number) => new Map([[name, NOW - ms]]);
/** By its creation, and by the phase it is in once it may have a job. */
const AGE = LIMITS.ageMs - 10 * MINUTE;
const WORK_AGE = LIMITS.ageMs - MINUTE / 2;

/** One runner, in a pool that has work for one of any kind unless the details say otherwise. */
function dueWith(
  phase: Phase,
  runner: Partial<Runner> = {},
  details: (runner: Runner) => Parameters<typeof aWorld>[0] = () => ({}),
): number {
  const one = aRunner('a', phase, runner);
  const pools = [aPool('ios', { warm: 1, demand: jobs(aJob('1')) })];
  return nextDueMs(aWorld({ pools, runners: [one], ...details(one) })) - NOW;
}

test('on an empty host time changes nothing', () => {
  expect(nextDueMs(aWorld())).toBe(NEVER);
});

test('a healthy runner is due at the limit of its phase, and in others at that of its age', () => {
  expect(dueWith('booting', since(SECOND))).toBe(LIMITS.bootMs - SECOND);
  expect(dueWith('registering', since(SECOND))).toBe(LIMITS.registerMs - SECOND);
  expect(dueWith('idle', since(SECOND))).toBe(LIMITS.idleMs - SECOND);
  expect(dueWith('warm')).toBe(AGE);
  expect(dueWith('busy')).toBe(WORK_AGE);
  expect(dueWith('stopping')).toBe(NEVER);
});

test('what a step works on is due when that is over, and where VMs are unknown only a list can change that', () => {
  expect(dueWith('booting', {}, ({ name }) => ({ inFlight: new Set([name]) }))).toBe(NEVER);
  expect(dueWith('booting', {}, () => ({ vms: unknown }))).toBe(NEVER);
});

test('a job that ended, by whose word ever, is followed by the end of the teardown time', () => {
  expect(dueWith('busy', { jobEndedMs: NOW - SECOND })).toBe(LIMITS.teardownMs - SECOND);
  const told = { toldDoneMs: NOW - 2 * SECOND };
  const idleRecord = ({ name }: Runner) => ({ registrations: known([aRegistration(name)]) });
  expect(dueWith('busy', told, idleRecord)).toBe(LIMITS.teardownMs - 2 * SECOND);
  // GitHub's record contradicts its queue.
  expect(dueWith('busy', told)).toBe(WORK_AGE);
});

test('a guest is missed when it was silent for too long, where that decides anything', () => {
  const silent = (runner: Runner) => ({ silentSinceMs: noticed(runner, SECOND) });
  expect(dueWith('warm', {}, silent)).toBe(LIMITS.channelMs - SECOND);
  expect(dueWith('busy', {}, silent)).toBe(WORK_AGE);
  const gone = (runner: Runner) => ({ ...silent(runner), vms: known([aVm(runner.name, 'stopped')]) });
  expect(dueWith('busy', {}, gone)).toBe(LIMITS.channelMs - SECOND);
});

test('a VM that is not listed has its grace, and what its guest said keeps it for a minute', () => {
  const unlisted = { vms: known([]) };
  expect(dueWith('warm', since(SECOND), () => unlisted)).toBe(4 * SECOND);
  const heard = (runner: Runner) => ({ heardMs: noticed(runner, SECOND) });
  expect(dueWith('warm', {}, (runner) => ({ ...unlisted, ...heard(runner) }))).toBe(MINUTE - SECOND);
});

test('a record that is missed twice, and a job that nobody judged, have their while', () => {
  const missed = (runner: Runner) => ({
    registrations: known([]),
    unlistedSinceMs: noticed(runner, 10 * SECOND),
  });
  expect(dueWith('idle', since(SECOND), missed)).toBe(14 * SECOND);
  const unjudged = (runner: Runner) => ({ unjudgedSinceMs: noticed(runner, SECOND) });
  expect(dueWith('idle', since(SECOND), unjudged)).toBe(MINUTE - SECOND);
});

test('runners that are too many are due when they have settled, and in a drain at once', () => {
  const useless = { pools: [aPool('ios', { demand: jobs() })] };
  expect(dueWith('warm', since(SECOND), () => useless)).toBe(14 * SECOND);
  expect(dueWith('idle', since(SECOND), () => useless)).toBe(14 * SECOND);
  const draining = { ...useless, host: { isDraining: true } };
  expect(dueWith('idle', since(SECOND), () => draining)).toBe(LIMITS.idleMs - SECOND);
});

test('a pool whose starts failed is due for its next try', () => {
  expect(nextDueMs(aWorld({ pools: [aPool('ios', { retryAtMs: NOW + SECOND })] }))).toBe(NOW + SECOND);
});
