/** `macrunner events`: the audit stream, from the agent. */
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { hasCode } from '../../core/error.ts';
import type { EventLine } from '../../daemon/report.ts';
import { clock } from '../age.ts';
import { count, defineCommand, EXIT, flag } from '../command.ts';
import type { Context } from '../context.ts';
import { fields } from '../fields.ts';
import type { Paint } from '../paint.ts';
import { isInterruption } from '../signals.ts';
import { plain } from '../text.ts';

const RETRY_MS = 1_000;

export const events = defineCommand({
  options: [
    ['-f, --follow', 'go on until Ctrl-C, also over restarts of the agent'],
    ['--after <number>', 'only events after this number (the newest 500)'],
    ['--json', 'one JSON object a line, for programs'],
  ],
  examples: [
    ['events -f', 'watch what happens'],
    ['events --after 1200 --json', 'export what is new since event 1200'],
  ],
  input: z.object({ follow: flag, after: count.optional(), json: flag }),
  async run({ follow, after, json }, context) {
    const { out } = context;
    const show = (event: EventLine) => out.print(json ? JSON.stringify(event) : eventText(event, out.paint));
    try {
      await stream(context, { after, follow, show });
    } catch (error) {
      // Following has no other end than being stopped.
      if (!follow || !isInterruption(error, context.signal)) throw error;
    }
    return EXIT.ok;
  },
});

interface Stream {
  readonly after: number | undefined;
  readonly follow: boolean;
  readonly show: (event: EventLine) => void;
}

/** An agent that answered once and went away is waited for: it goes on after the last event that was seen. */
async function stream(context: Context, { after, follow, show }: Stream): Promise<void> {
  const daemon = await context.daemon();
  let last = after;
  let hasAnswered = false;
  for (;;) {
    try {
      await daemon.events({
        after: last,
        follow,
        onEvent: (event) => {
          hasAnswered = true;
          last = event.seq;
          show(event);
        },
      });
      if (!follow) return;
      hasAnswered = true;
      context.err.print('The agent ended the stream; waiting for it to come back.');
    } catch (error) {
      if (!follow || !hasAnswered || !hasCode(error, 'daemon-unreachable')) throw error;
    }
    await sleep(RETRY_MS, undefined, { signal: context.signal });
  }
}

/** `14:03:07  1201 runner-gone mr-… registration=removed` */
export function eventText({ atMs, seq, what, subject, detail }: EventLine, paint: Paint): string {
  const words = [paint.dim(clock(atMs)), String(seq).padStart(5), paint.strong(plain(what)), plain(subject)];
  return [...words, paint.dim(fields(detail))].filter((word) => word !== '').join('  ');
}
