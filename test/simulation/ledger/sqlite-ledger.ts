/** The product's own ledger, of which nothing reaches a disk. */
import { DatabaseSync } from 'node:sqlite';
import { createLedger, type Ledger } from '../../../src/ledger/ledger.ts';
import { MIGRATIONS } from '../../../src/ledger/schema.ts';

export function createSqliteLedger(): Ledger {
  const db = new DatabaseSync(':memory:');
  for (const migration of MIGRATIONS) db.exec(migration);
  return createLedger(db);
}
