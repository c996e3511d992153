/** The session that a life of the daemon leaves open, for the next one to close. */
import { expect, test } from 'vitest';
import { ledgerRig } from '../support/ledger-rig.ts';

test('the open session of a pool is remembered until it is closed', async () => {
  using rig = await ledgerRig();
  expect(rig.ledger.openSession('ios')).toBeNull();
  rig.ledger.setOpenSession('ios', { setId: 7, id: 'first' });
  rig.ledger.setOpenSession('ios', { setId: 8, id: 'second' });
  rig.ledger.setOpenSession('mac', { setId: 9, id: 'third' });
  rig.ledger.close();
  const { ledger } = await rig.open();
  expect(ledger.openSession('ios')).toEqual({ setId: 8, id: 'second' });
  ledger.setOpenSession('ios', null);
  expect([ledger.openSession('ios'), ledger.openSession('mac')?.id]).toEqual([null, 'third']);
  ledger.close();
});
