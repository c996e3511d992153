/**
 * RSA keys for JIT configurations, one made ahead of need: making one takes tenths of a second, and a minted
 * credential must not wait for it any longer than GitHub's would.
 */
import { createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';

type RsaParameters = Readonly<
  Record<'d' | 'dp' | 'dq' | 'exponent' | 'inverseQ' | 'modulus' | 'p' | 'q', string>
>;

export interface RunnerKey {
  readonly publicKeyPem: string;
  /** As `.credentials_rsaparams` holds it: standard base64. */
  readonly parameters: RsaParameters;
}

export interface KeyStock {
  /** Begins making a key, once. */
  warm(): void;
  take(): Promise<RunnerKey>;
}

const generate = promisify(generateKeyPair);

export function createKeyStock(): KeyStock {
  let ahead: Promise<RunnerKey> | undefined;
  return {
    warm() {
      ahead ??= makeKey();
    },
    async take() {
      const taken = ahead ?? makeKey();
      ahead = undefined;
      const key = await taken;
      ahead ??= makeKey();
      return key;
    },
  };
}

async function makeKey(): Promise<RunnerKey> {
  const { privateKey } = await generate('rsa', { modulusLength: 2048 });
  return describeKey(privateKey);
}

function describeKey(privateKey: KeyObject): RunnerKey {
  const jwk = privateKey.export({ format: 'jwk' });
  return {
    publicKeyPem: createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString(),
    parameters: {
      d: base64(jwk.d),
      dp: base64(jwk.dp),
      dq: base64(jwk.dq),
      exponent: base64(jwk.e),
      inverseQ: base64(jwk.qi),
      modulus: base64(jwk.n),
      p: base64(jwk.p),
      q: base64(jwk.q),
    },
  };
}

function base64(value: string | undefined): string {
  return Buffer.from(value ?? '', 'base64url').toString('base64');
}
