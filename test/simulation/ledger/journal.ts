/**
 * Transactions without a database: how to take back each change is kept until the transaction is over. And a disk that
 * may be full, on which a change fails before it is made.
 */
import { MacrunnerError } from '../../../src/core/error.ts';
import type { Ledger } from '../../../src/ledger/ledger.ts';

export interface Journal extends Pick<Ledger, 'transaction' | 'unwritable'> {
  /** Told before every change. Outside a transaction nothing is taken back. @throws `ledger-unwritable` */
  willChange(undo: () => void): void;
}

/** A transaction under way. */
interface Open {
  readonly undos: (() => void)[];
  failure: MacrunnerError | null;
}

/** @param isFull whether the disk takes no more */
export function createJournal(isFull: () => boolean): Journal {
  let open: Open | null = null;
  let failure: MacrunnerError | null = null;

  function write(): void {
    if (open?.failure) throw open.failure;
    failure = isFull() ? full() : null;
    if (failure === null) return;
    if (open) open.failure = failure;
    throw failure;
  }

  function takeBack(undos: readonly (() => void)[]): void {
    for (const undo of undos.toReversed()) undo();
  }

  return {
    willChange(undo) {
      write();
      open?.undos.push(undo);
    },
    transaction(work) {
      if (open) return work();
      const own: Open = { undos: [], failure: null };
      open = own;
      try {
        const result = work();
        if (own.failure) throw own.failure;
        return result;
      } catch (error) {
        takeBack(own.undos);
        throw error;
      } finally {
        open = null;
      }
    },
    unwritable() {
      if (!isFull()) failure = null;
      return failure?.message ?? null;
    },
  };
}

function full(): MacrunnerError {
  return new MacrunnerError('ledger-unwritable', 'the ledger cannot be written: database or disk is full');
}
