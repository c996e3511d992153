/** Where the steady clock stands, for the next life of the daemon. */
import { describe, expect, test } from 'vitest';
import { LEDGERS } from '../support/ledger-rig.ts';

describe.each(LEDGERS)('a ledger %s', (_, rigOf) => {
  test('the anchor of the clock is what was set last', async () => {
    using rig = await rigOf();
    expect(rig.ledger.clockAnchor()).toBeNull();
    rig.ledger.setClockAnchor({ boot: 'a', offsetMs: 0.25 });
    rig.ledger.setClockAnchor({ boot: null, offsetMs: -7.5 });
    expect((await rig.again()).clockAnchor()).toEqual({ boot: null, offsetMs: -7.5 });
  });
});
