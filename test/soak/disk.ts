/** What the agent has on disk, as another program sees it: size and rows of its ledger, its log files. */
import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import type { placesIn } from './conditions.ts';
import type { Sample } from './series.ts';

type OnDisk = Pick<Sample, 'ledgerBytes' | 'ledgerRows' | 'logBytes' | 'logFiles'>;

const count = z.object({ n: z.number() });
const TABLES = ['runners', 'jobs', 'messages', 'intents', 'timeline', 'audit'] as const;

export function lookAtDisk({ ledger, log }: ReturnType<typeof placesIn>): OnDisk {
  const logs = sizesOf(log);
  const db = new DatabaseSync(ledger, { readOnly: true, timeout: 5_000 });
  try {
    const rows = TABLES.map((table) => count.parse(db.prepare(`SELECT count(*) AS n FROM ${table}`).get()).n);
    const ledgerBytes = sum(sizesOf(ledger));
    return { ledgerBytes, ledgerRows: sum(rows), logBytes: sum(logs), logFiles: logs.length };
  } finally {
    db.close();
  }
}

/** Of the file and those beside it that begin with its name. One may be gone between the list and the look. */
function sizesOf(file: string): readonly number[] {
  const names = readdirSync(dirname(file)).filter((name) => name.startsWith(basename(file)));
  return names.flatMap((name) => statSync(join(dirname(file), name), { throwIfNoEntry: false })?.size ?? []);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
