/**
 * Every token ever issued, what it is good for, and when it stops. Also the list of secrets that a leak hunt looks for.
 * Admin, queue and job tokens are JWTs with `exp`, as clients decode them; validity is decided here, not by the signature.
 */
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import type { Clock } from './clock.ts';

type TokenKind = 'installation' | 'registration' | 'remove' | 'admin' | 'queue' | 'runner' | 'job';

interface Token {
  readonly value: string;
  readonly kind: TokenKind;
  /** The scope, and for a queue, runner or job token the id of its scale set, runner or job. */
  readonly scope: string;
  readonly owner: number | string | null;
  readonly expiresMs: number;
  revoked: boolean;
}

export interface Tokens {
  issue(kind: TokenKind, scope: string, lifetimeMs: number, owner?: number | string): Token;
  /** The live token of that kind, or null. */
  find(kind: TokenKind, value: string): Token | null;
  revoke(value: string): void;
  /** Ends all live tokens of a kind, before their time. Returns how many. */
  revokeAll(kind: TokenKind): number;
  /** Notes something secret that is not a token, for the leak hunt. */
  addSecret(value: string): void;
  secrets(): string[];
}

const PREFIX: Record<TokenKind, string> = {
  installation: 'ghs_',
  registration: 'ARG',
  remove: 'ARM',
  admin: '',
  queue: '',
  runner: 'rnr_',
  job: '',
};

export function createTokens(clock: Clock): Tokens {
  const tokens = new Map<string, Token>();
  const secrets = new Set<string>();
  const signingKey = randomBytes(32);

  return {
    issue(kind, scope, lifetimeMs, owner) {
      const expiresMs = clock.now() + lifetimeMs;
      const isJwt = kind === 'admin' || kind === 'queue' || kind === 'job';
      const value = isJwt ? jwt(signingKey, kind, expiresMs) : PREFIX[kind] + randomBytes(24).toString('hex');
      const token = { value, kind, scope, owner: owner ?? null, expiresMs, revoked: false };
      tokens.set(value, token);
      secrets.add(value);
      return token;
    },
    find(kind, value) {
      const token = tokens.get(value);
      return token && token.kind === kind && !token.revoked && token.expiresMs > clock.now() ? token : null;
    },
    revoke(value) {
      const token = tokens.get(value);
      if (token) token.revoked = true;
    },
    revokeAll(kind) {
      const live = [...tokens.values()].filter((token) => token.kind === kind && !token.revoked);
      for (const token of live) token.revoked = true;
      return live.length;
    },
    addSecret(value) {
      secrets.add(value);
    },
    secrets: () => [...secrets],
  };
}

function jwt(key: Buffer, kind: TokenKind, expiresMs: number): string {
  const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const claims = { aud: `simulated-${kind}`, exp: Math.floor(expiresMs / 1000), jti: randomUUID() };
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
}
