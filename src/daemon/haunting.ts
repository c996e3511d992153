/**
 * What starts, ends and leftovers of VMs tell about ghosts: slots that the framework counts though nobody sees a VM in them.
 * The ladder is the core's (`ghosts.ts`); here is the evidence for it, and what it orders.
 */
import { type GhostEvidence, weighGhosts } from '../core/ghosts.ts';
import { ownPrefix } from '../core/names.ts';
import { HOST_SUBJECT } from '../core/step.ts';
import type { Context } from './context.ts';
import { withIntent } from './intent.ts';

/** A host that was told to reboot and still runs is not told again for so long. */
const REBOOT_REST_MS = 10 * 60_000;

/** Takes the evidence in, and says when something changed. */
export function weigh({ desk, ledger, nowMs, steadyMs, log }: Context, evidence: GhostEvidence): void {
  const before = desk.ghosts;
  const after = weighGhosts(before, evidence, steadyMs());
  desk.ghosts = after;
  if (after?.count === before?.count && after?.rung === before?.rung) return;
  if (after === null) {
    ledger.audit(nowMs(), 'ghosts-gone', HOST_SUBJECT, {});
    log.info('macOS counts no more VMs than can be seen');
    return;
  }
  const facts = { slots: after.count, rung: after.rung };
  ledger.audit(nowMs(), 'ghost-vms', HOST_SUBJECT, facts);
  const words = 'macOS counts VMs that cannot be seen: a slot that has leaked, or VMs of another user';
  if (after.rung === 'quarantine') log.error(facts, words);
  else log.warn(facts, words);
}

/**
 * After a start of that runner which the limit refused, or which went well while there were ghosts. Resolves with false
 * when nobody knows what runs, so that nothing can be concluded.
 */
export async function compareCount(
  context: Context,
  type: 'refused' | 'started',
  starting: string,
): Promise<boolean> {
  const { hypervisor, config, signal, log } = context;
  try {
    const running = (await hypervisor.list(signal)).filter(
      // Tart lists a VM as running before the framework has let it: one that only tries proves no room.
      ({ name, state }) => state === 'running' && (type === 'refused' || !isTrying(context, name, starting)),
    );
    weigh(context, { type, running: running.length, slots: config().host.slots });
    return true;
  } catch (error) {
    signal.throwIfAborted();
    log.warn({ err: error }, 'what runs here cannot be compared with what macOS counts');
    return false;
  }
}

function isTrying({ desk, ledger }: Context, name: string, starting: string): boolean {
  return name !== starting && desk.inFlight.has(name) && ledger.runner(name)?.phase === 'booting';
}

/** Kills what still serves VMs of ours that are no more. What belongs to a runner that may live is left alone. */
export async function killLeftovers(context: Context): Promise<void> {
  const { hypervisor, hostId, ledger, nowMs, signal, log } = context;
  let killed = 0;
  try {
    await withIntent(context, 'kill-leftovers', HOST_SUBJECT, async () => {
      const found = await hypervisor.leftovers(ownPrefix(hostId), signal);
      for (const leftover of found.filter(({ vm }) => !mayLive(context, vm))) {
        if (!(await hypervisor.killLeftover(leftover, signal))) continue;
        killed += 1;
        ledger.audit(nowMs(), 'leftover-killed', leftover.vm, { pid: leftover.pid });
      }
    });
  } catch (error) {
    if (signal.aborted) return;
    log.error({ err: error }, 'leftovers of VMs could not be ended');
  }
  weigh(context, { type: 'leftovers-killed', killed });
}

function mayLive({ ledger }: Context, name: string): boolean {
  const runner = ledger.runner(name);
  return runner !== null && runner.goneMs === null && runner.phase !== 'stopping';
}

/** Ordered only when nothing runs. Whether it came to pass shows in the next life: this one rests until its end. */
export async function rebootHost(context: Context): Promise<void> {
  const { desk, ledger, nowMs, steadyMs, log, signal, reboot } = context;
  if (reboot === null) return;
  ledger.audit(nowMs(), 'host-reboot', HOST_SUBJECT, { slots: desk.ghosts?.count ?? 0 });
  log.warn('the host is rebooted: macOS counts VMs that are no more');
  try {
    await withIntent(context, 'reboot-host', HOST_SUBJECT, () => reboot(signal));
  } catch (error) {
    if (signal.aborted) return;
    log.error({ err: error }, 'the host cannot be rebooted');
  }
  desk.rest(HOST_SUBJECT, steadyMs() + REBOOT_REST_MS);
}
