/** `macrunner drain`: finish running jobs and take no more; with `--wait`, until the host is empty. */
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { MacrunnerError } from '../../core/error.ts';
import type { StatusReport } from '../../daemon/report.ts';
import { age } from '../age.ts';
import { count, defineCommand, EXIT, flag, JSON_OPTION } from '../command.ts';
import { type Context, printJson } from '../context.ts';
import type { Daemon } from '../daemon.ts';
import { isInterruption } from '../signals.ts';

const PERIOD_MS = 1_000;

export const drain = defineCommand({
  options: [
    ['-w, --wait', 'until no VM of ours is left'],
    ['-t, --timeout <seconds>', 'give up waiting after so long; the host keeps draining'],
    JSON_OPTION,
  ],
  examples: [
    ['drain', 'before maintenance: take no more jobs'],
    ['drain --wait --timeout 3600 && sudo softwareupdate -i -a', 'go on once the host is empty'],
    ['resume', 'take jobs again'],
  ],
  input: z.object({ wait: flag, timeout: count.optional(), json: flag }),
  async run({ wait, timeout, json }, context) {
    if (timeout !== undefined && !wait) {
      throw new MacrunnerError('usage', '--timeout says how long --wait waits', { hint: 'add --wait' });
    }
    const daemon = await context.daemon();
    const { isDraining, busy } = await daemon.drain();
    if (wait) await waitUntilEmpty(daemon, context, timeout === undefined ? null : timeout * 1_000);
    if (json) printJson(context, { isDraining, busy: wait ? 0 : busy });
    else context.out.print(wait ? 'Drained: no runner is left.' : sentence(busy));
    return EXIT.ok;
  },
});

function sentence(busy: number): string {
  if (busy === 0) return 'Draining: no job runs.';
  return `Draining: ${busy} job${busy === 1 ? '' : 's'} still running; --wait waits for the end.`;
}

async function waitUntilEmpty(daemon: Daemon, context: Context, timeoutMs: number | null): Promise<void> {
  const startMs = performance.now();
  const show = createProgress(context);
  try {
    for (;;) {
      const report = await daemon.status();
      const left = report.runners.filter(({ phase }) => phase !== 'gone');
      if (!report.host.isDraining)
        throw new MacrunnerError('command-failed', 'the drain was lifted by someone else');
      if (left.length === 0) return;
      show.update(progressOf(report, performance.now() - startMs));
      if (timeoutMs !== null && performance.now() - startMs >= timeoutMs) throw late(left.length, timeoutMs);
      await sleep(PERIOD_MS, undefined, { signal: context.signal });
    }
  } catch (error) {
    if (isInterruption(error, context.signal))
      context.err.print('\nThe host keeps draining; `macrunner resume` ends it.');
    throw error;
  } finally {
    show.end();
  }
}

function late(left: number, timeoutMs: number): MacrunnerError {
  return new MacrunnerError('command-timed-out', `${left} still there after ${age(timeoutMs)}`, {
    hint: 'the host keeps draining: wait again, or `macrunner resume`',
    cause: new Error('their jobs have not ended'),
  });
}

function progressOf(
  { runners }: StatusReport,
  waitedMs: number,
): { readonly what: string; readonly since: string } {
  const alive = runners.filter(({ phase }) => phase !== 'gone');
  const busy = alive.filter(({ phase }) => phase === 'busy').length;
  return { what: `Draining: ${alive.length} left, ${busy} with a job`, since: age(waitedMs) };
}

/** One line that is written over on a terminal; elsewhere a line for each change. */
function createProgress({ err }: Context) {
  let last = '';
  return {
    update({ what, since }: { readonly what: string; readonly since: string }): void {
      if (err.isTerminal) err.write(`\r${what} (${since})\u001B[K`);
      else if (what !== last) err.print(what);
      last = what;
    },
    end(): void {
      if (err.isTerminal && last !== '') err.write('\r\u001B[K');
    },
  };
}
