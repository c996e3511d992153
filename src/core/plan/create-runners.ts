/**
 * Rules 3 and 5: new runners, first for jobs that have none, then to keep each pool's warm count. Both are fair in the
 * same way: the next slot goes to the pool that has the fewest, and among equals to the job that waits longest.
 */
import type { Job } from '../job.ts';
import type { Cause, Step } from '../step.ts';
import type { PoolView } from '../world.ts';
import { whyNoWarm } from './clear-warm.ts';
import { countRoom, countTryable, type Survey } from './survey.ts';
import type { Balance } from './weigh-pools.ts';

type Create = Extract<Step, { do: 'create' }>;

/** One runner that should be created. */
interface Request {
  readonly pool: string;
  /** The job it is for; null when GitHub only counted it, or when it is to stand warm. */
  readonly job: Job | null;
  /** How many runners its pool would have without it: fewest first. */
  readonly rank: number;
  readonly queuedMs: number;
}

export interface Creation {
  readonly creates: readonly Create[];
  /** Requests that only lack a slot, most deserving first. */
  readonly unserved: readonly Request[];
  /** Slots still free afterwards. */
  readonly freeSlots: readonly number[];
}

/** Why nothing may start in this pool whatever the slots, or null. */
export function findBlock(pool: PoolView, { vms, world }: Survey): Cause | null {
  if (world.host.isDraining) return 'draining';
  if (world.host.isDiskShort) return 'disk-low';
  if (world.host.unfit !== null) return 'host-unfit';
  if (!pool.demand.known) return 'demand-unknown';
  if (!vms) return 'vms-unknown';
  if (pool.image !== 'ready') return pool.image === 'missing' ? 'image-missing' : 'image-unknown';
  return world.nowMs < pool.retryAtMs ? 'backing-off' : null;
}

/** How many more runners the pool's maximum allows. */
export function countAllowance({ pool, live }: Balance): number {
  return Math.max(0, pool.max - live);
}

export function createForJobs(survey: Survey, balances: readonly Balance[]): Creation {
  const requests = balances.filter(({ pool }) => !findBlock(pool, survey)).flatMap(requestForJobs);
  return grant(requests, findFreeSlots(survey), 'job');
}

/** Uses slots that are left over: there are none while a job waits for one. `isSteady`: no runner is about to go. */
export function createWarm(
  survey: Survey,
  balances: readonly Balance[],
  jobs: Creation,
  isSteady: boolean,
): readonly Create[] {
  if (whyNoWarm(survey.world) !== null) return [];
  const created = Map.groupBy(jobs.creates, (step) => step.pool);
  const requests = balances
    .filter(({ pool }) => !findBlock(pool, survey))
    .flatMap((balance) => {
      const standing = balance.spareWarm.length + balance.spareArriving.length;
      const allowance = countAllowance(balance) - (created.get(balance.pool.name)?.length ?? 0);
      const count = Math.max(0, Math.min(balance.pool.warm - standing, allowance));
      return Array.from({ length: count }, (_, nth) => request(balance, null, standing + nth));
    });
  const { creates, freeSlots } = grant(requests, jobs.freeSlots, 'warm');
  const isStill = isSteady && creates.length === 0 && jobs.creates.length === 0;
  return isStill ? probe(survey, balances, freeSlots) : creates;
}

/**
 * A slot of a ghost is not announced, so no job would ever come to try it: a runner is started for nothing, to see. Only
 * where all other slots are taken and stay so does its start tell anything.
 */
function probe(
  survey: Survey,
  balances: readonly Balance[],
  freeSlots: readonly number[],
): readonly Create[] {
  const [slot] = freeSlots;
  if (slot === undefined || countRoom(survey) !== 0) return [];
  const balance = balances.find((one) => !findBlock(one.pool, survey) && countAllowance(one) > 0);
  return balance ? [{ do: 'create', pool: balance.pool.name, slot, purpose: 'probe' }] : [];
}

/** A job that GitHub only counts was told last, and stands behind those of which more is known. */
const COUNTED_MS = Number.MAX_SAFE_INTEGER;

function requestForJobs(balance: Balance): readonly Request[] {
  const count = Math.min(balance.missing, countAllowance(balance));
  const covered = balance.serving + balance.claims.length + balance.arrivingForJobs;
  return Array.from({ length: count }, (_, nth) =>
    request(balance, balance.uncovered[nth] ?? null, covered + nth),
  );
}

function request({ pool }: Balance, job: Job | null, rank: number): Request {
  return { pool: pool.name, job, rank, queuedMs: job?.queuedMs ?? COUNTED_MS };
}

function grant(requests: readonly Request[], slots: readonly number[], purpose: Create['purpose']): Creation {
  const inOrder = requests.toSorted((a, b) => a.rank - b.rank || a.queuedMs - b.queuedMs);
  const granted = inOrder.slice(0, slots.length);
  return {
    creates: granted.flatMap(({ pool }, index) => {
      const slot = slots[index];
      return slot === undefined ? [] : [{ do: 'create', pool, slot, purpose } as const];
    }),
    unserved: inOrder.slice(slots.length),
    freeSlots: slots.slice(granted.length),
  };
}

/** The lowest free numbers, no more than there is room for: foreign VMs take room without taking a number. */
function findFreeSlots(survey: Survey): readonly number[] {
  if (!survey.vms) return [];
  const { host, runners } = survey.world;
  const held = new Set(runners.map((runner) => runner.slot));
  const free: number[] = [];
  for (let slot = 0, room = countTryable(survey); slot < host.slots && free.length < room; slot++) {
    if (!held.has(slot)) free.push(slot);
  }
  return free;
}
