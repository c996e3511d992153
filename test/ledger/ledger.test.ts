import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { aJob, aMessage, aRunner, LEDGERS, ledgerRig } from '../support/ledger-rig.ts';

describe.each(LEDGERS)('a ledger %s', (_, rigOf) => {
  test('a runner comes back as it was saved, under its latest phase', async () => {
    using rig = await rigOf();
    const runner = aRunner();
    rig.ledger.saveRunner(runner);
    const stopping = aRunner({
      phase: 'stopping',
      why: 'job-done',
      hadJob: true,
      registrationId: 9,
      sinceMs: 5,
    });
    rig.ledger.saveRunner(stopping);
    expect(rig.ledger.runners()).toEqual([stopping]);
    expect(rig.ledger.runner(runner.name)).toEqual({ ...stopping, goneMs: null });
    expect(rig.ledger.runner('nobody')).toBeNull();
  });

  test('a runner that is gone is past, and neither saving nor marking again brings it back', async () => {
    using rig = await rigOf();
    rig.ledger.saveRunner(aRunner());
    rig.ledger.markGone(aRunner().name, 50);
    rig.ledger.markGone(aRunner().name, 60);
    rig.ledger.saveRunner(aRunner({ phase: 'booting' }));
    expect(rig.ledger.runners()).toEqual([]);
    expect(rig.ledger.pastRunners(10).map((runner) => runner.goneMs)).toEqual([50]);
  });

  test('the number of the last guest event never goes back and survives a save', async () => {
    using rig = await rigOf();
    const { name } = aRunner();
    expect(rig.ledger.lastEventNumber(name)).toBe(0);
    rig.ledger.saveRunner(aRunner());
    rig.ledger.setLastEventNumber(name, 4);
    rig.ledger.setLastEventNumber(name, 2);
    rig.ledger.saveRunner(aRunner({ phase: 'warm' }));
    expect(rig.ledger.lastEventNumber(name)).toBe(4);
  });

  test('an intent is open until its first outcome', async () => {
    using rig = await rigOf();
    const id = rig.ledger.beginIntent('create', 'mr-1', { slot: 1 }, 5);
    const other = rig.ledger.beginIntent('stop', 'mr-2', {}, 6);
    rig.ledger.endIntent(other, 'done', 7);
    expect(rig.ledger.openIntents()).toEqual([
      { id, what: 'create', subject: 'mr-1', detail: { slot: 1 }, beganMs: 5 },
    ]);
  });

  test('the timeline of a runner holds its own notes, in order', async () => {
    using rig = await rigOf();
    rig.ledger.note('a', 1, 'cloned', { tookMs: 3 });
    rig.ledger.note('b', 2, 'cloned');
    rig.ledger.note('a', 1, 'answered');
    expect(rig.ledger.timeline('a')).toEqual([
      { atMs: 1, what: 'cloned', detail: { tookMs: 3 } },
      { atMs: 1, what: 'answered', detail: {} },
    ]);
  });

  test('the audit stream is numbered and read from any number on', async () => {
    using rig = await rigOf();
    expect(rig.ledger.lastAuditSeq()).toBe(0);
    const events = ['one', 'two', 'three'].map((what) => rig.ledger.audit(1, what, 'host', { by: what }));
    expect(rig.ledger.lastAuditSeq()).toBe(3);
    expect(rig.ledger.auditAfter(1, 10)).toEqual(events.slice(1));
    expect(rig.ledger.auditAfter(0, 2)).toEqual(events.slice(0, 2));
  });

  test('a transaction is all or nothing, and one within another joins it', async () => {
    using rig = await rigOf();
    const failing = () =>
      rig.ledger.transaction(() => {
        rig.ledger.saveRunner(aRunner());
        rig.ledger.recordMessage('ios', aMessage({ assigned: [aJob()] }), 1);
        throw new Error('broken');
      });
    expect(failing).toThrow('broken');
    expect([rig.ledger.runners(), rig.ledger.openJobs()]).toEqual([[], []]);
    expect(rig.ledger.transaction(() => 'value')).toBe('value');
  });

  test('pruning forgets what is over and old, and nothing else', async () => {
    using rig = await rigOf();
    const { ledger } = rig;
    for (const name of ['old', 'young', 'living']) {
      ledger.saveRunner(aRunner({ name }));
      ledger.note(name, 1, 'cloned');
    }
    ledger.markGone('old', 10);
    ledger.markGone('young', 100);
    const completed = ['old', 'young'].map(
      (runner) => ({ jobId: runner, runner, result: 'failed', atMs: 9 }) as const,
    );
    ledger.recordMessage('ios', aMessage({ assigned: [aJob({ id: 'open' })], completed }), 9);
    ledger.endIntent(ledger.beginIntent('stop', 'old', {}, 1), 'done', 2);
    const open = ledger.beginIntent('stop', 'young', {}, 1);
    ledger.audit(1, 'x', 'host', {});
    ledger.recordMessage('ios', aMessage({ assigned: [aJob({ id: 'late', assignedMs: 1 })] }), 50);
    ledger.closeJob('late', 'unknown', 9);
    ledger.prune({ steadyMs: 50, wallMs: 50 });
    expect(['old', 'young', 'living'].map((name) => ledger.timeline(name).length)).toEqual([0, 1, 1]);
    expect(ledger.runner('old')).toBeNull();
    expect(ledger.recentJobs(10).map((job) => job.id)).toEqual(['open', 'young', 'late']);
    expect(ledger.openIntents().map((intent) => intent.id)).toEqual([open]);
    expect(ledger.lastAuditSeq()).toBe(1);
  });
});

test('not even plain SQL can rewrite the audit stream or a flight record', async () => {
  using rig = await ledgerRig();
  rig.ledger.audit(1, 'x', 'host', {});
  rig.ledger.note('a', 1, 'x', {});
  rig.ledger.close();
  const db = new DatabaseSync(rig.file);
  expect(() => db.exec("UPDATE audit SET what = 'y'")).toThrow(/append-only/);
  expect(() => db.exec('DELETE FROM audit')).toThrow(/append-only/);
  expect(() => db.exec("UPDATE timeline SET what = 'y'")).toThrow(/never rewritten/);
  db.close();
});
