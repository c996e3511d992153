/**
 * What the daemon only records is never lost to a full disk, and never stands in the way: notes, events, outcomes of
 * intents, the open session and the clock's anchor are kept in memory while they cannot be written, and written in order
 * as soon as they can. What decides something (a runner's move, a message, an intent) is not kept: it fails, so that it
 * does not happen, and comes again. Within a transaction everything fails as one.
 */
import { hasCode } from '../core/error.ts';
import type { Ledger } from '../ledger/ledger.ts';

export interface PatientLedger {
  readonly ledger: Ledger;
  /** Writes what was kept, as far as the disk takes it. */
  readonly catchUp: () => void;
}

/** While nothing can be written nothing is begun, so that little happens: so much is days of it. The oldest go first. */
const MOST_KEPT = 10_000;

export function withLateWrites(ledger: Ledger): PatientLedger {
  const kept: (() => void)[] = [];
  let depth = 0;

  function catchUp(): void {
    for (let next = kept.shift(); next !== undefined; next = kept.shift()) {
      if (isWritten(next)) continue;
      kept.unshift(next);
      return;
    }
  }

  function late(write: () => void): void {
    if (depth > 0) {
      write();
      return;
    }
    catchUp();
    if (kept.length === 0 && isWritten(write)) return;
    kept.push(write);
    if (kept.length > MOST_KEPT) kept.shift();
  }

  function transaction<T>(work: () => T): T {
    if (depth === 0) catchUp();
    depth += 1;
    try {
      return ledger.transaction(work);
    } finally {
      depth -= 1;
    }
  }

  return {
    catchUp,
    ledger: {
      ...ledger,
      transaction,
      note: (runner, atMs, what, detail) => late(() => ledger.note(runner, atMs, what, detail)),
      audit(atMs, what, subject, detail = {}) {
        let seq = 0;
        late(() => {
          seq = ledger.audit(atMs, what, subject, detail).seq;
        });
        return { seq, atMs, what, subject, detail };
      },
      endIntent: (id, outcome, atMs) => late(() => ledger.endIntent(id, outcome, atMs)),
      setOpenSession: (pool, session) => late(() => ledger.setOpenSession(pool, session)),
      setClockAnchor: (anchor) => late(() => ledger.setClockAnchor(anchor)),
    },
  };
}

function isWritten(write: () => void): boolean {
  try {
    write();
    return true;
  } catch (error) {
    if (!hasCode(error, 'ledger-unwritable')) throw error;
    return false;
  }
}
