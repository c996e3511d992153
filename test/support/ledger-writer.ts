/** Writes to a ledger as fast as it can until it is killed, saying after each transaction which number it was. */
import { writeSync } from 'node:fs';
import { openLedger } from '../../src/ledger/open.ts';
import { aJob, aMessage } from './ledger-rig.ts';

const { ledger } = await openLedger(process.argv[2] ?? '', { nowMs: () => 1 });
for (let n = 1; ; n++) {
  ledger.transaction(() => {
    ledger.audit(n, 'wrote', 'writer', { n });
    ledger.recordMessage('ios', aMessage({ messageId: n, assigned: [aJob({ id: `job-${n}` })] }), n);
    ledger.note('writer', n, 'wrote', { n });
  });
  writeSync(1, `${n}\n`);
}
