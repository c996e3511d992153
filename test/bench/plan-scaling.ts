/**
 * How the time of one plan grows with the host: a generated world of many runners and pools, far beyond any Mac, so
 * that anything worse than linear shows.
 */
import { plan } from '../../src/core/plan.ts';
import { PHASES, type Runner } from '../../src/core/runner.ts';
import type { PoolView, Registration, World } from '../../src/core/world.ts';
import {
  A_HOST,
  aJob,
  aName,
  aRegistration,
  aRunner,
  aVm,
  known,
  LIMITS,
  NOTHING_NOTICED,
  NOW,
  SECOND,
} from '../support/world.ts';

/** Plans timed after the warm-up; the fastest counts, since the rest is the machine's noise. */
const TIMED = 9;
const WARM_UP = 20;

/** Milliseconds that one plan takes for `runners` runners in `pools` pools, with as many jobs as runners. */
export function measurePlan(runners: number, pools: number): { readonly ms: number } {
  const world = bigWorld(runners, pools);
  const times = Array.from({ length: WARM_UP + TIMED }, () => {
    const startMs = performance.now();
    plan(world);
    return performance.now() - startMs;
  });
  return { ms: Math.min(...times.slice(WARM_UP)) };
}

/**
 * Milliseconds of the processor that one plan takes, over half a second of them. Unlike the clock it stands still while a busy
 * machine has others at work, which hits the longer plan harder.
 */
export function costOfPlan(runners: number, pools: number): number {
  const world = bigWorld(runners, pools);
  for (let warmUp = 0; warmUp < WARM_UP; warmUp += 1) plan(world);
  const begin = process.threadCpuUsage();
  for (let plans = 1; ; plans += 1) {
    plan(world);
    const { user, system } = process.threadCpuUsage(begin);
    if (user + system >= 500_000) return (user + system) / 1_000 / plans;
  }
}

/** Runners in every phase, a tenth of the slots free, jobs started and waiting, a few orphans and foreign VMs. */
function bigWorld(count: number, poolCount: number): World {
  const runners = Array.from({ length: count }, (_, index) => bigRunner(index, poolCount));
  const running = runners.filter(({ phase }) => phase !== 'cloning');
  const orphans = Array.from({ length: Math.ceil(count / 100) }, (_, index) => aVm(aName(`z${index}`)));
  const foreign = Array.from({ length: Math.ceil(count / 100) }, (_, index) => aVm(`dev-${index}`));
  return {
    nowMs: NOW,
    host: { ...A_HOST, slots: Math.ceil(count * 1.1), ghosts: Math.ceil(count / 100) },
    limits: LIMITS,
    pools: Array.from({ length: poolCount }, (_, index) => bigPool(index, runners)),
    runners,
    inFlight: new Set(runners.filter((_, index) => index % 11 === 0).map(({ name }) => name)),
    ...NOTHING_NOTICED,
    heardMs: new Map(running.map(({ name }) => [name, NOW - SECOND])),
    registrationsBeganMs: NOW - SECOND,
    vms: known([...running.map(({ name }) => aVm(name)), ...orphans, ...foreign]),
    registrations: known(running.map(registrationOf)),
  };
}

function bigRunner(index: number, pools: number): Runner {
  const pool = poolName(index % pools);
  // Phases must not follow the pools, whatever their number.
  const phase = PHASES[Math.floor((index * 7_919) / 13) % PHASES.length] ?? 'busy';
  const sinceMs = NOW - (index % 40) * SECOND;
  return aRunner(index.toString(36), phase, {
    pool,
    slot: index,
    sinceMs,
    name: aName(index.toString(36), pool),
  });
}

function bigPool(index: number, runners: readonly Runner[]): PoolView {
  const name = poolName(index);
  const jobs = runners
    .filter((runner) => runner.pool === name)
    .map(({ phase, name: runner }, nth) => {
      const queuedMs = NOW - 100 * SECOND + nth;
      const started = phase === 'busy' ? { startedMs: NOW - SECOND, runner } : {};
      return aJob(`${name}-${nth}`, { pool: name, queuedMs, ...started });
    });
  const demand = known({ jobs, assigned: jobs.length, unconfirmed: 0 });
  const size = { max: runners.length, warm: 2 };
  return { name, ...size, retryAtMs: 0, image: 'ready', announced: 1, stranded: 0, demand };
}

function registrationOf({ name, phase }: Runner, id: number): Registration {
  return aRegistration(name, { id, busy: phase === 'busy' });
}

function poolName(index: number): string {
  return `pool-${index}`;
}
