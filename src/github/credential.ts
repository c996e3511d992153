/**
 * The credential of REST calls: an App's installation token, or a token as configured. Octokit's own authentication
 * hook is not used, because its request for the installation token takes neither a signal nor a deadline, and because
 * it waits for a refused token with timers that cannot be cancelled.
 */
import { createAppAuth } from '@octokit/auth-app';
import type { Octokit } from '@octokit/rest';
import { orAbort } from './deadline.ts';
import { createFresh, type Fresh } from './fresh.ts';
import { GitHubError } from './github-error.ts';
import type { Context, GitHubAuth } from './options.ts';
import { signAppToken, tokenSchema } from './tokens.ts';

export interface Credential {
  readonly token: string;
  readonly expiresMs: number;
}

export function createCredential(context: Context, octokit: Octokit, auth: GitHubAuth): Fresh<Credential> {
  const { time, timings } = context;
  return createFresh({
    obtain: (signal) =>
      auth.kind === 'token' ? configured(auth, signal) : installation(context, octokit, auth, signal),
    isFresh: ({ expiresMs }) => time.wallMs() < expiresMs - timings.refreshMarginMs,
  });
}

/** Never fresh: a token that was rotated in the secret store is used at once. */
async function configured(
  auth: Extract<GitHubAuth, { kind: 'token' }>,
  signal: AbortSignal,
): Promise<Credential> {
  const token = (await orAbort(auth.token(), signal)).trim();
  return { token: sendable(token, 'the configured GitHub token'), expiresMs: 0 };
}

function sendable(token: string, what: string): string {
  const parsed = tokenSchema.safeParse(token);
  if (parsed.success) return parsed.data;
  throw new GitHubError('github-auth', `${what} is empty or holds a blank or a line break`);
}

async function installation(
  context: Context,
  octokit: Octokit,
  app: Extract<GitHubAuth, { kind: 'app' }>,
  signal: AbortSignal,
): Promise<Credential> {
  const privateKey = await orAbort(app.privateKey(), signal);
  const authenticate = createAppAuth({
    appId: app.clientId,
    installationId: app.installationId,
    createJwt: async (id, skewSeconds = 0) =>
      signAppToken(String(id), privateKey, context.time.wallMs() + skewSeconds * 1_000),
    request: octokit.request.defaults({ request: { signal } }),
    log: { warn: (message: string) => context.log('warn', message) },
  });
  const { token, expiresAt } = await authenticate({ type: 'installation' });
  return { token: sendable(token, "the App's installation token"), expiresMs: Date.parse(expiresAt) };
}
