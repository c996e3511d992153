/**
 * What the last start said about the host as a whole: a locked keychain, a tart that cannot serve. No VM starts while it
 * lasts, or each pool would try at its own pace and fail for the same reason. It is over when a start succeeds; after five
 * minutes one start may try.
 */
import { hasCode, type MacrunnerError } from '../core/error.ts';

const REST_MS = 5 * 60_000;

export class Ailment {
  #what: { readonly code: string; readonly text: string; readonly untilMs: number } | null = null;

  /** Returns true when the host falls ill of this now. Failures that say nothing about the host change nothing. */
  failed(error: unknown, steadyMs: number): boolean {
    if (!hasCode(error, 'keychain-locked', 'host-unfit', 'command-missing')) return false;
    const isNew = this.#what?.code !== error.code;
    this.#what = { code: error.code, text: textOf(error), untilMs: steadyMs + REST_MS };
    return isNew;
  }

  /** A start went well. Returns true when the host was ill until now. */
  started(): boolean {
    const wasIll = this.#what !== null;
    this.#what = null;
    return wasIll;
  }

  /** Why no VM may start now, null when one may. */
  unfit(steadyMs: number): string | null {
    return this.#what !== null && steadyMs < this.#what.untilMs ? this.#what.text : null;
  }
}

function textOf({ code, message, hint, cause }: MacrunnerError): string {
  const what = code === 'keychain-locked' ? `macOS does not let it (${message})` : message;
  const why = code === 'host-unfit' && cause instanceof Error ? `: ${cause.message}` : '';
  return `${what}${why}${hint === undefined ? '' : `; ${hint}`}`;
}
