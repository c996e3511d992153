/** One turn of the loop: look, decide, hand out the steps, announce the capacity, follow who lives. */
import { capacityByPool } from '../core/capacity.ts';
import { plan } from '../core/plan.ts';
import type { World } from '../core/world.ts';
import type { Channels } from './channels.ts';
import type { Context } from './context.ts';
import { dispatch } from './executors.ts';
import { observe } from './observe.ts';
import type { RefreshingSenses } from './senses.ts';

export function turn(context: Context, senses: RefreshingSenses, channels: Channels): void {
  const { desk, queues, ledger, signal } = context;
  queues.watch(context.nowMs());
  const world = observe(context, senses);
  const decided = plan(world);
  desk.waiting = decided.waiting;
  for (const step of decided.steps) dispatch(context, step);
  announce(context, world);
  const runners = ledger.runners();
  channels.follow(context, runners);
  senses.refreshDue(runners, desk.silentSinceMs, signal);
}

function announce({ desk, queues }: Context, world: World): void {
  for (const [pool, capacity] of capacityByPool(world)) {
    if (desk.announced.get(pool) === capacity) continue;
    desk.announced.set(pool, capacity);
    queues.of(pool)?.capacityChanged();
  }
}
