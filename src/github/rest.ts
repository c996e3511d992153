/**
 * GitHub's REST API, by Octokit: a registration token, the list of runner records, and the one request that all else of
 * it goes through. Octokit throttles and retries; here every call gets a deadline and a credential, and its errors
 * become ours.
 */
import { retry } from '@octokit/plugin-retry';
import { throttling } from '@octokit/plugin-throttling';
import { Octokit } from '@octokit/rest';
import * as z from 'zod';
import { MacrunnerError } from '../core/error.ts';
import type { Registration } from '../core/world.ts';
import { type ConfigUrl, prefixOf } from './config-url.ts';
import { createCredential } from './credential.ts';
import { withDeadline } from './deadline.ts';
import { GitHubError, refusalError } from './github-error.ts';
import type { Context, GitHubAuth } from './options.ts';
import { tokenSchema } from './tokens.ts';

interface RestCall {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** With a leading slash, as in `/repos/acme/app/actions/runs`. */
  readonly path: string;
  /** Query, or body of a POST. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

interface RestAnswer {
  readonly data: unknown;
  readonly headers: Readonly<Record<string, unknown>>;
}

export interface Rest {
  /** @throws `github-auth`, `github-forbidden`, `github-not-found`, `github-rate-limited`, `github-unavailable` */
  registrationToken(signal: AbortSignal): Promise<string>;
  /** All runner records of the scope. @throws as above */
  runners(signal: AbortSignal): Promise<readonly Registration[]>;
  /** Any other call. @throws as above, and for every other answer that is not 2xx */
  request(call: RestCall, signal: AbortSignal): Promise<RestAnswer>;
}

export function createRest(context: Context, config: ConfigUrl, auth: GitHubAuth): Rest {
  const octokit = createOctokit(context, config);
  const credentials = createCredential(context, octokit, auth);
  const runners = `${prefixOf(config.scope)}/actions/runners`;

  async function request({ method, path, parameters, headers }: RestCall, signal: AbortSignal) {
    const what = `${method} ${new URL(config.api).host}${path}`;
    const timeoutMs = context.timings.restTimeoutMs;
    return withDeadline({ time: context.time, signal, timeoutMs, what }, async (inner) => {
      for (let isFirst = true; ; isFirst = false) {
        const credential = await credentials.get(inner).catch((error) => {
          throw restError(context, 'signing in to GitHub', error, inner, signInHint(auth));
        });
        try {
          return await octokit.request(`${method} ${path}`, {
            ...parameters,
            headers: { ...headers, authorization: `token ${credential.token}` },
            request: { signal: inner },
          });
        } catch (error) {
          const ours = restError(context, what, error, inner);
          if (ours.status !== 401 || !isFirst) throw ours;
          credentials.invalidate(credential); // A revoked or rotated token: once with a new one.
        }
      }
    });
  }

  return {
    request,
    async registrationToken(signal) {
      const { data } = await request({ method: 'POST', path: `${runners}/registration-token` }, signal);
      return readData(registrationToken, data, 'the registration token').token;
    },
    runners: (signal) =>
      allPages((page) =>
        request({ method: 'GET', path: runners, parameters: { per_page: 100, page } }, signal),
      ),
  };
}

const registrationToken = z.object({ token: tokenSchema });

const runnersPage = z.object({
  total_count: z.number(),
  runners: z.array(z.object({ id: z.number(), name: z.string(), status: z.string(), busy: z.boolean() })),
});

/** Octokit's own paging is not used: it drops the signal, and takes a 409 for an empty page. */
async function allPages(get: (page: number) => Promise<{ data: unknown }>): Promise<readonly Registration[]> {
  const found = new Map<number, Registration>();
  for (let page = 1, seen = 0; ; page += 1) {
    const { total_count, runners } = readData(runnersPage, (await get(page)).data, 'the list of runners');
    for (const { id, name, status, busy } of runners) {
      found.set(id, { id, name, busy, status: status === 'online' ? 'online' : 'offline' });
    }
    seen += runners.length;
    if (runners.length === 0 || seen >= total_count) return [...found.values()];
  }
}

/** @throws `github-unavailable`, without quoting it */
export function readData<T>(schema: z.ZodType<T>, data: unknown, what: string): T {
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues.map((issue) => issue.path.join('.') || 'body').join(', ');
  throw new GitHubError('github-unavailable', `${what} from GitHub cannot be read (${where})`);
}

function createOctokit(context: Context, config: ConfigUrl): Octokit {
  const log = (message: string) => context.log('debug', message);
  // Waiting for a limit is left to the callers, who can be cancelled; the plugin's own wait could not.
  const giveUp = (retryAfter: number) => {
    context.log('warn', 'GitHub limits our rate', { retryAfterSeconds: retryAfter });
    return false;
  };
  return new (Octokit.plugin(throttling, retry))({
    baseUrl: config.api,
    userAgent: `macrunner/${context.version}`,
    request: { fetch: fetchForOctokit },
    log: { debug: () => undefined, info: log, warn: log, error: log },
    throttle: { id: config.api, onRateLimit: giveUp, onSecondaryRateLimit: giveUp },
    retry: {
      retries: 2,
      retryAfterBaseValue: context.timings.restRetryBaseMs,
      doNotRetry: [400, 401, 403, 404, 409, 410, 422, 429, 451],
    },
  });
}

/** Octokit retries what fails, except for an AbortError: name a deadline or an abort so, whatever its reason. */
async function fetchForOctokit(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    if (init.signal?.aborted) throw new DOMException('aborted', 'AbortError');
    throw error;
  }
}

const requestError = z.object({
  status: z.number(),
  message: z.string(),
  response: z.object({ headers: z.record(z.string(), z.coerce.string()) }).optional(),
});

const NOT_FOUND_HINT =
  'check github.url, and that the credential belongs to it and may administer its self-hosted runners';

/** Octokit's errors carry the request and the answer; neither is kept, as both may hold secrets. */
function restError(
  context: Context,
  what: string,
  error: unknown,
  signal: AbortSignal,
  hint?: string,
): GitHubError {
  signal.throwIfAborted();
  if (error instanceof GitHubError) return error;
  const parsed = requestError.safeParse(error);
  if (error instanceof MacrunnerError || !parsed.success) throw error;
  const { status, message, response } = parsed.data;
  if (!response) return new GitHubError('github-unavailable', `${what} failed: ${message.slice(0, 300)}`);
  const header = (name: string) => response.headers[name] ?? null;
  const why = hint ?? (status === 404 ? NOT_FOUND_HINT : undefined);
  return refusalError(what, { status, header, message }, context.time.wallMs(), why);
}

function signInHint(auth: GitHubAuth): string {
  if (auth.kind === 'token') return 'check the configured token';
  return 'check the GitHub App: client id, installation id, private key, and that the installation is not suspended';
}
