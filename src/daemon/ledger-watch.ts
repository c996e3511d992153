/**
 * Whether the ledger can be written. While it cannot, no VM may start and no step is begun, for its intent could not stand
 * there first; jobs go on, and all is taken up by itself when the disk has room again. Nothing is told of a single write:
 * whoever made it knows what to do.
 */
import { NEVER } from '../core/due.ts';
import { hasCode } from '../core/error.ts';
import { HOST_SUBJECT } from '../core/step.ts';
import { pause } from '../lib/time.ts';
import type { Context } from './context.ts';

/** A disk with hardly any room takes one write and not the next: what failed is not tried again at once. */
const REST_MS = 2_000;
const LOOK_EVERY_MS = 1_000;

export class LedgerWatch {
  #why: string | null = null;
  #sinceMs = 0;
  #untilMs = 0;
  #isTold = false;

  /** Why nothing may be begun, null when it may. */
  get why(): string | null {
    return this.#why;
  }

  /** When it is to be looked at again. */
  get untilMs(): number {
    return this.#why === null ? NEVER : this.#untilMs;
  }

  /** A write failed for this reason. */
  failed(why: string, steadyMs: number): void {
    if (this.#why === null) this.#sinceMs = steadyMs;
    this.#why = why;
    this.#untilMs = steadyMs + REST_MS;
  }

  /** `why`: what the ledger says of itself now. Returns how long the trouble lasted when it is over, and null otherwise. */
  look(why: string | null, steadyMs: number): number | null {
    if (why !== null) this.failed(why, steadyMs);
    if (this.#why === null || steadyMs < this.#untilMs) return null;
    this.#why = null;
    this.#isTold = false;
    return steadyMs - this.#sinceMs;
  }

  /** True once per trouble. */
  mustTell(): boolean {
    const must = this.#why !== null && !this.#isTold;
    if (must) this.#isTold = true;
    return must;
  }
}

type Tools = Pick<Context, 'ledger' | 'desk' | 'nowMs' | 'steadyMs' | 'log'>;

/** To be called in every turn. */
export function watchLedger({ ledger, desk, nowMs, steadyMs, log }: Tools, catchUp: () => void): void {
  const lastedMs = desk.writing.look(ledger.unwritable(), steadyMs());
  if (desk.writing.mustTell())
    log.error({ why: desk.writing.why }, 'the ledger cannot be written: nothing is begun, jobs go on');
  catchUp();
  if (lastedMs === null) return;
  const seconds = Math.round(lastedMs / 1_000);
  ledger.audit(nowMs(), 'ledger-written-again', HOST_SUBJECT, { seconds });
  log.info({ seconds }, 'the ledger can be written again');
}

/** True when that is why it failed: it is remembered, and what was to be done must come again. */
export function isUnwritten(error: unknown, { desk, steadyMs }: Pick<Tools, 'desk' | 'steadyMs'>): boolean {
  if (!hasCode(error, 'ledger-unwritable')) return false;
  desk.writing.failed(error.message, steadyMs());
  return true;
}

/** Resolves when something can be written again, a second from now at the earliest. */
export async function untilWritable(
  { ledger, time }: Pick<Context, 'ledger' | 'time'>,
  signal: AbortSignal,
): Promise<void> {
  do await pause(time, LOOK_EVERY_MS, signal);
  while (!signal.aborted && ledger.unwritable() !== null);
}

/** Does `work`, which writes, now or as soon as it can be done. */
export async function whenWritable(context: Context, work: () => void): Promise<void> {
  const { signal } = context;
  while (!signal.aborted) {
    try {
      work();
      return;
    } catch (error) {
      if (!isUnwritten(error, context)) throw error;
    }
    await untilWritable(context, signal);
  }
}
