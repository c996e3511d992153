import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { openLedger } from '../../src/ledger/open.ts';
import { APPLICATION_ID, MIGRATIONS } from '../../src/ledger/schema.ts';
import { aMessage, aRunner, ledgerRig } from '../support/ledger-rig.ts';

const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);

test('the file and its side files are private, in a private directory', async () => {
  using rig = await ledgerRig();
  rig.ledger.audit(1, 'x', 'host', {});
  expect(mode(dirname(rig.file))).toBe('700');
  expect(['', '-wal', '-shm'].map((side) => mode(rig.file + side))).toEqual(['600', '600', '600']);
});

test('what was written is there after closing and opening again', async () => {
  using rig = await ledgerRig();
  rig.ledger.saveRunner(aRunner());
  rig.ledger.close();
  const { ledger, recovered } = await rig.open();
  expect([ledger.runners(), recovered]).toEqual([[aRunner()], null]);
  ledger.close();
});

/** Writes as fast as it can until it is killed, saying after each transaction which number it was. */
const WRITER = `
  import { writeSync } from 'node:fs';
  import { openLedger } from '${join(import.meta.dirname, '../../src/ledger/open.ts')}';
  import { aJob, aMessage } from '${join(import.meta.dirname, '../support/ledger-rig.ts')}';
  const { ledger } = await openLedger(process.argv[1], { nowMs: () => 1 });
  for (let n = 1; ; n++) {
    ledger.transaction(() => {
      ledger.audit(n, 'wrote', 'writer', { n });
      ledger.recordMessage('ios', aMessage({ messageId: n, assigned: [aJob({ id: 'job-' + n })] }), n);
      ledger.note('writer', n, 'wrote', { n });
    });
    writeSync(1, n + '\\n');
  }`;

test('a writer killed in the middle leaves whole transactions only', async () => {
  using rig = await ledgerRig();
  const writer = spawn(process.execPath, ['--input-type=module-typescript', '-e', WRITER, rig.file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let told = 0;
  for await (const line of createInterface({ input: writer.stdout })) {
    told = Number(line);
    if (told >= 200) break;
  }
  writer.kill('SIGKILL');
  await once(writer, 'exit');
  const { ledger, recovered } = await rig.open();
  const count = ledger.lastAuditSeq();
  expect(recovered).toBeNull();
  expect(count).toBeGreaterThanOrEqual(told);
  expect(ledger.recentJobs(1_000_000)).toHaveLength(count);
  expect(ledger.timeline('writer')).toHaveLength(count);
  ledger.close();
});

function damageMiddle(file: string): void {
  const handle = openSync(file, 'r+');
  for (let at = 4_096; at < statSync(file).size; at += 4_096)
    writeSync(handle, Buffer.alloc(4_096, 0xee), 0, 4_096, at);
}

const damages: Record<string, (file: string) => void> = {
  'a short text': (file) => writeFileSync(file, 'hello'),
  'a long text': (file) => writeFileSync(file, 'not a database\n'.repeat(1_000)),
  'overwritten pages': damageMiddle,
  'a cut file': (file) => truncateSync(file, 8_192),
  "another program's database": (file) => {
    writeFileSync(file, '');
    new DatabaseSync(file).exec('CREATE TABLE notes (text TEXT)');
  },
  'a missing table': (file) => new DatabaseSync(file).exec('DROP TABLE jobs'),
  'a table of another form': (file) => new DatabaseSync(file).exec('ALTER TABLE jobs ADD COLUMN extra TEXT'),
};

test.each(Object.entries(damages))('%s is moved aside and a fresh ledger made', async (_, damage) => {
  using rig = await ledgerRig();
  rig.ledger.saveRunner(aRunner());
  rig.ledger.close();
  damage(rig.file);
  const damaged = readFileSync(rig.file);
  const { ledger, recovered } = await rig.open();
  expect(recovered?.movedTo).toBe(`${rig.file}.broken-${rig.clock.nowMs}`);
  expect(recovered?.why).toMatch(/\w{3}/);
  expect(readFileSync(`${rig.file}.broken-${rig.clock.nowMs}`).equals(damaged)).toBe(true);
  expect(ledger.runners()).toEqual([]);
  expect(ledger.recordMessage('ios', aMessage(), 1)).toBe(true);
  ledger.close();
  expect((await rig.open()).recovered).toBeNull();
});

test('the log of a broken file goes with it', async () => {
  using rig = await ledgerRig();
  rig.ledger.close();
  writeFileSync(rig.file, 'not a database\n'.repeat(1_000));
  writeFileSync(`${rig.file}-wal`, 'the log');
  const { ledger, recovered } = await rig.open();
  expect(readFileSync(`${recovered?.movedTo}-wal`, 'utf8')).toBe('the log');
  ledger.close();
});

test('an empty file is a ledger not yet begun', async () => {
  using rig = await ledgerRig();
  rig.ledger.close();
  writeFileSync(rig.file, '');
  const { ledger, recovered } = await rig.open();
  expect([ledger.runners(), recovered]).toEqual([[], null]);
  ledger.close();
});

test('an older ledger is copied, then migrated', async () => {
  using rig = await ledgerRig();
  rig.ledger.saveRunner(aRunner());
  rig.ledger.close();
  const migrations = [...MIGRATIONS, 'CREATE TABLE extra (id INTEGER PRIMARY KEY) STRICT'];
  const { ledger, recovered } = await openLedger(rig.file, { nowMs: () => 1, migrations });
  expect([ledger.runners(), recovered]).toEqual([[aRunner()], null]);
  ledger.close();
  const copy = join(dirname(rig.file), `ledger-v${MIGRATIONS.length}.bak`);
  expect(mode(copy)).toBe('600');
  const before = await openLedger(copy, { nowMs: () => 1 });
  expect([before.ledger.runners(), before.recovered]).toEqual([[aRunner()], null]);
  before.ledger.close();
});

test('a runner that had ended when the ledger was older still stands for its job', async () => {
  using rig = await ledgerRig();
  rig.ledger.close();
  rmSync(rig.file);
  const db = new DatabaseSync(rig.file);
  for (const migration of MIGRATIONS.slice(0, 3)) db.exec(migration);
  db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = 3;
    INSERT INTO runners (name, pool, slot, phase, created_ms, since_ms, had_job)
      VALUES ('one', 'ios', 0, 'stopping', 1, 30, 1);
    INSERT INTO jobs (id, pool, repository, display_name, workflow_run_id, workflow_ref, event, queued_ms, assigned_ms,
      is_announced) VALUES ('a', 'ios', '', '', 0, '', '', 1, 29, 1)`);
  db.close();
  const { ledger } = await rig.open();
  expect(ledger.unconfirmed('ios', 40)).toBe(1);
  ledger.close();
});

test('a migration that fails changes nothing', async () => {
  using rig = await ledgerRig();
  rig.ledger.saveRunner(aRunner());
  rig.ledger.close();
  const migrations = [...MIGRATIONS, 'CREATE TABLE extra (id INTEGER) STRICT; DROP TABLE nothing'];
  await expect(openLedger(rig.file, { nowMs: () => 1, migrations })).rejects.toThrow(/nothing/);
  const { ledger, recovered } = await rig.open();
  expect([ledger.runners(), recovered]).toEqual([[aRunner()], null]);
  ledger.close();
});

test('a newer ledger is refused and left as it is', async () => {
  using rig = await ledgerRig();
  rig.ledger.close();
  new DatabaseSync(rig.file).exec(`PRAGMA user_version = ${MIGRATIONS.length + 1}`);
  await expect(rig.open()).rejects.toMatchObject({
    code: 'ledger-unreadable',
    message: expect.stringMatching('newer macrunner'),
  });
  expect(readdirSync(dirname(rig.file)).filter((name) => name.includes('broken'))).toEqual([]);
});

test('a file that cannot be opened is an error, not a reason to move it', async () => {
  using rig = await ledgerRig();
  await expect(openLedger(join(rig.file, 'below-a-file'), { nowMs: () => 1 })).rejects.toMatchObject({
    code: 'ledger-unreadable',
  });
  expect(existsSync(rig.file)).toBe(true);
});
