/**
 * What a process that was killed in the middle left of a VM on the disk, where no list shows it: swept away when the
 * daemon begins, for its own end is what leaves it, and with the daily upkeep.
 */
import { ownPrefix } from '../core/names.ts';
import type { Context } from './context.ts';

/** @throws never: it is tried again with the next upkeep */
export async function sweep({ hypervisor, hostId, ledger, nowMs, log, signal }: Context): Promise<void> {
  try {
    const busy = new Set(ledger.runners().map(({ name }) => name));
    for (const vm of await hypervisor.sweep(ownPrefix(hostId), busy, signal)) {
      ledger.audit(nowMs(), 'debris-removed', vm, {});
      log.warn({ vm }, 'a directory that was left of a VM was removed');
    }
  } catch (error) {
    if (!signal.aborted) log.error({ err: error }, 'what was left of VMs could not be removed');
  }
}
