/**
 * Weighs demand against supply, pool by pool. By numbers, not by pairs: a runner is not bound to the job that caused
 * it, GitHub gives the oldest job to whichever runner of the pool comes first.
 */
import type { Job } from '../job.ts';
import type { Runner, StopReason } from '../runner.ts';
import type { Demand, PoolView } from '../world.ts';
import type { Survey } from './survey.ts';

export interface Balance {
  readonly pool: PoolView;
  /** Runners that should serve now. 0 while the demand is unknown. */
  readonly wanted: number;
  /** Runners that have a credential, at most one job each. */
  readonly serving: number;
  /** `wanted - serving`; below zero when too many serve. 0 while the demand is unknown. */
  readonly deficit: number;
  /** Idle runners that stay. */
  readonly idle: readonly Runner[];
  /** Warm runners that get a credential now. */
  readonly claims: readonly Runner[];
  /** Warm runners that are left then, oldest first. Empty while the demand is unknown. */
  readonly spareWarm: readonly Runner[];
  /** Runners still on their way that no job needs, oldest first. Empty while the demand is unknown. */
  readonly spareArriving: readonly Runner[];
  /** How many runners on their way are needed by jobs. */
  readonly arrivingForJobs: number;
  /** How many jobs, named or only counted, still want a runner created. */
  readonly missing: number;
  /** The named ones of those, oldest first. */
  readonly uncovered: readonly Job[];
  /** Runners that count against the pool's maximum: those not stopping. */
  readonly live: number;
}

interface Supply {
  readonly idle: Runner[];
  readonly warm: Runner[];
  readonly arriving: Runner[];
  serving: number;
  live: number;
}

export function weighPools(survey: Survey, stops: ReadonlyMap<string, StopReason>): readonly Balance[] {
  return survey.world.pools.map((pool) => {
    const supply = countSupply(survey.runnersByPool.get(pool.name) ?? [], survey, stops);
    return pool.demand.known ? weigh(pool, pool.demand.value, supply, survey) : weighUnknown(pool, supply);
  });
}

function countSupply(
  runners: readonly Runner[],
  survey: Survey,
  stops: ReadonlyMap<string, StopReason>,
): Supply {
  const supply: Supply = { idle: [], warm: [], arriving: [], serving: 0, live: 0 };
  for (const runner of runners) {
    const isLeaving = runner.phase === 'stopping' || stops.has(runner.name);
    if (!isLeaving) supply.live += 1;
    // A runner that had a job takes it down with it: nobody else can serve that job, it wants no replacement.
    if (isServing(runner) && (!isLeaving || runner.hadJob)) supply.serving += 1;
    if (!isLeaving) sortIn(supply, runner, survey);
  }
  return supply;
}

function sortIn(supply: Supply, runner: Runner, { world }: Survey): void {
  switch (runner.phase) {
    case 'cloning':
    case 'booting':
      // In a drain they are stopped as soon as nothing works on them.
      if (!world.host.isDraining) supply.arriving.push(runner);
      return;
    case 'warm':
      // A warm runner in flight is being claimed: it serves soon.
      if (world.inFlight.has(runner.name)) supply.arriving.push(runner);
      else if (!runner.hadJob) supply.warm.push(runner);
      return;
    case 'idle':
      supply.idle.push(runner);
      return;
    case 'registering':
    case 'busy':
    case 'stopping':
      return;
  }
}

function weigh(pool: PoolView, demand: Demand, supply: Supply, { world }: Survey): Balance {
  const open = demand.jobs.filter((job) => job.completedMs === null);
  const unstarted = open.filter((job) => job.startedMs === null && job.runner === null);
  const wanted = Math.max(0, Math.max(demand.assigned, open.length) - demand.unconfirmed);
  const deficit = wanted - supply.serving;
  const needs = Math.max(0, deficit);

  const warm = supply.warm.toSorted((a, b) => a.sinceMs - b.sinceMs);
  const claims = world.host.isDraining ? [] : warm.slice(0, needs);
  // Those in flight first: they cannot be called off, so the others are the ones to spare.
  const arriving = supply.arriving.toSorted(
    (a, b) => rank(world.inFlight.has(b.name)) - rank(world.inFlight.has(a.name)) || a.sinceMs - b.sinceMs,
  );
  const arrivingForJobs = Math.min(needs - claims.length, arriving.length);

  // Started jobs use up serving and finished runners; what is left of those will take the oldest that wait.
  const taken = Math.max(0, supply.serving + demand.unconfirmed - (open.length - unstarted.length));
  return {
    ...{ pool, wanted, deficit, claims, arrivingForJobs },
    ...{ serving: supply.serving, idle: supply.idle, live: supply.live },
    spareWarm: warm.slice(claims.length),
    spareArriving: arriving.slice(arrivingForJobs),
    missing: needs - claims.length - arrivingForJobs,
    uncovered: unstarted.slice(taken + claims.length + arrivingForJobs),
  };
}

/** Silence from GitHub is no reason to start, claim, spare or evict anything. */
function weighUnknown(pool: PoolView, supply: Supply): Balance {
  return {
    ...{ pool, wanted: 0, deficit: 0, claims: [], arrivingForJobs: 0, missing: 0, uncovered: [] },
    ...{ serving: supply.serving, idle: supply.idle, live: supply.live, spareWarm: [], spareArriving: [] },
  };
}

function isServing(runner: Runner): boolean {
  return runner.phase === 'registering' || runner.phase === 'idle' || runner.phase === 'busy';
}

function rank(isFirst: boolean): number {
  return isFirst ? 1 : 0;
}
