/** Removes what carries our name but stands in no ledger: a VM, or a registration at GitHub. */
import { poolOfName } from '../core/names.ts';
import type { Step } from '../core/step.ts';
import type { Context } from './context.ts';
import { withIntent } from './intent.ts';

const REFUSED_REST_MS = 60_000;

export async function removeVm(context: Context, step: Extract<Step, { do: 'remove-vm' }>): Promise<void> {
  const { hypervisor, hostId, queues, ledger, desk, nowMs, steadyMs, log, signal } = context;
  const queue = queues.whereSeen(step.vm, poolOfName(hostId, step.vm) ?? '');
  try {
    await withIntent(context, 'remove-vm', step.vm, async () => {
      if (step.registrationId !== null && (await queue?.remove(step.registrationId, signal)) === 'busy') {
        desk.rest(step.vm, steadyMs() + REFUSED_REST_MS);
        log.warn(
          { vm: step.vm },
          'a VM with our name is in no ledger, yet GitHub says a job runs there: it stays',
        );
        return;
      }
      log.warn({ vm: step.vm }, 'a VM with our name is in no ledger: removing it');
      await hypervisor.stop(step.vm, signal);
      await hypervisor.delete(step.vm, signal);
      ledger.audit(nowMs(), 'orphan-vm-removed', step.vm, {});
    });
  } catch (error) {
    if (signal.aborted) return;
    desk.rest(step.vm, steadyMs() + REFUSED_REST_MS);
    log.error({ vm: step.vm, err: error }, 'an orphan VM could not be removed; trying again');
  }
  await context.readAgain('vms');
}

export async function deregister(context: Context, step: Extract<Step, { do: 'deregister' }>): Promise<void> {
  const { queues, hostId, ledger, desk, nowMs, steadyMs, log, signal } = context;
  const queue = queues.whereSeen(step.name, poolOfName(hostId, step.name) ?? '');
  if (!queue) return;
  try {
    await withIntent(context, 'deregister', step.name, async () => {
      const answer = await queue.remove(step.registrationId, signal);
      if (answer !== 'busy') ledger.audit(nowMs(), 'orphan-registration-removed', step.name, { answer });
      log.warn({ registration: step.name, answer }, 'a registration with our name is in no ledger');
    });
  } catch (error) {
    if (!signal.aborted)
      log.error({ registration: step.name, err: error }, 'an orphan registration could not be removed');
  }
  desk.rest(step.name, steadyMs() + REFUSED_REST_MS);
}
