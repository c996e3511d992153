/** Where old events of the audit stream go: into files beside the ledger, and none is lost on the way. */
import { appendFileSync, mkdirSync, readFileSync, rmdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { ledgerRig } from '../support/ledger-rig.ts';

const at = (day: string) => Date.parse(`${day}T12:00:00Z`);

async function archiveRig() {
  const rig = await ledgerRig();
  const fileOf = (year: number) => join(dirname(rig.file), `audit-${year}.jsonl`);
  return {
    ...rig,
    fileOf,
    lines: (year: number) => readFileSync(fileOf(year), 'utf8').trimEnd().split('\n'),
    kept: () => rig.ledger.auditAfter(0, 100).map(({ seq }) => seq),
  };
}

test('events before a moment go to the file of their year, whole and in order, and numbers go on', async () => {
  using rig = await archiveRig();
  const { ledger, lines, kept } = rig;
  ledger.audit(at('2024-12-31'), 'one', 'host', { deep: { n: 1 } });
  ledger.audit(at('2025-01-01'), 'two', 'host');
  ledger.audit(at('2025-01-02'), 'three', 'host');
  expect(ledger.archiveAudit(at('2025-01-02'))).toBe(2);
  expect(kept()).toEqual([3]);
  expect(lines(2024).map((line) => JSON.parse(line))).toEqual([
    { v: 1, seq: 1, atMs: at('2024-12-31'), what: 'one', subject: 'host', detail: { deep: { n: 1 } } },
  ]);
  expect((statSync(rig.fileOf(2024)).mode & 0o777).toString(8)).toBe('600');
  expect(ledger.archiveAudit(at('2026-01-01'))).toBe(1);
  expect(lines(2025).map((line) => JSON.parse(line).seq)).toEqual([2, 3]);
  expect([kept(), ledger.lastAuditSeq(), ledger.archiveAudit(at('2030-01-01'))]).toEqual([[], 3, 0]);
  expect(ledger.audit(at('2026-01-01'), 'four', 'host').seq).toBe(4);
  expect((await rig.again()).lastAuditSeq()).toBe(4);
});

test('an event of a clock that was set back goes with those before it, and what came first goes first', async () => {
  using rig = await archiveRig();
  for (const day of ['2025-01-01', '2025-01-05', '2025-01-02']) rig.ledger.audit(at(day), 'x', 'host');
  expect(rig.ledger.archiveAudit(at('2025-01-04'))).toBe(1);
  expect(rig.kept()).toEqual([2, 3]);
});

test('more than fit into one step are all archived', async () => {
  using rig = await archiveRig();
  rig.ledger.transaction(() => {
    for (let n = 0; n < 2_500; n++) rig.ledger.audit(at('2025-01-01'), 'x', 'host');
  });
  expect(rig.ledger.archiveAudit(at('2025-01-02'))).toBe(2_500);
  expect(rig.lines(2025)).toHaveLength(2_500);
});

test('an event stays while its line is not safe, and no line is there twice for it', async () => {
  using rig = await archiveRig();
  const { ledger } = rig;
  ledger.audit(at('2024-01-01'), 'x', 'host');
  ledger.audit(at('2025-01-01'), 'x', 'host');
  mkdirSync(rig.fileOf(2025));
  expect(() => ledger.archiveAudit(at('2026-01-01'))).toThrow('EISDIR');
  expect(rig.kept()).toEqual([1, 2]);
  expect(readFileSync(rig.fileOf(2024), 'utf8')).toBe('');
  rmdirSync(rig.fileOf(2025));
  const others = new DatabaseSync(rig.file);
  others.exec("CREATE TRIGGER full BEFORE DELETE ON audit BEGIN SELECT raise(ABORT, 'no more'); END");
  expect(() => ledger.archiveAudit(at('2026-01-01'))).toThrow('no more');
  expect([rig.kept(), readFileSync(rig.fileOf(2025), 'utf8')]).toEqual([[1, 2], '']);
  others.exec('DROP TRIGGER full');
  others.close();
  expect(ledger.archiveAudit(at('2026-01-01'))).toBe(2);
  expect([rig.lines(2024).length, rig.lines(2025).length]).toEqual([1, 1]);
});

test('a line that a crash cut off stands alone', async () => {
  using rig = await archiveRig();
  appendFileSync(rig.fileOf(2025), '{"v":1,"se');
  rig.ledger.audit(at('2025-01-01'), 'x', 'host');
  rig.ledger.archiveAudit(at('2026-01-01'));
  expect(
    rig
      .lines(2025)
      .slice(1)
      .map((line) => JSON.parse(line).seq),
  ).toEqual([1]);
});

test('plain SQL deletes only what is archived, and takes no word of that back', async () => {
  using rig = await archiveRig();
  for (const day of ['2025-01-01', '2026-01-01']) rig.ledger.audit(at(day), 'x', 'host');
  rig.ledger.archiveAudit(at('2025-06-01'));
  rig.ledger.close();
  const db = new DatabaseSync(rig.file);
  expect(() => db.exec('DELETE FROM audit')).toThrow(/append-only/);
  expect(() => db.exec('UPDATE archive SET upto = 0')).toThrow(/stays archived/);
  expect(() => db.exec('DELETE FROM archive')).toThrow(/stays archived/);
  db.close();
});
