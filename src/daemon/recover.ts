/**
 * At start: what a former life left. Open intents are closed as interrupted (the plan finds by looking what they did),
 * and a ledger that was lost is rebuilt from the VMs and GitHub's records.
 */
import { rebuildRunners } from '../core/rebuild.ts';
import { interruptedClaims } from './claim.ts';
import type { Context } from './context.ts';
import { dispatch } from './executors.ts';
import type { Senses } from './observe.ts';
import { noteAddress } from './registered-at.ts';

/** Takes up what must not wait until the plan finds it, and closes the rest; verdicts are given already. */
export function closeOpenIntents(context: Context): void {
  const { ledger, nowMs, log } = context;
  const stops = interruptedClaims(context);
  for (const intent of ledger.openIntents().filter(({ what }) => what !== 'verdict' && what !== REBUILD)) {
    ledger.endIntent(intent.id, 'interrupted', nowMs());
    ledger.note(intent.subject, nowMs(), 'interrupted', { what: intent.what });
    log.warn(
      { subject: intent.subject, what: intent.what },
      'a step was interrupted by the end of the last daemon',
    );
  }
  for (const step of stops) dispatch(context, step);
}

/** The intent that stands open until a fresh ledger knows the runners that were there before it. */
const REBUILD = 'rebuild';

/**
 * True when the runners must first be rebuilt: the ledger was lost, or is new, or the last daemon did not come to it.
 * A file that somebody deleted looks like a first start, and a first start finds nothing to rebuild.
 */
export function beginRebuild({ ledger, nowMs }: Pick<Context, 'ledger' | 'nowMs'>, isLost: boolean): boolean {
  if (ledger.openIntents().some(({ what }) => what === REBUILD)) return true;
  if (!isLost && ledger.lastAuditSeq() > 0) return false;
  ledger.beginIntent(REBUILD, 'ledger', {}, nowMs());
  return true;
}

/**
 * Rebuilds the runners of a lost ledger; returns false while Tart or GitHub cannot be read.
 * @throws {@link MacrunnerError} `ledger-unwritable`, and none is rebuilt
 */
export function rebuildLedger(context: Context, senses: Senses): boolean {
  const { ledger, hostId, queues, nowMs, steadyMs, log } = context;
  const vms = senses.vms.get();
  const registrations = senses.registrations.get();
  if (!vms.known || !registrations.known) return false;
  const runners = rebuildRunners(hostId, vms.value, registrations.value, steadyMs());
  ledger.transaction(() => {
    for (const runner of runners.filter(({ name }) => ledger.runner(name) === null)) {
      ledger.saveRunner(runner);
      ledger.note(runner.name, nowMs(), 'rebuilt', { phase: runner.phase });
      const url = queues.addressSeen(runner.name);
      if (url !== null) noteAddress(context, runner.name, url);
      ledger.audit(nowMs(), 'runner-rebuilt', runner.name, { phase: runner.phase });
    }
    for (const { id, what } of ledger.openIntents())
      if (what === REBUILD) ledger.endIntent(id, 'done', nowMs());
    ledger.audit(nowMs(), 'ledger-rebuilt', 'host', { runners: runners.length });
  });
  if (runners.length > 0) log.warn({ runners: runners.length }, 'runners of a lost ledger were found again');
  return true;
}
