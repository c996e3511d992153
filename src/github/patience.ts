/**
 * How long a listening loop waits after an error, since none ends it, and when it is no longer right to only wait: a
 * session that another holds lapses within about a minute if it is our own last life's.
 */
import { GitHubError } from './github-error.ts';
import type { Context } from './options.ts';

/** When sessions are refused for so long, it is more than our own last life that lingers. */
const CONFLICT_TO_ALARM_MS = 300_000;

/** Milliseconds; `failures` counts the errors in a row, this one included. */
export function waitAfter(
  error: unknown,
  failures: number,
  { timings, random }: Pick<Context, 'timings' | 'random'>,
): number {
  const { conflictRetryMs, backoffBaseMs, backoffMaxMs } = timings;
  if (isConflict(error)) return conflictRetryMs;
  const backoffMs = Math.min(backoffMaxMs, backoffBaseMs * 2 ** (failures - 1));
  const spreadMs = backoffMs * (0.75 + random() / 2); // A fleet must not come back in step.
  const askedMs = error instanceof GitHubError ? (error.retryAfterMs ?? 0) : 0;
  return Math.max(spreadMs, askedMs);
}

function isConflict(error: unknown): boolean {
  return error instanceof GitHubError && error.code === 'github-conflict';
}

export class ConflictWatch {
  readonly #context: Context;
  readonly #pool: string;
  /** By both clocks: the one measures, the other is told to people. */
  #since: { readonly steadyMs: number; readonly wallMs: number } | null = null;
  #isAlarmed = false;

  constructor(context: Context, pool: string) {
    this.#context = context;
    this.#pool = pool;
  }

  /** Told of each error; answers, once, what to say when a conflict has lasted too long. */
  refused(error: unknown): string | null {
    if (!isConflict(error)) return null;
    const { log, time } = this.#context;
    this.#since ??= { steadyMs: time.steadyMs(), wallMs: time.wallMs() };
    const lastedMs = time.steadyMs() - this.#since.steadyMs;
    if (this.#isAlarmed || lastedMs < CONFLICT_TO_ALARM_MS) return null;
    this.#isAlarmed = true;
    const hint =
      'look for a second macrunner that runs with the same host id; otherwise the old session lapses by itself';
    log('error', "another listener holds this pool's session", { pool: this.#pool, lastedMs, hint });
    return `another listener has held the session since ${new Date(this.#since.wallMs).toISOString()}; ${hint}`;
  }

  /** The session is ours. */
  over(): void {
    this.#since = null;
    this.#isAlarmed = false;
  }
}
