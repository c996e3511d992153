/** Item 1, with TLS: served to those who trust the certificate, refused by all others. */
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { PAT } from './raw-client.ts';
import { simulate } from './simulate.ts';
import { CERTIFICATE_FILE } from './tls.ts';

/** The body of a POST; `ca` is what the client trusts beside its own list. */
async function post(url: string, ca?: Buffer): Promise<Record<string, unknown>> {
  const options = { method: 'POST', headers: { authorization: PAT }, agent: false, timeout: 10_000 };
  const sent = request(url, { ...options, ...(ca ? { ca } : {}) }).end();
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    sent.once('response', resolve).once('error', reject);
  });
  return z.record(z.string(), z.unknown()).parse(JSON.parse(await text(answer)));
}

test('item 1: with TLS, it is served by address and by name', async () => {
  const github = await simulate({ tls: true });
  expect(github.url).toBe(`https://127.0.0.1:${github.port}/acme`);
  const ca = readFileSync(CERTIFICATE_FILE);
  const path = '/api/v3/orgs/acme/actions/runners/registration-token';
  for (const host of ['127.0.0.1', 'localhost']) {
    const answer = await post(`https://${host}:${github.port}${path}`, ca);
    expect(answer).toMatchObject({ token: expect.any(String) });
  }
});

test('item 1: with TLS, a client that was not told to trust the certificate gets nothing', async () => {
  const github = await simulate({ tls: true });
  const url = `${github.origin}/api/v3/orgs/acme/actions/runners/registration-token`;
  await expect(post(url)).rejects.toThrow('self-signed certificate');
  expect(github.requests()).toEqual([]);
});
