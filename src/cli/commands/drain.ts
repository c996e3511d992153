/** `macrunner drain`: finish running jobs and take no more; with `--wait`, until the host is empty or a deadline has passed. */
import * as z from 'zod';
import { MacrunnerError } from '../../core/error.ts';
import { age } from '../age.ts';
import { defineCommand, duration, EXIT, flag, JSON_OPTION } from '../command.ts';
import { type Context, printJson } from '../context.ts';
import type { Daemon } from '../daemon.ts';
import { type Emptying, waitUntilEmpty } from '../emptying.ts';
import { isInterruption } from '../signals.ts';

export const drain = defineCommand({
  options: [
    ['-w, --wait', 'until no VM of ours is left'],
    ['-t, --timeout <time>', 'wait no longer than 90s, 30m, 2h …, then exit with 1; the host keeps draining'],
    JSON_OPTION,
  ],
  examples: [
    ['drain', 'before maintenance: take no more jobs'],
    ['drain --wait --timeout 2h && sudo shutdown -r now', 'reboot once the host is empty, or not at all'],
    ['resume', 'take jobs again'],
  ],
  input: z.object({ wait: flag, timeout: duration.optional(), json: flag }),
  async run({ wait, timeout, json }, context) {
    if (timeout !== undefined && !wait) {
      throw new MacrunnerError('usage', '--timeout says how long --wait waits', { hint: 'add --wait' });
    }
    const daemon = await context.daemon();
    const { isDraining, busy } = await daemon.drain();
    if (wait) return empty(daemon, context, timeout ?? null, json);
    if (json) printJson(context, { isDraining, busy });
    else context.out.print(sentence(busy));
    return EXIT.ok;
  },
});

function sentence(busy: number): string {
  if (busy === 0) return 'Draining: no job runs.';
  return `Draining: ${busy} job${busy === 1 ? '' : 's'} still running; --wait waits for the end.`;
}

/** Programs are told what is left also when the deadline has passed. */
async function empty(
  daemon: Daemon,
  context: Context,
  timeoutMs: number | null,
  json: boolean,
): Promise<number> {
  const emptying = await waited(daemon, context, timeoutMs);
  const { left, busy, waitedMs } = emptying;
  if (json) printJson(context, { isDraining: true, busy, left, seconds: Math.floor(waitedMs / 1_000) });
  if (left > 0) throw late(emptying);
  if (!json) context.out.print('Drained: no runner is left.');
  return EXIT.ok;
}

async function waited(daemon: Daemon, context: Context, timeoutMs: number | null): Promise<Emptying> {
  try {
    return await waitUntilEmpty(daemon, context, timeoutMs);
  } catch (error) {
    if (isInterruption(error, context.signal))
      context.err.print('\nThe host keeps draining; `macrunner resume` ends it.');
    throw error;
  }
}

function late({ left, busy, waitedMs }: Emptying): MacrunnerError {
  const runners = left === 1 ? '1 runner is' : `${left} runners are`;
  return new MacrunnerError('command-timed-out', `${runners} still there after ${age(waitedMs)}`, {
    hint: 'the host keeps draining: wait again, or `macrunner resume`',
    cause: new Error(busy === 0 ? 'none has a job; they are being ended' : `${busy} still run a job`),
  });
}
