/** Where the steady clock stands, for the next life of the daemon. */
import { describe, expect, test } from 'vitest';
import { aJob, aMessage, aRunner, LEDGERS } from '../support/ledger-rig.ts';

describe.each(LEDGERS)('a ledger %s', (_, rigOf) => {
  test('the anchor of the clock is what was set last', async () => {
    using rig = await rigOf();
    expect(rig.ledger.clockAnchor()).toBeNull();
    rig.ledger.setClockAnchor({ boot: 'a', offsetMs: 0.25 });
    rig.ledger.setClockAnchor({ boot: null, offsetMs: -7.5 });
    expect((await rig.again()).clockAnchor()).toEqual({ boot: null, offsetMs: -7.5 });
  });

  test('the latest time of the clock is that of a runner or of a message, whichever is later', async () => {
    using rig = await rigOf();
    const { ledger } = rig;
    const latest = () => ledger.latestMs();
    expect(latest()).toBe(0);
    ledger.saveRunner(aRunner({ createdMs: 1, sinceMs: 5 }));
    expect(latest()).toBe(5);
    ledger.saveRunner(aRunner({ createdMs: 1, sinceMs: 5, jobEndedMs: 6, toldDoneMs: 7 }));
    expect(latest()).toBe(7);
    ledger.markGone(aRunner().name, 8);
    expect(latest()).toBe(8);
    ledger.recordMessage('ios', aMessage({ assigned: [aJob()] }), 9);
    expect(latest()).toBe(9);
  });
});
