/**
 * What the last starts said about the host as a whole: a locked keychain, a tart that cannot serve. No VM starts while it
 * lasts, or each pool would try at its own pace and fail for the same reason. It is over when a start succeeds; after five
 * minutes one start may try.
 */
import { NEVER } from '../core/due.ts';
import { hasCode, type MacrunnerError } from '../core/error.ts';

const REST_MS = 5 * 60_000;
/** macOS gives an accident of one VM the same code as a locked keychain: one failure is no proof of it. */
const KEYCHAIN_PROOF = 2;

export class Ailment {
  /** Failures of one kind in a row. */
  #failures = 0;
  #what: { readonly code: string; readonly text: string; readonly untilMs: number } | null = null;

  /** Returns true when the host falls ill of this now. A failure that says nothing about the host changes nothing. */
  failed(error: unknown, steadyMs: number): boolean {
    if (!hasCode(error, 'keychain-locked', 'host-unfit')) return false;
    const { code } = error;
    this.#failures = this.#what?.code === code ? this.#failures + 1 : 1;
    this.#what = { code, text: textOf(error), untilMs: steadyMs + REST_MS };
    return this.#failures === proofOf(code);
  }

  /** A start went well. Returns true when the host was ill until now. */
  started(): boolean {
    const wasIll = this.#isProven();
    this.#what = null;
    this.#failures = 0;
    return wasIll;
  }

  /** Why no VM may start now, null when one may. */
  unfit(steadyMs: number): string | null {
    return this.#what !== null && this.#isProven() && steadyMs < this.#what.untilMs ? this.#what.text : null;
  }

  /** When one start may try again. */
  get untilMs(): number {
    return this.#what?.untilMs ?? NEVER;
  }

  #isProven(): boolean {
    return this.#what !== null && this.#failures >= proofOf(this.#what.code);
  }
}

function proofOf(code: string): number {
  return code === 'keychain-locked' ? KEYCHAIN_PROOF : 1;
}

function textOf({ code, message, hint, cause }: MacrunnerError): string {
  const what = code === 'keychain-locked' ? `macOS does not let it (${message})` : message;
  const why = code === 'host-unfit' && cause instanceof Error ? `: ${cause.message}` : '';
  return `${what}${why}${hint === undefined ? '' : `; ${hint}`}`;
}
