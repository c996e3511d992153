/** A ledger that cannot be written: nothing is begun meanwhile, and it ends by itself. */
import { expect, test } from 'vitest';
import { dispatch } from '../../src/daemon/executors.ts';
import { LedgerWatch, watchLedger, whenWritable } from '../../src/daemon/ledger-watch.ts';
import { unfit } from '../../src/daemon/observe.ts';
import { daemonRig } from '../support/daemon-rig.ts';
import { aFullDisk } from '../support/full-disk.ts';
import { aRunner } from '../support/ledger-rig.ts';

const FULL = 'the ledger cannot be written: database or disk is full';
const FIT = { unfit: () => null };

test('the host is unfit from the first failure on until two seconds after the last, and both are told once', async () => {
  using rig = await daemonRig();
  const { disk, ledger } = aFullDisk();
  const context = { ...rig.context, ledger };
  const look = () => {
    watchLedger(context, () => undefined);
    return context.desk.writing.why;
  };
  expect(look()).toBeNull();
  disk.isFull = true;
  expect(() => ledger.saveRunner(aRunner())).toThrow(FULL);
  expect([look(), look()]).toEqual([FULL, FULL]);
  disk.isFull = false;
  rig.clock.nowMs += 1_999;
  expect(look()).toBe(FULL);
  rig.clock.nowMs += 1;
  expect(look()).toBeNull();
  expect(ledger.auditAfter(0, 10)).toMatchObject([{ what: 'ledger-written-again', detail: { seconds: 2 } }]);
  expect(rig.lines.filter((line) => line.includes('nothing is begun'))).toHaveLength(1);
});

test('a step whose intent cannot stand first has no effect, and the next is not tried at once', async () => {
  using rig = await daemonRig();
  const { disk, ledger } = aFullDisk();
  const context = { ...rig.context, ledger };
  disk.isFull = true;
  dispatch(context, { do: 'create', pool: 'ios', slot: 0, purpose: 'job' });
  await expect.poll(() => context.desk.writing.why).toBe(FULL);
  expect(unfit(context, FIT)).toBe(FULL);
  expect([rig.asked.filter((what) => what.startsWith('clone')), context.desk.inFlight.size]).toEqual([[], 0]);
});

test('a flickering disk is trouble as long as writes fail', () => {
  const watch = new LedgerWatch();
  watch.failed(FULL, 0);
  expect(watch.look(null, 1_999)).toBeNull();
  watch.failed(FULL, 1_999);
  expect([watch.look(null, 3_998), watch.why]).toEqual([null, FULL]);
  expect([watch.look(null, 3_999), watch.why]).toEqual([3_999, null]);
});

test('what must be written is written when it can be, and other errors are not waited for', async () => {
  using rig = await daemonRig();
  const { disk, ledger } = aFullDisk();
  const context = { ...rig.context, ledger };
  disk.isFull = true;
  const done = whenWritable(context, () => ledger.saveRunner(aRunner()));
  await expect.poll(() => context.desk.writing.why).toBe(FULL);
  disk.isFull = false;
  await done;
  expect(ledger.runners()).toHaveLength(1);
  const broken = whenWritable(context, () => ledger.saveRunner(aRunner({ sinceMs: 0.5 })));
  await expect(broken).rejects.toThrow('not a whole number');
});
