/** The start on a full disk: it is told, and tried again until it goes. */
import { expect, test } from 'vitest';
import { MacrunnerError } from '../../src/core/error.ts';
import { openPatiently } from '../../src/daemon/open-ledger.ts';
import { systemTime } from '../../src/lib/time.ts';
import { createMemoryLedger } from '../simulation/ledger/memory-ledger.ts';
import { daemonRig } from '../support/daemon-rig.ts';

const FULL = new MacrunnerError(
  'ledger-unwritable',
  'the ledger cannot be written: database or disk is full',
);
const opened = { ledger: createMemoryLedger(), recovered: null };

/** Time whose waits are over at once; `waits` are their lengths. */
function hurried(onWait: () => void = () => undefined) {
  const waits: number[] = [];
  const after = (ms: number, work: () => void) => {
    waits.push(ms);
    onWait();
    return systemTime.after(0, work);
  };
  return { waits, time: { ...systemTime, after } };
}

test('a ledger that cannot be written is tried again every five seconds until it can, and told each time', async () => {
  using rig = await daemonRig();
  const { waits, time } = hurried();
  let tries = 0;
  const open = async () => {
    if (++tries < 3) throw FULL;
    return opened;
  };
  expect(await openPatiently(open, { time, log: rig.context.log, signal: rig.stopped.signal })).toBe(opened);
  expect(waits).toEqual([5_000, 5_000]);
  expect(rig.lines.filter((line) => line.includes('cannot begin'))).toHaveLength(2);
});

test('a stop meanwhile ends it, and another failure is not waited for', async () => {
  using rig = await daemonRig();
  const { waits, time } = hurried(() => rig.stopped.abort());
  const tools = { time, log: rig.context.log, signal: rig.stopped.signal };
  await expect(openPatiently(() => Promise.reject(FULL), tools)).rejects.toBe(FULL);
  const newer = new MacrunnerError('ledger-unreadable', 'of a newer macrunner');
  await expect(openPatiently(() => Promise.reject(newer), tools)).rejects.toBe(newer);
  expect(waits).toHaveLength(1);
});
