/** The session that a life of the daemon leaves open, for the next one to close. */
import { describe, expect, test } from 'vitest';
import { LEDGERS } from '../support/ledger-rig.ts';

describe.each(LEDGERS)('a ledger %s', (_, rigOf) => {
  test('the open session of a pool is remembered until it is closed', async () => {
    using rig = await rigOf();
    expect(rig.ledger.openSession('ios')).toBeNull();
    rig.ledger.setOpenSession('ios', { setId: 7, id: 'first' });
    rig.ledger.setOpenSession('ios', { setId: 8, id: 'second' });
    rig.ledger.setOpenSession('mac', { setId: 9, id: 'third' });
    const ledger = await rig.again();
    expect(ledger.openSession('ios')).toEqual({ setId: 8, id: 'second' });
    ledger.setOpenSession('ios', null);
    expect([ledger.openSession('ios'), ledger.openSession('mac')?.id]).toEqual([null, 'third']);
  });
});
