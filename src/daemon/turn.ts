/** One turn of the loop: look, decide, hand out the steps, announce the capacity, follow who lives. */
import { capacityByPool } from '../core/capacity.ts';
import { firstAfter } from '../core/due.ts';
import { ownPrefix } from '../core/names.ts';
import { explainRest } from '../core/plan/explain-waiting.ts';
import { nextDueMs } from '../core/plan/next-due.ts';
import { isContradicted } from '../core/plan/survey.ts';
import { weighWorld } from '../core/plan/weigh-world.ts';
import { plan } from '../core/plan.ts';
import { HOST_SUBJECT } from '../core/step.ts';
import { isUnlistedTwice, watchUnlisted } from '../core/unlisted.ts';
import type { World } from '../core/world.ts';
import type { Channels } from './channels.ts';
import type { Context } from './context.ts';
import { dispatch } from './executors.ts';
import { forgetAbandoned } from './forget.ts';
import { observe } from './observe.ts';
import type { RefreshingSenses } from './senses.ts';
import { watchUnjudged } from './unjudged.ts';

/** Returns when the next one is due though nothing is heard, what is on the desk apart. */
export function turn(context: Context, senses: RefreshingSenses, channels: Channels): number {
  const { desk, queues, ledger, signal } = context;
  const unheardMs = queues.watch(context.steadyMs());
  const abandonedMs = forgetAbandoned(context);
  watchUnjudged(context);
  noteDisk(context, senses);
  const world = withUnlisted(context, observe(context, senses));
  noteDoubt(context, world);
  const weighed = weighWorld(world);
  const decided = plan(world, weighed);
  desk.waiting = decided.waiting;
  // A step's intent must stand in the ledger first.
  if (desk.writing.why === null) for (const step of decided.steps) dispatch(context, step);
  desk.resting = explainRest(weighed.survey);
  announce(context, capacityByPool(world, weighed));
  const runners = ledger.runners();
  channels.follow(context, runners);
  const { silentSinceMs } = desk;
  const isWaiting = desk.waiting.length > 0;
  const isLookingTwice = [...world.unlistedSinceMs.keys()].some((name) => !isUnlistedTwice(name, world));
  const signs = { hasOrphans: hasOrphans(context, world), isLookingTwice };
  const readMs = senses.refreshDue({ runners, silentSinceMs, isWaiting, ...signs }, signal);
  return firstAfter(world.nowMs, [nextDueMs(world, weighed), unheardMs, abandonedMs, readMs]);
}

/** What GitHub's list lacks is remembered from one look to the next. */
function withUnlisted({ desk }: Context, seen: World): World {
  desk.unlistedSinceMs = watchUnlisted(desk.unlistedSinceMs, seen);
  return { ...seen, unlistedSinceMs: desk.unlistedSinceMs };
}

function noteDoubt({ desk, ledger, nowMs, log }: Context, world: World): void {
  const isDoubted = isContradicted(world);
  if (isDoubted === desk.isListDoubted) return;
  desk.isListDoubted = isDoubted;
  ledger.audit(nowMs(), isDoubted ? 'vm-list-doubted' : 'vm-list-believed', HOST_SUBJECT, {});
  if (isDoubted) log.error('tart lists none of the VMs whose guests speak to us: it is not believed');
  else log.info('tart lists the VMs whose guests speak to us again');
}

function noteDisk({ desk, ledger, nowMs, log }: Context, senses: RefreshingSenses): void {
  const why = senses.diskShort();
  if ((why !== null) === desk.isDiskShort) return;
  desk.isDiskShort = why !== null;
  ledger.audit(
    nowMs(),
    why === null ? 'disk-ample' : 'disk-short',
    HOST_SUBJECT,
    why === null ? {} : { why },
  );
  if (why === null) log.info('enough disk is free again');
  else log.error({ why }, 'too little disk is free: no VM starts, and none stands warm');
}

/** A VM with our name that no runner of the ledger has: it may be an orphan, for which GitHub must be asked. */
function hasOrphans({ hostId }: Context, world: World): boolean {
  if (!world.vms.known) return false;
  const names = new Set(world.runners.map((runner) => runner.name));
  const prefix = ownPrefix(hostId);
  return world.vms.value.some(({ name }) => name.startsWith(prefix) && !names.has(name));
}

function announce({ desk, queues }: Context, capacities: ReturnType<typeof capacityByPool>): void {
  for (const [pool, capacity] of capacities) {
    if (desk.announced.get(pool) === capacity) continue;
    desk.announced.set(pool, capacity);
    queues.of(pool)?.capacityChanged();
  }
}
