/** What the GitHub room is given from outside, and how long it waits for what. */
import type { Time } from '../lib/time.ts';

export type Log = (
  level: 'debug' | 'info' | 'warn' | 'error',
  message: string,
  fields?: Readonly<Record<string, unknown>>,
) => void;

export type GitHubAuth =
  /** `privateKey` resolves to a PEM (PKCS#1 or PKCS#8); it is asked for anew with each token and never kept. */
  | {
      readonly kind: 'app';
      readonly clientId: string;
      readonly installationId: number;
      readonly privateKey: () => Promise<string>;
    }
  | { readonly kind: 'token'; readonly token: () => Promise<string> };

export interface Timings {
  /** A poll is held about 50 s by GitHub; after this long without an answer it counts as "nothing new". */
  readonly pollTimeoutMs: number;
  /** A held poll is cut to announce another capacity at most this often. */
  readonly cutEveryMs: number;
  /** Where jobs are looked for by REST: how often. */
  readonly sweepEveryMs: number;
  /** Wait after GitHub said that another session is open; an abandoned one lapses after about 50 s. */
  readonly conflictRetryMs: number;
  /** Total for one call to the Actions service, retries included. */
  readonly callTimeoutMs: number;
  /** One attempt of such a call. */
  readonly attemptTimeoutMs: number;
  /** First wait between attempts; it doubles up to `retryMaxMs`. */
  readonly retryBaseMs: number;
  readonly retryMaxMs: number;
  /** Total for one REST call, retries included. */
  readonly restTimeoutMs: number;
  /** Octokit's retry plugin waits this long, then four times as long. Its timers cannot be cancelled: keep it short. */
  readonly restRetryBaseMs: number;
  /** First wait of the listening loop after an error; it doubles up to `backoffMaxMs`. */
  readonly backoffBaseMs: number;
  readonly backoffMaxMs: number;
  /** Tokens are renewed this long before they expire. */
  readonly refreshMarginMs: number;
  /** Closing a session, which happens after we were told to stop. */
  readonly closeTimeoutMs: number;
}

export const DEFAULT_TIMINGS: Timings = {
  pollTimeoutMs: 75_000,
  cutEveryMs: 5_000,
  sweepEveryMs: 15_000,
  conflictRetryMs: 60_000,
  callTimeoutMs: 60_000,
  attemptTimeoutMs: 30_000,
  retryBaseMs: 1_000,
  retryMaxMs: 30_000,
  restTimeoutMs: 30_000,
  restRetryBaseMs: 250,
  backoffBaseMs: 1_000,
  backoffMaxMs: 60_000,
  refreshMarginMs: 120_000,
  closeTimeoutMs: 5_000,
};

/** One request to the Actions service, as `fetch` would make it; REST goes by Octokit. */
export type Http = (url: URL, request: HttpRequest) => Promise<HttpAnswer>;

interface HttpRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Pick<Headers, 'get'>;
  text(): Promise<string>;
}

/** What every part of the room shares. */
export interface Context {
  readonly timings: Timings;
  readonly log: Log;
  readonly time: Time;
  readonly http: Http;
  /** From 0 to below 1, for pauses that must not fall in step. */
  readonly random: () => number;
  /** macrunner's own version, told to GitHub with each request. */
  readonly version: string;
}
