/**
 * The runner double's JIT configuration: base64 of JSON, three files in it, each base64 (actions/runner:
 * src/Runner.Listener/Runner.cs, src/Runner.Common/ConfigurationStore.cs). Like the real runner it writes them into
 * its root, where a job can read them, and removes them after its one job.
 */
import { constants, createPrivateKey, type KeyObject, randomUUID, sign } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FILES = ['.runner', '.credentials', '.credentials_rsaparams'] as const;

export interface Identity {
  readonly agentName: string;
  readonly serverUrl: string;
  readonly clientId: string;
  readonly authorizationUrl: string;
  readonly key: KeyObject;
  /** Then it signs with PSS padding. */
  readonly needsFips: boolean;
}

/** @throws when anything of it cannot be read */
export function readJit(base64: string, root: string): Identity {
  const files: Record<string, string> = JSON.parse(fromBase64(base64));
  for (const name of FILES) writeFileSync(join(root, name), fromBase64(files[name] ?? ''), { mode: 0o600 });
  const part = (name: string) => JSON.parse(fromBase64(files[name] ?? '').replace(/^\uFEFF/, ''));
  const runner: Record<string, unknown> = part('.runner');
  const { Data } = part('.credentials');
  return {
    agentName: String(runner.AgentName),
    serverUrl: String(runner.ServerUrlV2),
    clientId: pick(Data, 'ClientId'),
    authorizationUrl: pick(Data, 'AuthorizationUrl'),
    key: keyOf(part('.credentials_rsaparams')),
    needsFips: pick(Data, 'RequireFipsCryptography').toLowerCase() === 'true',
  };
}

export function forgetJit(root: string): void {
  for (const name of FILES) rmSync(join(root, name), { force: true });
}

/** The JWT that proves who we are to the authorization server; valid for five minutes. */
export function clientAssertion(identity: Identity, nowMs: number): string {
  const now = Math.floor(nowMs / 1000);
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const { clientId, authorizationUrl } = identity;
  const claims = {
    sub: clientId,
    iss: clientId,
    aud: authorizationUrl,
    jti: randomUUID(),
    iat: now,
    nbf: now,
    exp: now + 300,
  };
  const { key, needsFips } = identity;
  const text = `${encode({ alg: needsFips ? 'PS256' : 'RS256', typ: 'JWT' })}.${encode(claims)}`;
  const padding = needsFips ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING;
  const saltLength = constants.RSA_PSS_SALTLEN_DIGEST;
  return `${text}.${sign('sha256', Buffer.from(text), { key, padding, saltLength }).toString('base64url')}`;
}

/** Field names are compared without case, as .NET's reader does. */
function pick(fields: Record<string, unknown>, name: string): string {
  const found = Object.entries(fields).find(([key]) => key.toLowerCase() === name.toLowerCase());
  if (!found) throw new Error(`the credentials have no ${name}`);
  return String(found[1]);
}

function keyOf(rsa: Record<string, string>): KeyObject {
  const url = (name: string) => Buffer.from(rsa[name] ?? '', 'base64').toString('base64url');
  const key = { kty: 'RSA', n: url('modulus'), e: url('exponent'), d: url('d'), p: url('p'), q: url('q') };
  return createPrivateKey({
    key: { ...key, dp: url('dp'), dq: url('dq'), qi: url('inverseQ') },
    format: 'jwk',
  });
}

function fromBase64(text: string): string {
  return Buffer.from(text, 'base64').toString('utf8');
}
