/** Reads when a token expires, and signs the App's own. Signatures of tokens given to us are not ours to check. */
import { randomUUID, sign } from 'node:crypto';
import * as z from 'zod';
import { GitHubError, jsonOrNull } from './github-error.ts';

/** Printable ASCII only: an HTTP client would quote a token with a line break in its error message. */
export const tokenSchema = z.string().regex(/^[\x21-\x7e]+$/);

const claims = z.object({ exp: z.number() });

/** When a JWT expires, in milliseconds; null when the token is no JWT or names no time. */
export function expiryMs(token: string): number | null {
  const payload = token.split('.')[1];
  if (!payload) return null;
  const parsed = claims.safeParse(jsonOrNull(Buffer.from(payload, 'base64url').toString('utf8')));
  return parsed.success ? parsed.data.exp * 1_000 : null;
}

/**
 * The App's own token. `iat` lies a minute back for clocks that are not in step; the unique `jti` is there because two
 * identical tokens, signed within one second, were refused (terraform-aws-github-runner: lambdas/…/github/auth.ts).
 *
 * @throws `github-auth` when the key cannot sign
 */
export function signAppToken(
  issuer: string,
  privateKey: string,
  nowMs: number,
): { jwt: string; expiresAt: string } {
  const iat = Math.floor(nowMs / 1_000) - 60;
  const exp = iat + 9 * 60;
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const signed = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode({ iss: issuer, iat, exp, jti: randomUUID() })}`;
  try {
    const signature = sign('RSA-SHA256', Buffer.from(signed), privateKey).toString('base64url');
    return { jwt: `${signed}.${signature}`, expiresAt: new Date(exp * 1_000).toISOString() };
  } catch {
    // Without the cause: what OpenSSL says about a key is of no use, and the key is near.
    const hint = 'store the .pem file that GitHub gave you for the App, unchanged';
    throw new GitHubError('github-auth', "the GitHub App's private key cannot sign", { hint });
  }
}
