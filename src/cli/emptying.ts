/**
 * Waits until a draining host is empty, and says how it goes: which runners are left, how many of them work, since when.
 * What to do when it takes too long is the caller's affair.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { hasCode, MacrunnerError } from '../core/error.ts';
import type { StatusReport } from '../daemon/report.ts';
import { age } from './age.ts';
import type { Context } from './context.ts';
import type { Daemon } from './daemon.ts';

export interface Emptying {
  /** Runners that are not gone, and those of them with a job. Both 0: the host is empty. */
  readonly left: number;
  readonly busy: number;
  readonly waitedMs: number;
}

const PERIOD_MS = 1_000;
/** Without a terminal a line that did not change is said again after so long. */
const SAY_AGAIN_MS = 60_000;
/** An agent that is being upgraded, or restarted by launchd, is away for a moment. */
const ABSENCE_MS = 60_000;

/**
 * Resolves when nothing is left or when `timeoutMs` (null: never) have passed.
 * @throws `command-failed` when somebody lifts the drain, `daemon-unreachable` when the agent stays away for a minute
 */
export async function waitUntilEmpty(
  daemon: Pick<Daemon, 'status'>,
  context: Context,
  timeoutMs: number | null,
): Promise<Emptying> {
  const startMs = performance.now();
  const progress = createProgress(context, timeoutMs);
  const look = lookAt(daemon);
  let last = { left: 0, busy: 0 };
  try {
    for (;;) {
      const report = await look();
      if (report && !report.host.isDraining)
        throw new MacrunnerError('command-failed', 'the drain was lifted by someone else');
      if (report) last = countLeft(report);
      const emptying = { ...last, waitedMs: performance.now() - startMs };
      if (report && emptying.left === 0) return emptying;
      progress.show(report ? emptying : null, emptying.waitedMs);
      if (timeoutMs !== null && emptying.waitedMs >= timeoutMs) return emptying;
      await sleep(PERIOD_MS, undefined, { signal: context.signal });
    }
  } finally {
    progress.end();
  }
}

/** The agent's report, or null while it may be away. An agent that never answered is not waited for. */
function lookAt(daemon: Pick<Daemon, 'status'>): () => Promise<StatusReport | null> {
  let lastMs: number | null = null;
  return async () => {
    try {
      const report = await daemon.status();
      lastMs = performance.now();
      return report;
    } catch (error) {
      if (!hasCode(error, 'daemon-unreachable') || lastMs === null) throw error;
      if (performance.now() - lastMs > ABSENCE_MS) throw error;
      return null;
    }
  };
}

function countLeft({ runners }: StatusReport): Pick<Emptying, 'left' | 'busy'> {
  const alive = runners.filter(({ phase }) => phase !== 'gone');
  return { left: alive.length, busy: alive.filter(({ phase }) => phase === 'busy').length };
}

/** One line that is written over on a terminal; elsewhere a line for each change, and one a minute. */
function createProgress({ err }: Context, timeoutMs: number | null) {
  let last = '';
  let saidMs = Number.NEGATIVE_INFINITY;
  return {
    show(emptying: Emptying | null, waitedMs: number): void {
      const what = emptying
        ? `Draining: ${emptying.left} left, ${emptying.busy} with a job`
        : 'Draining: the agent does not answer just now';
      const since = `${age(waitedMs)}${timeoutMs === null ? '' : ` of ${age(timeoutMs)}`}`;
      if (err.isTerminal) err.write(`\r${what} (${since})\u001B[K`);
      else if (what !== last || waitedMs - saidMs >= SAY_AGAIN_MS) err.print(`${what} (${since})`);
      else return;
      last = what;
      saidMs = waitedMs;
    },
    end(): void {
      if (err.isTerminal && last !== '') err.write('\r\u001B[K');
    },
  };
}
