/** A runner's record is removed where it is, or not at all: the same id means another runner elsewhere. */
import { expect, test } from 'vitest';
import { claim } from '../../src/daemon/claim.ts';
import { orderStop } from '../../src/daemon/order-stop.ts';
import { addressesInUse, noteAddress } from '../../src/daemon/registered-at.ts';
import { removeRegistration } from '../../src/daemon/stop.ts';
import { daemonRig } from '../support/daemon-rig.ts';
import { aRunner } from '../support/ledger-rig.ts';

const ACME = 'https://github.com/acme';
const { name } = aRunner();

async function registered(url: string | null, change: Parameters<typeof aRunner>[0] = {}) {
  const rig = await daemonRig();
  rig.ledger.saveRunner(aRunner({ phase: 'idle', registrationId: 7, ...change }));
  if (url !== null) noteAddress(rig.context, name, url);
  return rig;
}

test('where a runner registers is noted before it has a credential', async () => {
  using rig = await daemonRig();
  rig.ledger.saveRunner(aRunner({ phase: 'warm' }));
  expect(addressesInUse(rig.context)).toEqual([]);
  rig.script.mint = () => Promise.reject(new Error('lost'));
  await claim(rig.context, { do: 'claim', runner: name, pool: 'ios' });
  expect(addressesInUse(rig.context)).toEqual([ACME]);
});

test.each([
  ['its own pool', ACME, {}],
  ['another pool there, when its own is no more', ACME, { pool: 'gone' }],
  ['its own pool, when nothing was noted', null, {}],
])('its record is removed through %s', async (_, url, change) => {
  using rig = await registered(url, change);
  expect(await removeRegistration(rig.context, name)).toBe('removed');
  expect(rig.asked).toContain('remove 7');
});

test('I4: at an address where no pool registers any more nothing is removed, and no other address is asked', async () => {
  using rig = await registered('https://github.com/globex');
  expect(await removeRegistration(rig.context, name)).toBe('unreachable');
  await expect(orderStop(rig.context, name, false)).rejects.toMatchObject({ code: 'github-conflict' });
  expect(rig.asked.filter((what) => what.startsWith('remove'))).toEqual([]);
  await orderStop(rig.context, name, true);
  expect(rig.ledger.runner(name)).toMatchObject({ phase: 'stopping', why: 'operator' });
});
