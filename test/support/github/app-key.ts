/** A GitHub App's key pair, and assertions signed with it. */
import { generateKeyPairSync } from 'node:crypto';
import { importPKCS8, type JWTPayload, SignJWT } from 'jose';

export interface AppKey {
  readonly publicKeyPem: string;
  readonly privateKeyPem: string;
}

export function createAppKey(): AppKey {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return { publicKeyPem: publicKey, privateKeyPem: privateKey };
}

/** An App's assertion with exactly these claims. */
export async function signAssertion(key: AppKey, claims: JWTPayload): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'RS256' })
    .sign(await importPKCS8(key.privateKeyPem, 'RS256'));
}
