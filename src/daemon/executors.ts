/**
 * One executor per kind of step. Each writes its intent to the ledger before the effect, may be repeated, and leaves the
 * world readable for the next turn whatever happens; the loop never waits for one.
 */
import type { Step } from '../core/step.ts';
import { claim } from './claim.ts';
import type { Context } from './context.ts';
import { create } from './create.ts';
import { killLeftovers, rebootHost } from './haunting.ts';
import { isUnwritten } from './ledger-watch.ts';
import { deregister, removeVm } from './orphans.ts';
import { stop } from './stop.ts';

type Executor<K> = (context: Context, step: Extract<Step, { do: K }>) => Promise<void>;

const EXECUTORS: { readonly [K in Step['do']]: Executor<K> } = {
  create,
  claim,
  stop,
  'remove-vm': removeVm,
  deregister,
  'kill-leftovers': killLeftovers,
  'reboot-host': rebootHost,
};

/** Starts the step and returns at once. While it runs, its subject is in flight and nothing else is decided about it. */
export function dispatch(context: Context, step: Step): void {
  const { log, wake, signal } = context;
  void execute(context, step)
    .catch((error: unknown) => {
      if (isUnwritten(error, context))
        log.warn({ err: error, step }, 'a step waits until the ledger can be written');
      else if (!signal.aborted) log.error({ err: error, step }, 'a step failed in an unforeseen way');
    })
    .finally(wake);
}

function execute(context: Context, step: Step): Promise<void> {
  switch (step.do) {
    case 'create':
      return EXECUTORS.create(context, step);
    case 'claim':
      return EXECUTORS.claim(context, step);
    case 'stop':
      return EXECUTORS.stop(context, step);
    case 'remove-vm':
      return EXECUTORS['remove-vm'](context, step);
    case 'deregister':
      return EXECUTORS.deregister(context, step);
    case 'kill-leftovers':
      return EXECUTORS['kill-leftovers'](context, step);
    case 'reboot-host':
      return EXECUTORS['reboot-host'](context, step);
  }
}
