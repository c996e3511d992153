/** One turn of the loop: look, decide, hand out the steps, announce the capacity, follow who lives. */
import { capacityByPool } from '../core/capacity.ts';
import { ownPrefix } from '../core/names.ts';
import { plan } from '../core/plan.ts';
import type { World } from '../core/world.ts';
import type { Channels } from './channels.ts';
import type { Context } from './context.ts';
import { dispatch } from './executors.ts';
import { forgetAbandoned } from './forget.ts';
import { observe } from './observe.ts';
import type { RefreshingSenses } from './senses.ts';
import { watchUnjudged } from './unjudged.ts';

export function turn(context: Context, senses: RefreshingSenses, channels: Channels): void {
  const { desk, queues, ledger, signal } = context;
  queues.watch(context.steadyMs());
  forgetAbandoned(context);
  watchUnjudged(context);
  const world = observe(context, senses);
  const decided = plan(world);
  desk.waiting = decided.waiting;
  for (const step of decided.steps) dispatch(context, step);
  announce(context, world);
  const runners = ledger.runners();
  channels.follow(context, runners);
  const { silentSinceMs } = desk;
  const isWaiting = desk.waiting.length > 0;
  senses.refreshDue({ runners, silentSinceMs, isWaiting, hasOrphans: hasOrphans(context, world) }, signal);
}

/** A VM with our name that no runner of the ledger has: it may be an orphan, for which GitHub must be asked. */
function hasOrphans({ hostId }: Context, world: World): boolean {
  if (!world.vms.known) return false;
  const names = new Set(world.runners.map((runner) => runner.name));
  return world.vms.value.some(({ name }) => name.startsWith(ownPrefix(hostId)) && !names.has(name));
}

function announce({ desk, queues }: Context, world: World): void {
  for (const [pool, capacity] of capacityByPool(world)) {
    if (desk.announced.get(pool) === capacity) continue;
    desk.announced.set(pool, capacity);
    queues.of(pool)?.capacityChanged();
  }
}
