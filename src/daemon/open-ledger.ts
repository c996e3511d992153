/** Opens the ledger at the start, or waits: without it nothing can be taken up, and jobs that run need no agent for a while. */
import type { Logger } from 'pino';
import { hasCode } from '../core/error.ts';
import type { OpenedLedger } from '../ledger/open.ts';
import { pause, type Time } from '../lib/time.ts';

const AGAIN_MS = 5_000;

/**
 * While the disk takes nothing it is tried again every few seconds, and told each time.
 * @throws what `open` throws; `ledger-unwritable` only when the signal aborts meanwhile
 */
export async function openPatiently(
  open: () => Promise<OpenedLedger>,
  { time, log, signal }: { readonly time: Time; readonly log: Logger; readonly signal: AbortSignal },
): Promise<OpenedLedger> {
  for (;;) {
    try {
      return await open();
    } catch (error) {
      if (!hasCode(error, 'ledger-unwritable')) throw error;
      log.error({ err: error }, 'the agent cannot begin while its ledger cannot be written; jobs go on');
      await pause(time, AGAIN_MS, signal);
      if (signal.aborted) throw error;
    }
  }
}
