/** A disk that takes no more: what is told, what stays, and that it ends by itself. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { createLedger, type Ledger } from '../../src/ledger/ledger.ts';
import { MIGRATIONS } from '../../src/ledger/schema.ts';
import { createMemoryLedger } from '../simulation/ledger/memory-ledger.ts';
import { allThatIsTold } from '../support/ledger-deeds.ts';
import { aJob, aMessage, aRunner, ledgerRig } from '../support/ledger-rig.ts';

const UNWRITABLE = expect.objectContaining({ code: 'ledger-unwritable' });

interface Disk {
  readonly ledger: Ledger;
  readonly setFull: (isFull: boolean) => void;
}

/** SQLite refuses every write, as on a disk that became read-only. */
function inSqlite(): Disk {
  const { db, ledger } = openInMemory();
  return { ledger, setFull: (isFull) => db.exec(`PRAGMA query_only = ${isFull ? 'ON' : 'OFF'}`) };
}

function inMemory(): Disk {
  const disk = { isFull: false };
  const setFull = (isFull: boolean) => {
    disk.isFull = isFull;
  };
  return {
    setFull,
    ledger: createMemoryLedger(() => disk.isFull),
  };
}

function openInMemory() {
  const db = new DatabaseSync(':memory:');
  for (const migration of MIGRATIONS) db.exec(migration);
  return { db, ledger: createLedger(db) };
}

const writes: Record<string, (ledger: Ledger, intent: number) => unknown> = {
  saveRunner: (ledger) => ledger.saveRunner(aRunner({ name: 'r2' })),
  markGone: (ledger) => ledger.markGone('r1', 1),
  setLastEventNumber: (ledger) => ledger.setLastEventNumber('r1', 7),
  recordMessage: (ledger) => ledger.recordMessage('ios', aMessage({ assigned: [aJob({ id: 'new' })] }), 1),
  closeJob: (ledger) => ledger.closeJob('j1', 'unknown', 1),
  beginIntent: (ledger) => ledger.beginIntent('create', 'r2', {}, 1),
  endIntent: (ledger, intent) => ledger.endIntent(intent, 'done', 1),
  note: (ledger) => ledger.note('r1', 1, 'seen'),
  audit: (ledger) => ledger.audit(1, 'seen', 'r1'),
  setOpenSession: (ledger) => ledger.setOpenSession('ios', { setId: 1, id: 's' }),
  setClockAnchor: (ledger) => ledger.setClockAnchor({ boot: 'b', offsetMs: 1 }),
  prune: (ledger) => ledger.prune({ steadyMs: 100, wallMs: 100 }),
};

describe.each([
  ['in SQLite', inSqlite],
  ['in memory', inMemory],
] as const)('a ledger %s', (_, diskOf) => {
  test.each(Object.entries(writes))('%s fails as one error and changes nothing', (_name, write) => {
    const { ledger, setFull } = diskOf();
    ledger.saveRunner(aRunner({ name: 'r1' }));
    ledger.saveRunner(aRunner({ name: 'r3' }));
    ledger.markGone('r3', 1);
    ledger.recordMessage('ios', aMessage({ messageId: 1, assigned: [aJob({ id: 'j1' })] }), 1);
    const intent = ledger.beginIntent('stop', 'r1', {}, 1);
    const before = allThatIsTold(ledger);
    setFull(true);
    expect(() => write(ledger, intent)).toThrow(UNWRITABLE);
    expect(allThatIsTold(ledger)).toEqual(before);
    expect(ledger.unwritable()).toMatch('the ledger cannot be written: ');
    setFull(false);
    expect(ledger.unwritable()).toBeNull();
    expect(allThatIsTold(ledger)).toEqual(before);
    write(ledger, intent);
    expect([allThatIsTold(ledger), ledger.clockAnchor()]).not.toEqual([before, null]);
  });

  test('a transaction is taken back whole, though its work went on after the failure', () => {
    const { ledger, setFull } = diskOf();
    const work = () => {
      ledger.audit(1, 'first', 'host');
      setFull(true);
      expect(() => ledger.audit(2, 'second', 'host')).toThrow(UNWRITABLE);
      setFull(false);
      expect(() => ledger.audit(3, 'third', 'host')).toThrow(UNWRITABLE);
    };
    expect(() => ledger.transaction(work)).toThrow(UNWRITABLE);
    expect(ledger.lastAuditSeq()).toBe(0);
    expect(ledger.audit(4, 'fourth', 'host').seq).toBe(1);
  });

  test('a write that succeeds ends the trouble', () => {
    const { ledger, setFull } = diskOf();
    setFull(true);
    expect(() => ledger.note('r1', 1, 'seen')).toThrow(UNWRITABLE);
    setFull(false);
    ledger.note('r1', 1, 'seen');
    setFull(true);
    expect(ledger.unwritable()).toBeNull();
  });
});

test('a message that fills the disk in its middle leaves nothing, and is taken when it is told again', () => {
  const { db, ledger } = openInMemory();
  const { page_count: pages } = db.prepare('PRAGMA page_count').get() ?? {};
  const setPages = (most: number) => db.exec(`PRAGMA max_page_count = ${most}`);
  const assigned = Array.from({ length: 200 }, (_, n) => aJob({ id: `job-${n}` }));
  setPages(Number(pages) + 4);
  expect(() => ledger.recordMessage('ios', aMessage({ assigned }), 1)).toThrow('database or disk is full');
  expect(ledger.openJobs()).toEqual([]);
  setPages(Number(pages));
  expect(ledger.unwritable()).toBe('the ledger cannot be written: database or disk is full');
  setPages(1_000);
  expect(ledger.unwritable()).toBeNull();
  expect(ledger.recordMessage('ios', aMessage({ assigned }), 1)).toBe(true);
  expect(ledger.openJobs()).toHaveLength(200);
});

test('an error of our own making is not taken for one of the disk', () => {
  const { ledger } = openInMemory();
  expect(() => ledger.note('r1', 0.5, 'seen')).toThrow('REAL value in INTEGER column');
  expect(ledger.unwritable()).toBeNull();
});

/** Writes transactions of two until one fails, then says what it was and what is there. */
const WRITER = `
  import { openLedger } from '${join(import.meta.dirname, '../../src/ledger/open.ts')}';
  const say = (told) => console.log(JSON.stringify(told));
  const tell = (error) => ({ code: error.code, hint: error.hint });
  try {
    const { ledger } = await openLedger(process.argv[1], { nowMs: () => 1 });
    const two = () => {
      ledger.audit(1, 'wrote', 'writer', { text: 'x'.repeat(999) });
      ledger.note('writer', 1, 'wrote', { text: 'x'.repeat(999) });
    };
    try {
      for (;;) ledger.transaction(two);
    } catch (error) {
      const counts = [ledger.lastAuditSeq(), ledger.timeline('writer').length];
      say({ ...tell(error), counts, stays: ledger.unwritable() });
    }
  } catch (error) {
    say(tell(error));
  }`;

/** What the writer says when no file may grow beyond so many blocks: to SQLite an I/O error. */
async function underLimit(file: string, blocks: number): Promise<unknown> {
  const limited = `ulimit -f ${blocks}; exec "$@"`;
  const node = [process.execPath, '--input-type=module-typescript', '-e', WRITER, file];
  const child = spawn('/bin/sh', ['-c', limited, 'sh', ...node], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return JSON.parse(said);
}

test('a disk that fails under a file keeps whole transactions and goes on being read', async () => {
  using rig = await ledgerRig();
  const said = await underLimit(rig.file, 800);
  expect(said).toMatchObject({
    code: 'ledger-unwritable',
    hint: expect.stringContaining(rig.file),
    stays: 'the ledger cannot be written: disk I/O error',
  });
  rig.ledger.close();
  const { ledger, recovered } = await rig.open();
  expect([said, recovered]).toEqual([
    expect.objectContaining({ counts: [ledger.lastAuditSeq(), ledger.timeline('writer').length] }),
    null,
  ]);
  expect(ledger.lastAuditSeq()).toBe(ledger.timeline('writer').length);
  expect(ledger.lastAuditSeq()).toBeGreaterThan(10);
  ledger.close();
});

test('a ledger that cannot be begun for want of space is told so, and is begun later', async () => {
  using rig = await ledgerRig();
  const file = join(rig.dir, 'other', 'ledger.db');
  expect(await underLimit(file, 8)).toMatchObject({ code: 'ledger-unwritable' });
  expect(await underLimit(file, 800)).toMatchObject({ code: 'ledger-unwritable', counts: expect.anything() });
});
