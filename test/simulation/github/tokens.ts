/** Tokens that look like those of the real service to whoever reads when they expire; what they are good for is kept here. */
import type { ScaleSet, State, Token } from './state.ts';

const REGISTRATION_MS = 3_600_000;

export function issueToken(state: State, kind: Token['kind'], scope: string, set: ScaleSet | null): string {
  const { settings, time } = state;
  const n = state.nextId('token');
  const lifeMs = {
    registration: REGISTRATION_MS,
    admin: settings.adminTokenMs,
    queue: settings.queueTokenMs,
  };
  const expiresMs = time.now() + lifeMs[kind];
  const exp = Math.floor(expiresMs / 1_000);
  const claims = Buffer.from(`{"exp":${exp},"n":${n}}`).toString('base64url');
  const value = kind === 'registration' ? `registration-${n}` : `e30.${claims}.${kind}`;
  state.tokens.set(value, { kind, scope, set, expiresMs });
  return value;
}

/** The live token behind an `Authorization` header, or null. */
export function findToken(
  state: State,
  kind: Token['kind'],
  authorization: string | undefined,
): Token | null {
  const value = bareToken(authorization);
  const token = state.tokens.get(value);
  if (!token || token.kind !== kind) return null;
  if (token.expiresMs > state.time.now()) return token;
  state.tokens.delete(value);
  return null;
}

export function bareToken(authorization: string | undefined): string {
  return authorization?.slice(authorization.indexOf(' ') + 1) ?? '';
}
