/** What is left of VMs on the disk: removed and told, and no reason to stop when it cannot be. */
import { expect, test } from 'vitest';
import { sweep } from '../../src/daemon/debris.ts';
import { daemonRig } from '../support/daemon-rig.ts';

test('each directory that was removed is told in the audit stream', async () => {
  using rig = await daemonRig();
  rig.script.sweep = async () => ({ answer: ['mr-abc123-ios-half0001'] });
  await sweep(rig.context);
  expect(rig.ledger.auditAfter(0, 10)).toMatchObject([
    { what: 'debris-removed', subject: 'mr-abc123-ios-half0001' },
  ]);
});

test('a sweep that fails is told and left for the next one', async () => {
  using rig = await daemonRig();
  rig.script.sweep = async () => {
    throw new Error('no such luck');
  };
  await sweep(rig.context);
  expect(rig.lines.join('')).toContain('no such luck');
});

test('a ledger that cannot be read keeps the sweep from anything, and is told', async () => {
  using rig = await daemonRig();
  rig.ledger.close();
  await sweep(rig.context);
  expect(rig.asked).toEqual([]);
  expect(rig.lines.join('')).toContain('could not be removed');
});
