/**
 * How many jobs each pool tells GitHub it can hold in total, running ones included: `max(floor, open + offer) + stranded`.
 *
 * `open` is what the pool runs or surely will, `offer` is what it could take besides; the sum of both over all pools
 * never exceeds the host. Sets that announced 0 were seen never to receive the jobs queued meanwhile, whatever they
 * announced later, so a pool with work is on a floor of 1. 0 means that its session is closed as soon as nothing of its
 * own is open: in a drain, and for a pool without jobs while the host has no slot for it.
 *
 * Why closed, and not open on a floor of 1 whatever the host does: GitHub chooses by chance among the sets that have
 * room, and gives nothing back. On six half-busy hosts the floor of full ones took one job in eight away from free slots;
 * of hour-long jobs it held some for longer than GitHub waits, which then cancels them unrun. One host alone is as quick
 * either way. While a slot is free, or is just being freed, an idle pool without an offer keeps its floor: its jobs cannot
 * be seen otherwise, and where it listened only to a free slot the other pool's next job had always taken that already.
 * `npm run simulate:capacity` compares all of these.
 */
import type { Job } from './job.ts';
import { countAllowance, findBlock } from './plan/create-runners.ts';
import { countRoom, type Survey } from './plan/survey.ts';
import type { Balance } from './plan/weigh-pools.ts';
import { type Weighed, weighWorld } from './plan/weigh-world.ts';
import type { Runner } from './runner.ts';
import type { World } from './world.ts';

interface Share {
  readonly pool: string;
  readonly open: number;
  readonly stranded: number;
  readonly announced: number;
  readonly live: number;
  /** Its own warm and coming runners that no job needs. */
  readonly spare: number;
  /** How many more it could take if it had all the host. */
  readonly most: number;
  /** Known to have no job at all, by GitHub's count and by what it told. */
  readonly isQuiet: boolean;
  readonly isImageUnknown: boolean;
}

/** The total to announce per pool, by name. */
export function capacityByPool(
  world: World,
  weighed: Weighed = weighWorld(world),
): ReadonlyMap<string, number> {
  if (world.host.isDraining) return new Map(world.pools.map(({ name }) => [name, 0]));
  // A ghost's slot is announced when it was seen to be free, not when it is only tried.
  const { survey, balances, creation } = world.host.isProbeDue ? weighWorld(unprobed(world)) : weighed;
  const { creates, unserved } = creation;
  const shares = balances.map((balance) =>
    shareOf(balance, creates.filter((step) => step.pool === balance.pool.name).length, survey),
  );

  const spare = shares.reduce((sum, share) => sum + share.spare, 0);
  const isFit = world.host.unfit === null && !world.host.isDiskShort;
  // A warm runner makes way for any pool's job, so its slot is as good as free. Jobs that wait have the first claim.
  const free =
    isFit && survey.vms !== null
      ? Math.max(0, countRoom(survey) + spare - creates.length - unserved.length)
      : 0;
  const offers = offer(shares, free);
  return new Map(
    shares.map((share) => {
      const { pool, open, stranded } = share;
      const floor = share.isQuiet && !(isFit && hasHope(share, free, survey)) ? 0 : 1;
      return [pool, Math.max(floor, open + offers.filter((one) => one === pool).length) + stranded];
    }),
  );
}

/** Whether a job of this pool would soon have a slot. What is unknown is no reason to turn jobs away. */
function hasHope({ most, isImageUnknown }: Share, free: number, { vms, world }: Survey): boolean {
  if (vms === null || isImageUnknown) return true;
  return most > 0 && (free > 0 || world.runners.some(isLeaving));
}

function unprobed(world: World): World {
  return { ...world, host: { ...world.host, isProbeDue: false } };
}

function shareOf(balance: Balance, created: number, survey: Survey): Share {
  const { pool, wanted, deficit, missing, serving, idle, live } = balance;
  const spare = balance.spareWarm.length + balance.spareArriving.length;
  // Jobs that have no slot to come are left out: GitHub takes nothing back, but it must not count on them either.
  const served = wanted - missing + created;
  // An idle runner that is one too many takes the next job at once.
  const ready = Math.min(idle.length, Math.max(0, -deficit));
  const outlived = pool.demand.known ? Math.max(0, -pool.demand.value.unconfirmed) : 0;
  return {
    pool: pool.name,
    open: pool.demand.known ? Math.max(0, served + ready - outlived) : serving,
    // A job that GitHub counts no more, as when its set was deleted, takes none of what is announced.
    stranded: pool.demand.known ? Math.min(pool.stranded, pool.demand.value.assigned) : pool.stranded,
    announced: pool.announced,
    live: live - spare + created,
    isQuiet: pool.demand.known && pool.demand.value.assigned === 0 && pool.demand.value.jobs.every(isOver),
    isImageUnknown: pool.image === 'unknown',
    spare,
    most: findBlock(pool, survey) ? spare : spare + Math.max(0, countAllowance(balance) - created),
  };
}

/** Its slot is soon free: early enough for a session to be opened. */
function isLeaving({ phase, jobEndedMs, toldDoneMs }: Runner): boolean {
  return phase === 'stopping' || jobEndedMs !== null || toldDoneMs !== null;
}

function isOver({ completedMs }: Job): boolean {
  return completedMs !== null;
}

/**
 * Hands out `free` slots one by one and returns the pools that got them. An idle pool wins one job by the floor anyway,
 * so a slot is offered first where jobs are known to come: to pools that have jobs, of those to pools that have as many
 * as they announced, where more may be queued unseen. Then to pools that have a runner standing, then to the smallest.
 */
function offer(shares: readonly Share[], free: number): readonly string[] {
  if (free === 0) return [];
  return shares
    .flatMap((share) =>
      Array.from({ length: Math.min(share.most, free) }, (_, nth) => ({
        pool: share.pool,
        order: [
          share.open > 0 ? 0 : 1,
          share.announced > 0 && share.open + share.stranded >= share.announced ? 0 : 1,
          nth < share.spare ? 0 : 1,
          share.live + nth,
        ],
      })),
    )
    .toSorted((a, b) => compare(a.order, b.order))
    .slice(0, free)
    .map(({ pool }) => pool);
}

function compare(a: readonly number[], b: readonly number[]): number {
  const index = a.findIndex((value, at) => value !== b[at]);
  return index < 0 ? 0 : (a[index] ?? 0) - (b[index] ?? 0);
}
