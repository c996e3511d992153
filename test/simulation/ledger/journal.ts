/** Transactions without a database: how to take back each change is kept until the transaction is over. */

export interface Journal {
  /** Told of every change. Outside a transaction nothing is taken back. */
  changed(undo: () => void): void;
  /** All or nothing, for synchronous work. One within another joins it. */
  transaction<T>(work: () => T): T;
}

export function createJournal(): Journal {
  let undos: (() => void)[] | null = null;

  function takeBack(all: readonly (() => void)[]): void {
    for (const undo of all.toReversed()) undo();
  }

  return {
    changed(undo) {
      undos?.push(undo);
    },
    transaction(work) {
      if (undos) return work();
      const own: (() => void)[] = [];
      undos = own;
      try {
        const result = work();
        undos = null;
        return result;
      } catch (error) {
        undos = null;
        takeBack(own);
        throw error;
      }
    },
  };
}
