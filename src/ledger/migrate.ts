/**
 * Brings an open database to the newest schema, or says why it cannot be ours. Before an older schema is changed, a
 * copy is laid beside the file (`ledger-v<N>.bak`). What to do with a broken file is left to `open.ts`.
 */
import { chmodSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import { MacrunnerError } from '../core/error.ts';
import { APPLICATION_ID } from './schema.ts';

/** What an open database turned out to be. */
export type Fitness = { readonly fit: true } | { readonly fit: false; readonly why: string };

const schemaRow = z.object({ type: z.string(), name: z.string(), sql: z.string() });

/**
 * Checks `db`, copies an older one, and runs what `migrations` lack in one transaction.
 *
 * @param scratch an empty database in memory: what the file's tables should be is read off there
 * @throws {@link MacrunnerError} `ledger-unreadable` when a newer program made the file
 */
export function bringUpToDate(
  db: DatabaseSync,
  file: string,
  migrations: readonly string[],
  scratch: DatabaseSync,
): Fitness {
  const version = numberOf(db, 'user_version');
  const isEmpty = tablesOf(db).length === 0;
  if (!isEmpty && numberOf(db, 'application_id') !== APPLICATION_ID)
    return { fit: false, why: 'it belongs to another program' };
  if (version > migrations.length) throw tooNew(file, version, migrations.length);
  const damage = isEmpty ? null : (integrityOf(db) ?? shapeOf(db, migrations.slice(0, version), scratch));
  if (damage !== null) return { fit: false, why: damage };
  if (isEmpty && version > 0) return { fit: false, why: 'its tables are missing' };
  if (version === migrations.length) return { fit: true };
  if (version > 0) copyAside(db, file, version);
  migrate(db, migrations, version);
  return { fit: true };
}

function migrate(db: DatabaseSync, migrations: readonly string[], from: number): void {
  db.exec('BEGIN IMMEDIATE');
  try {
    for (const migration of migrations.slice(from)) db.exec(migration);
    db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${migrations.length}; COMMIT`);
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

/** The copy appears under its name only when it is whole. */
function copyAside(db: DatabaseSync, file: string, version: number): void {
  const stem = basename(file, extname(file));
  const copy = join(dirname(file), `${stem}-v${version}.bak`);
  const part = `${copy}.part`;
  rmSync(part, { force: true });
  db.prepare('VACUUM INTO ?').run(part);
  chmodSync(part, 0o600);
  renameSync(part, copy);
}

function integrityOf(db: DatabaseSync): string | null {
  const row: unknown = db.prepare('PRAGMA quick_check(1)').get();
  const said = z.object({ quick_check: z.string() }).parse(row).quick_check;
  return said === 'ok' ? null : `its integrity check failed: ${said}`;
}

/** Null when all that `migrations` make is there, as they make it. */
function shapeOf(db: DatabaseSync, migrations: readonly string[], scratch: DatabaseSync): string | null {
  for (const migration of migrations) scratch.exec(migration);
  const present = new Map(tablesOf(db).map((row) => [`${row.type} ${row.name}`, row.sql]));
  const wrong = tablesOf(scratch).find((row) => present.get(`${row.type} ${row.name}`) !== row.sql);
  return wrong ? `its ${wrong.type} ${wrong.name} is missing or has another form` : null;
}

function tablesOf(db: DatabaseSync): readonly z.output<typeof schemaRow>[] {
  const rows: unknown = db.prepare('SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL').all();
  return z.array(schemaRow).parse(rows);
}

function numberOf(db: DatabaseSync, pragma: 'user_version' | 'application_id'): number {
  const row: unknown = db.prepare(`PRAGMA ${pragma}`).get();
  return z.record(z.string(), z.number()).parse(row)[pragma] ?? 0;
}

function tooNew(file: string, version: number, known: number): MacrunnerError {
  return new MacrunnerError(
    'ledger-unreadable',
    `the ledger ${file} was written by a newer macrunner (schema ${version}; this one knows up to ${known})`,
    { hint: 'Install the newer macrunner again, or move the file away to start with an empty ledger.' },
  );
}
