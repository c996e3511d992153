/**
 * At start: what a former life left. Open intents are closed as interrupted (the plan finds by looking what they did),
 * and a ledger that was lost is rebuilt from the VMs and GitHub's records.
 */
import { rebuildRunners } from '../core/rebuild.ts';
import type { Context } from './context.ts';
import type { Senses } from './observe.ts';
import { giveOpenVerdicts } from './verdict.ts';

export function closeOpenIntents(context: Context): void {
  const { ledger, nowMs, log } = context;
  giveOpenVerdicts(context);
  for (const intent of ledger.openIntents().filter((open) => open.what !== 'verdict')) {
    ledger.endIntent(intent.id, 'interrupted', nowMs());
    ledger.note(intent.subject, nowMs(), 'interrupted', { what: intent.what });
    log.warn(
      { subject: intent.subject, what: intent.what },
      'a step was interrupted by the end of the last daemon',
    );
  }
}

/** Rebuilds the runners of a lost ledger; returns false while Tart or GitHub cannot be read. */
export function rebuildLedger(context: Context, senses: Senses): boolean {
  const { ledger, hostId, nowMs, log } = context;
  const vms = senses.vms.get();
  const registrations = senses.registrations.get();
  if (!vms.known || !registrations.known) return false;
  const runners = rebuildRunners(hostId, context.config().pools, vms.value, registrations.value, nowMs());
  ledger.transaction(() => {
    for (const runner of runners) {
      ledger.saveRunner(runner);
      ledger.note(runner.name, nowMs(), 'rebuilt', { phase: runner.phase });
      ledger.audit(nowMs(), 'runner-rebuilt', runner.name, { phase: runner.phase });
    }
  });
  log.warn({ runners: runners.length }, 'the ledger was rebuilt from the VMs and GitHub');
  return true;
}
