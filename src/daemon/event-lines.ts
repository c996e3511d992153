/** The audit stream as NDJSON: what was, and, when followed, what comes. */
import { Readable } from 'node:stream';
import { pause } from '../lib/time.ts';
import type { Context } from './context.ts';
import type { EventLine } from './report.ts';

const AT_ONCE = 500;
const LOOK_EVERY_MS = 250;

/** Lines with a number above `after`; with `follow` the stream ends only with its reader or the daemon. */
export function linesAfter(context: Context, after: number, follow: boolean): Readable {
  return Readable.from(lines(context, after, follow), { objectMode: false });
}

async function* lines(
  { ledger, time, signal }: Context,
  after: number,
  follow: boolean,
): AsyncGenerator<string> {
  let seq = Math.max(0, after);
  for (;;) {
    const records = ledger.auditAfter(seq, AT_ONCE);
    for (const { seq: number, atMs, what, subject, detail } of records) {
      seq = number;
      yield `${JSON.stringify({ v: 1, seq, atMs, what, subject, detail } satisfies EventLine)}\n`;
    }
    if (records.length === AT_ONCE) continue;
    if (!follow || signal.aborted) return;
    await pause(time, LOOK_EVERY_MS, signal);
  }
}
