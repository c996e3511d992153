/** What is only recorded waits in memory for a full disk to have room again; what decides something fails at once. */
import { expect, test } from 'vitest';
import { withLateWrites } from '../../src/daemon/late-writes.ts';
import { createMemoryLedger } from '../simulation/ledger/memory-ledger.ts';
import { aRunner } from '../support/ledger-rig.ts';

function patientRig() {
  const disk = { isFull: false };
  const inner = createMemoryLedger(() => disk.isFull);
  const { ledger, catchUp } = withLateWrites(inner);
  return { disk, inner, ledger, catchUp, events: () => inner.auditAfter(0, 20_000).map(({ what }) => what) };
}

test('records are kept while the disk is full and written in their order, before what comes after', () => {
  const { disk, inner, ledger, events } = patientRig();
  const intent = ledger.beginIntent('stop', 'r1', {}, 1);
  disk.isFull = true;
  ledger.audit(1, 'one', 'host');
  ledger.note('r1', 1, 'noted', { n: 1 });
  ledger.endIntent(intent, 'done', 2);
  ledger.setOpenSession('ios', { setId: 1, id: 's' });
  ledger.setClockAnchor({ boot: 'b', offsetMs: 1 });
  expect([events(), inner.openIntents().length]).toEqual([[], 1]);
  disk.isFull = false;
  ledger.audit(3, 'two', 'host');
  expect(events()).toEqual(['one', 'two']);
  expect(inner.timeline('r1')).toMatchObject([{ what: 'noted', detail: { n: 1 } }]);
  expect(inner.openIntents()).toEqual([]);
  expect([inner.openSession('ios')?.id, inner.clockAnchor()?.boot]).toEqual(['s', 'b']);
});

test('they are written without another write, when asked to catch up, and no sooner than the disk takes them', () => {
  const { disk, ledger, catchUp, events } = patientRig();
  disk.isFull = true;
  ledger.audit(1, 'one', 'host');
  catchUp();
  expect(events()).toEqual([]);
  disk.isFull = false;
  catchUp();
  expect(events()).toEqual(['one']);
});

test('a transaction fails as one and keeps nothing', () => {
  const { disk, ledger, catchUp, events } = patientRig();
  disk.isFull = true;
  const unwritable = expect.objectContaining({ code: 'ledger-unwritable' });
  expect(() => ledger.transaction(() => ledger.audit(1, 'one', 'host'))).toThrow(unwritable);
  expect(() => ledger.saveRunner(aRunner())).toThrow(unwritable);
  expect(() => ledger.beginIntent('stop', 'r1', {}, 1)).toThrow(unwritable);
  disk.isFull = false;
  catchUp();
  expect([events(), ledger.runners()]).toEqual([[], []]);
});

test('an error of our own making is neither kept nor hidden', () => {
  const { ledger, catchUp } = patientRig();
  expect(() => ledger.note('r1', 0.5, 'seen')).toThrow('not a whole number');
  catchUp();
  expect(ledger.timeline('r1')).toEqual([]);
});

test('what is kept is bounded: the oldest goes first', () => {
  const { disk, ledger, catchUp, events } = patientRig();
  disk.isFull = true;
  for (let n = 0; n < 10_001; n++) ledger.audit(1, `event-${n}`, 'host');
  disk.isFull = false;
  catchUp();
  expect([events().length, events()[0]]).toEqual([10_000, 'event-1']);
});
