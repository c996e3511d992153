/** The product's own ledger, of which nothing reaches a disk. */
import { DatabaseSync } from 'node:sqlite';
import { createLedger, type Ledger } from '../../../src/ledger/ledger.ts';
import { MIGRATIONS } from '../../../src/ledger/schema.ts';

/** @param nowMs the ledger's clock: milliseconds since 1970, as GitHub counts them */
export function createSqliteLedger(nowMs: () => number): Ledger {
  const db = new DatabaseSync(':memory:');
  for (const migration of MIGRATIONS) db.exec(migration);
  return createLedger(db, nowMs);
}
