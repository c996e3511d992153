/** Intent before effect, and its outcome after, whatever the disk takes. */
import { expect, test } from 'vitest';
import { withIntent } from '../../src/daemon/intent.ts';
import { daemonRig } from '../support/daemon-rig.ts';
import { aFullDisk } from '../support/full-disk.ts';

test('what cannot be intended is not done, and its subject is free for the next try', async () => {
  using rig = await daemonRig();
  const { disk, ledger } = aFullDisk();
  const context = { ...rig.context, ledger };
  const done: string[] = [];
  const effect = async () => void done.push('it');
  disk.isFull = true;
  await expect(withIntent(context, 'stop', 'r1', effect)).rejects.toMatchObject({
    code: 'ledger-unwritable',
  });
  expect([done, context.desk.inFlight.size]).toEqual([[], 0]);
  disk.isFull = false;
  await withIntent(context, 'stop', 'r1', effect);
  expect([done, ledger.openIntents()]).toEqual([['it'], []]);
});

test('an effect whose outcome cannot be written has succeeded all the same', async () => {
  using rig = await daemonRig();
  const { disk, ledger, catchUp } = aFullDisk();
  const context = { ...rig.context, ledger };
  await withIntent(context, 'stop', 'r1', async () => {
    disk.isFull = true;
  });
  expect(context.desk.inFlight.size).toBe(0);
  disk.isFull = false;
  catchUp();
  expect(ledger.openIntents()).toEqual([]);
});
