/** What the queues hear: to the ledger before it is acknowledged, and unknown when they cannot hear. */
import { expect, test } from 'vitest';
import { configSchema } from '../../src/config/schema.ts';
import { NEVER } from '../../src/core/due.ts';
import { aConfigFile, aPoolEntry } from '../support/config-rig.ts';
import { daemonRig } from '../support/daemon-rig.ts';
import { aFullDisk } from '../support/full-disk.ts';
import { aJob, aMessage, aRunner } from '../support/ledger-rig.ts';

const configOf = (pool: Record<string, unknown>) =>
  configSchema.parse(aConfigFile({ pools: [aPoolEntry(pool)] }));

async function heard() {
  const rig = await daemonRig();
  await expect.poll(() => rig.listeners.get('ios')).toBeDefined();
  const listener = rig.listeners.get('ios');
  if (!listener) throw new Error('nobody listens');
  return { rig, listener };
}

test('before anything was heard, demand is unknown', async () => {
  using rig = await daemonRig();
  expect(rig.context.queues.assigned('ios')).toEqual({ known: false, why: 'the queue is not open yet' });
});

test('a message is in the ledger when it resolves, and one that comes again is not told twice', async () => {
  const { rig, listener } = await heard();
  using _ = rig;
  const message = aMessage({ assigned: [aJob()], assignedCount: 1 });
  await listener.onMessage(message);
  await listener.onMessage(message);
  expect(rig.ledger.openJobs('ios').map((job) => job.id)).toEqual([aJob().id]);
  expect(rig.ledger.auditAfter(0, 10).map((record) => record.what)).toEqual(['job-assigned']);
  expect(rig.context.queues.assigned('ios')).toEqual({ known: true, value: 1 });
});

test('trouble makes demand unknown until GitHub is heard again', async () => {
  const { rig, listener } = await heard();
  using _ = rig;
  await listener.onCount(2, false);
  listener.onTrouble(new Error('502'));
  expect(rig.context.queues.assigned('ios')).toEqual({ known: false, why: '502' });
  expect(rig.context.queues.state('ios')).toMatchObject({ state: 'trouble', trouble: '502' });
  await listener.onCount(1, false);
  expect(rig.context.queues.assigned('ios')).toEqual({ known: true, value: 1 });
});

test('a queue that is silent for three minutes is trouble by its age', async () => {
  const { rig, listener } = await heard();
  using _ = rig;
  await listener.onCount(0, false);
  const trouble = rig.clock.nowMs + 180_000;
  expect(rig.context.queues.watch(trouble - 1)).toBe(trouble);
  expect(rig.context.queues.assigned('ios').known).toBe(true);
  expect(rig.context.queues.watch(trouble)).toBe(NEVER);
  expect(rig.context.queues.assigned('ios')).toMatchObject({ known: false });
});

test('a job whose end GitHub never told is closed when GitHub counts none for two minutes, unless a runner serves it', async () => {
  const { rig, listener } = await heard();
  using _ = rig;
  const served = aJob({ id: 'served', assignedMs: rig.clock.nowMs });
  const forgotten = aJob({ id: 'forgotten', assignedMs: rig.clock.nowMs });
  rig.ledger.saveRunner(aRunner({ phase: 'busy', hadJob: true }));
  const started = [{ jobId: 'served', runner: aRunner().name, atMs: rig.clock.nowMs }];
  await listener.onMessage(aMessage({ assigned: [served, forgotten], started, assignedCount: 2 }));
  await listener.onMessage(aMessage({ messageId: 100_000_002, assignedCount: 0 }));
  expect(rig.ledger.openJobs()).toHaveLength(2);
  rig.clock.nowMs += 120_000;
  // A poll that brings nothing repeats an old count: no news of this job.
  await listener.onCount(0, false);
  expect(rig.ledger.openJobs()).toHaveLength(2);
  await listener.onMessage(aMessage({ messageId: 100_000_003, assignedCount: 0 }));
  expect(rig.ledger.openJobs().map((job) => job.id)).toEqual(['served']);
  expect(rig.ledger.job('forgotten')[0]?.result).toBe('unknown');
});

test('a count that was asked for closes what GitHub counts no more, without a message', async () => {
  const { rig, listener } = await heard();
  using _ = rig;
  await listener.onMessage(aMessage({ assigned: [aJob({ assignedMs: rig.clock.nowMs })], assignedCount: 1 }));
  rig.clock.nowMs += 120_000;
  await listener.onCount(1, true);
  expect(rig.ledger.openJobs()).toHaveLength(1);
  await listener.onCount(0, true);
  expect(rig.ledger.openJobs()).toEqual([]);
});

test('the floor is announced until the plan says more', async () => {
  const { rig, listener } = await heard();
  using _ = rig;
  expect(listener.capacity()).toBe(1);
  rig.context.desk.announced.set('ios', 2);
  expect(listener.capacity()).toBe(2);
});

test("GitHub's word that a job is over is kept beside the guest's, and ends nothing by itself", async () => {
  const { rig, listener } = await heard();
  using _ = rig;
  rig.ledger.saveRunner(aRunner({ phase: 'busy', hadJob: true }));
  const completed = [
    { jobId: aJob().id, runner: aRunner().name, result: 'succeeded', atMs: rig.clock.nowMs },
  ] as const;
  await listener.onMessage(aMessage({ assigned: [aJob()], completed }));
  expect(rig.ledger.runner(aRunner().name)).toMatchObject({
    ...{ phase: 'busy', jobEndedMs: null, toldDoneMs: rig.clock.nowMs },
  });
});

test('a message that the ledger does not take is refused whole, and taken whole when it comes again', async () => {
  using rig = await daemonRig([{ name: 'other' }]);
  const { disk, ledger, catchUp } = aFullDisk();
  ledger.saveRunner(aRunner({ phase: 'busy', hadJob: true }));
  rig.context.queues.follow(configOf({ name: 'ios' }).pools, { ...rig.context, ledger });
  await expect.poll(() => rig.listeners.get('ios')).toBeDefined();
  const completed = [{ jobId: 'a', runner: aRunner().name, result: 'succeeded', atMs: 1 } as const];
  const message = aMessage({ assigned: [aJob({ id: 'b' })], completed, assignedCount: 1 });
  const hear = async () => rig.listeners.get('ios')?.onMessage(message);
  disk.isFull = true;
  await expect(hear()).rejects.toMatchObject({ code: 'ledger-unwritable' });
  disk.isFull = false;
  catchUp();
  expect([ledger.openJobs(), ledger.lastAuditSeq(), ledger.runner(aRunner().name)?.toldDoneMs]).toEqual([
    [],
    0,
    null,
  ]);
  expect(rig.context.queues.assigned('ios').known).toBe(false);
  await hear();
  expect(ledger.openJobs().map(({ id }) => id)).toEqual(['b']);
  expect(ledger.auditAfter(0, 10).map(({ what }) => what)).toEqual(['job-assigned', 'job-completed']);
  expect(ledger.runner(aRunner().name)?.toldDoneMs).toBe(rig.clock.nowMs);
});

test('a session and a count are heard though the ledger takes nothing', async () => {
  using rig = await daemonRig([{ name: 'other' }]);
  const { disk, ledger, catchUp } = aFullDisk();
  rig.context.queues.follow(configOf({ name: 'ios' }).pools, { ...rig.context, ledger });
  await expect.poll(() => rig.listeners.get('ios')).toBeDefined();
  const listener = rig.listeners.get('ios');
  await listener?.onMessage(aMessage({ assigned: [aJob({ id: 'lost' })], assignedCount: 1 }));
  rig.clock.nowMs += 3_600_000;
  disk.isFull = true;
  listener?.onSession({ setId: 1, id: 's' });
  await listener?.onCount(0, true);
  expect(rig.context.queues.assigned('ios')).toEqual({ known: true, value: 0 });
  disk.isFull = false;
  catchUp();
  expect(ledger.openSession('ios')).toEqual({ setId: 1, id: 's' });
  expect(ledger.openJobs()).toHaveLength(1);
  await listener?.onCount(0, true);
  expect(ledger.openJobs()).toEqual([]);
});
