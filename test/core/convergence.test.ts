/** Plans that are carried out lead to rest: no rule undoes what another did. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { plan } from '../../src/core/plan.ts';
import type { Runner } from '../../src/core/runner.ts';
import type { Step } from '../../src/core/step.ts';
import { watchUnlisted } from '../../src/core/unlisted.ts';
import type { PoolView, Reading, World } from '../../src/core/world.ts';
import { arbitraryWorld } from '../support/arbitrary-world.ts';
import {
  aJob,
  aName,
  aPool,
  aRegistration,
  aRunner,
  aVm,
  aWorld,
  jobs,
  NOTHING_NOTICED,
  SECOND,
  say,
} from '../support/world.ts';

/** Every deadline far away, so that only the rules move things. */
const PATIENT = {
  bootMs: 1e12,
  channelMs: 1e12,
  registerMs: 1e12,
  idleMs: 1e12,
  teardownMs: 1e12,
  ageMs: 1e12,
};
const ROUNDS = 40;

function within<T>(
  reading: Reading<readonly T[]>,
  change: (list: readonly T[]) => readonly T[],
): Reading<readonly T[]> {
  return reading.known ? { known: true, value: change(reading.value) } : reading;
}

/** Carries out one step as if all went well. */
function apply(world: World, step: Step, id: string): World {
  switch (step.do) {
    case 'create': {
      const born = { pool: step.pool, slot: step.slot, createdMs: world.nowMs, sinceMs: world.nowMs };
      const runner = aRunner(id, 'booting', { ...born, name: aName(id, step.pool) });
      const vms = within(world.vms, (list) => [...list, aVm(runner.name)]);
      return exorcise({ ...world, runners: [...world.runners, runner], vms });
    }
    case 'claim': {
      const registrations = within(world.registrations, (list) => [...list, aRegistration(step.runner)]);
      return { ...move(world, step.runner, { phase: 'idle', sinceMs: world.nowMs }), registrations };
    }
    case 'stop': {
      const gone = world.runners.find(({ name }) => name === step.runner);
      const pools =
        gone?.hadJob && gone.phase !== 'stopping' ? world.pools.map((p) => unconfirm(p, gone)) : world.pools;
      const runners = world.runners.filter(({ name }) => name !== step.runner);
      return without({ ...world, runners, pools }, step.runner);
    }
    case 'remove-vm':
      return without(world, step.vm);
    case 'deregister':
      return without(world, step.name);
    case 'kill-leftovers':
      return { ...world, host: { ...world.host, remedy: null } };
    case 'reboot-host':
      return { ...world, host: { ...world.host, remedy: null, ghosts: 0 } };
  }
}

/** A start that went well proves how many ghosts there can be at most. */
function exorcise(world: World): World {
  const running = world.vms.known ? world.vms.value.filter(({ state }) => state === 'running').length : 0;
  const ghosts = Math.max(0, Math.min(world.host.ghosts, world.host.slots - running));
  // One that proves nothing puts the next try off.
  const isProbeDue = world.host.isProbeDue && ghosts < world.host.ghosts;
  return { ...world, host: { ...world.host, ghosts, isProbeDue } };
}

function without(world: World, gone: string): World {
  return {
    ...world,
    vms: within(world.vms, (list) => list.filter(({ name }) => name !== gone)),
    registrations: within(world.registrations, (list) => list.filter(({ name }) => name !== gone)),
  };
}

function move(world: World, name: string, change: Partial<Runner>): World {
  return { ...world, runners: world.runners.map((r) => (r.name === name ? { ...r, ...change } : r)) };
}

function unconfirm(pool: PoolView, gone: Runner): PoolView {
  if (pool.name !== gone.pool || !pool.demand.known) return pool;
  const { value } = pool.demand;
  return { ...pool, demand: { known: true, value: { ...value, unconfirmed: value.unconfirmed + 1 } } };
}

/** Twenty seconds on: what was in flight is done, what booted is warm. */
function pass(world: World): World {
  const nowMs = world.nowMs + 20 * SECOND;
  const runners = world.runners.map((runner): Runner => {
    if (runner.phase === 'booting') return { ...runner, phase: 'warm', sinceMs: nowMs };
    return runner.phase === 'registering' ? { ...runner, phase: 'idle', sinceMs: nowMs } : runner;
  });
  const later = { ...world, ...NOTHING_NOTICED, nowMs, runners, registrationsBeganMs: nowMs - SECOND };
  return { ...later, inFlight: new Set(), unlistedSinceMs: watchUnlisted(world.unlistedSinceMs, later) };
}

/** All rounds' steps, until a round has none. */
function settle(start: World): { readonly rounds: readonly (readonly string[])[]; readonly world: World } {
  let world = start;
  const rounds: string[][] = [];
  let quiet = 0;
  // Some rules wait fifteen seconds, some for a second reading: only three quiet rounds in a row are rest.
  while (quiet < 3 && rounds.length < ROUNDS) {
    const { steps } = plan(world);
    quiet = steps.length === 0 ? quiet + 1 : 0;
    rounds.push(steps.map(say));
    for (const [index, step] of steps.entries()) world = apply(world, step, `r${rounds.length}x${index}`);
    world = pass(world);
  }
  return { rounds, world };
}

test('I10: any world comes to rest when its plans are carried out', () => {
  fc.assert(
    fc.property(arbitraryWorld, (drawn) => {
      const { rounds } = settle({ ...drawn, limits: PATIENT });
      expect(rounds.slice(-3)).toEqual([[], [], []]);
    }),
    { numRuns: 2_000 },
  );
});

test('I10: of a world at rest nothing of ours is left that the ledger does not know', () => {
  fc.assert(
    fc.property(arbitraryWorld, (drawn) => {
      const { world } = settle({ ...drawn, limits: PATIENT });
      if (!world.vms.known || !world.registrations.known) return;
      const names = new Set(world.runners.map(({ name }) => name));
      const busy = new Set(world.registrations.value.filter((r) => r.busy).map(({ name }) => name));
      const left = [...world.vms.value, ...world.registrations.value]
        .map(({ name }) => name)
        .filter((name) => name.startsWith(aName('').slice(0, 10)) && !names.has(name) && !busy.has(name));
      expect(left).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

test('a full host of warm runners serves a job of another pool and rests', () => {
  const pools = [
    aPool('ios', { warm: 2 }),
    aPool('mac', { warm: 2, demand: jobs(aJob('1', { pool: 'mac' })) }),
  ];
  const runners = [aRunner('a', 'warm', { slot: 0 }), aRunner('b', 'warm', { slot: 1 })];
  const { rounds } = settle(aWorld({ pools, runners }));
  expect(rounds).toEqual([
    ['stop ios/a: evicted'],
    ['create mac in 0 for job'],
    ['claim mac/r2x0'],
    [],
    [],
    [],
  ]);
});
