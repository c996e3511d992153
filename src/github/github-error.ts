/**
 * What went wrong at GitHub, for people and for the code of this room. Tells rate limits from missing permissions by
 * headers, and the Actions service's errors apart by their type names (actions/scaleset: errors.go). Messages name
 * the method and the path only: queries and headers may hold secrets.
 */
import * as z from 'zod';
import { type ErrorCode, MacrunnerError } from '../core/error.ts';

interface Details {
  readonly status?: number;
  readonly typeName?: string;
  readonly retryAfterMs?: number | null;
  readonly timedOut?: boolean;
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/** A MacrunnerError that remembers what the room decides by; outside it is a MacrunnerError like any other. */
export class GitHubError extends MacrunnerError {
  /** HTTP status, 0 when there was no answer. */
  readonly status: number;
  /** Assembly-qualified type name of the Actions service, or empty. */
  readonly typeName: string;
  /** How long GitHub asked us to wait, null when it did not. */
  readonly retryAfterMs: number | null;
  readonly timedOut: boolean;

  constructor(code: ErrorCode, message: string, details: Details = {}) {
    const { hint = HINTS[code], cause } = details;
    super(code, message, {
      ...(hint === undefined ? {} : { hint }),
      ...(cause === undefined ? {} : { cause }),
    });
    this.status = details.status ?? 0;
    this.typeName = details.typeName ?? '';
    this.retryAfterMs = details.retryAfterMs ?? null;
    this.timedOut = details.timedOut ?? false;
  }
}

/** An answer that was not what we asked for. */
export interface Refusal {
  readonly status: number;
  readonly header: (name: string) => string | null;
  /** What the body said, if anything. */
  readonly message: string;
  readonly typeName?: string;
}

/** `what` names the call, as in "POST /orgs/acme/…". */
export function refusalError(what: string, refusal: Refusal, nowMs: number, hint?: string): GitHubError {
  const waitMs = limitWaitMs(refusal, nowMs);
  const code = codeOf(refusal, waitMs);
  const id = refusal.header('x-github-request-id') ?? refusal.header('activityid');
  const said = refusal.message.replace(/\s+/g, ' ').trim().slice(0, 300) || 'no explanation';
  const text = `${what} was answered ${refusal.status}: ${said}${id ? ` (request ${id.slice(0, 80)})` : ''}`;
  const details = { status: refusal.status, typeName: refusal.typeName ?? '', retryAfterMs: waitMs };
  return new GitHubError(
    code,
    text,
    code === 'github-rate-limited' || !hint ? details : { ...details, hint },
  );
}

const body = z.object({ typeName: z.string().nullish(), message: z.string().nullish() });

/** The Actions service's error body, JSON or plain text. */
export function readErrorBody(text: string): { readonly message: string; readonly typeName: string } {
  const parsed = body.safeParse(jsonOrNull(text));
  if (!parsed.success) return { message: text, typeName: '' };
  return { message: parsed.data.message ?? '', typeName: parsed.data.typeName ?? '' };
}

/** Parses JSON, a leading byte order mark tolerated; null when it is none. The parser's own error would quote it. */
export function jsonOrNull(text: string): unknown {
  // The answers to most calls are empty: the parser's error, made only to be dropped, would be the dearest part of them.
  if (text === '') return null;
  try {
    return JSON.parse(withoutMark(text));
  } catch {
    return null;
  }
}

/** Without a byte order mark. */
export function withoutMark(text: string): string {
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}

/** `Retry-After` in milliseconds: seconds or an HTTP date. */
export function retryAfterMs(header: string | null, nowMs: number): number | null {
  if (header === null) return null;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1_000);
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs);
}

/** Milliseconds to wait when this is a rate limit, null when it is none. A plain permission 403 has no such headers. */
function limitWaitMs({ status, header, message }: Refusal, nowMs: number): number | null {
  if (status !== 403 && status !== 429 && status !== 503) return null;
  const asked = retryAfterMs(header('retry-after'), nowMs);
  if (asked !== null || status === 503) return asked;
  if (header('x-ratelimit-remaining') === '0') {
    return Math.max(0, Number(header('x-ratelimit-reset') ?? 0) * 1_000 - nowMs) + 1_000;
  }
  return status === 429 || /secondary rate limit/i.test(message) ? 60_000 : null;
}

/** By substring, as the names come with their assembly. */
const CODE_OF_TYPE: Readonly<Record<string, ErrorCode>> = {
  AgentExistsException: 'github-conflict',
  RunnerScaleSetSessionConflictException: 'github-conflict',
  JobStillRunningException: 'github-conflict',
  AgentNotFoundException: 'github-not-found',
  RunnerScaleSetNotFoundException: 'github-not-found',
  RunnerScaleSetSessionExpiredException: 'github-not-found',
  InvalidTokenException: 'github-auth',
};

const CODE_OF_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: 'github-auth',
  403: 'github-forbidden',
  404: 'github-not-found',
  409: 'github-conflict',
  429: 'github-rate-limited',
};

function codeOf({ status, typeName = '' }: Refusal, limitMs: number | null): ErrorCode {
  const byType = Object.entries(CODE_OF_TYPE).find(([name]) => typeName.includes(name));
  if (byType) return byType[1];
  if (status >= 500) return 'github-unavailable';
  if (limitMs !== null) return 'github-rate-limited';
  return CODE_OF_STATUS[status] ?? 'github-refused';
}

const HINTS: Partial<Record<ErrorCode, string>> = {
  'github-auth': 'check that the GitHub credential in the configuration is valid and not expired or revoked',
  'github-forbidden':
    'the credential lacks a permission: "Self-hosted runners: write" for an organisation, "Administration: write" for a repository',
  'github-rate-limited': 'nothing to do: macrunner tries again when GitHub allows it',
  'github-unavailable':
    'see https://www.githubstatus.com and check that this host reaches GitHub on port 443',
};
