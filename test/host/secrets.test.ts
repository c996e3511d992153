import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readSecret } from '../../src/host/secrets.ts';

const PEM = '-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----';

/** A secrets directory and a `security` that answers as the body of `script` says, and notes its arguments. */
function rig(script = 'exit 44') {
  const dir = mkdtempSync(join(tmpdir(), 'mr-secrets-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const security = join(dir, 'security');
  writeFileSync(security, `#!/bin/sh\necho "$*" > '${dir}/args'\n${script}\n`);
  chmodSync(security, 0o755);
  const put = (content: string, mode = 0o600) => {
    writeFileSync(join(dir, 'key'), content);
    chmodSync(join(dir, 'key'), mode);
  };
  const options = { secretsDir: dir, security, signal: new AbortController().signal };
  return { dir, put, options, read: (reference: string) => readSecret(reference, options) };
}

test('a private file is read, relative to the directory or by its whole path, without the last newline', async () => {
  const { put, read, dir } = rig();
  put(`${PEM}\n`);
  expect([await read('file:key'), await read(`file:${dir}/key`)]).toEqual([PEM, PEM]);
});

test.each([0o640, 0o604, 0o620, 0o601])(
  'a file of mode %o is refused with the command that closes it',
  async (mode) => {
    const { put, read, dir } = rig();
    put('secret-content', mode);
    const refusal = { code: 'secret-unreadable', hint: `Close it: chmod 600 '${dir}/key'` };
    await expect(read('file:key')).rejects.toMatchObject(refusal);
    await expect(read('file:key')).rejects.not.toThrow('secret-content');
  },
);

test.runIf(process.getuid?.() === 0)('a file of another user is refused', async () => {
  const { put, read, dir } = rig();
  put('secret-content');
  chownSync(join(dir, 'key'), 12_345, 0);
  await expect(read('file:key')).rejects.toThrow(/belongs to another user/);
});

test('a file that is missing, empty or a directory is refused', async () => {
  const { put, read } = rig();
  await expect(read('file:key')).rejects.toThrow(/does not exist/);
  put('\n');
  await expect(read('file:key')).rejects.toThrow(/is empty/);
  await expect(read('file:.')).rejects.toThrow(/is not a file/);
});

test('what is no reference is refused and not quoted: it may be the secret itself', async () => {
  const { read } = rig();
  for (const text of ['ghp_hunter2', 'https://x', 'file:', 'keychain:'])
    await expect(read(text)).rejects.toThrow(/^a secret is not given as a reference$/);
});

test('a keychain item is asked for by name in the System keychain', async () => {
  const { read, dir } = rig("echo 'the secret'");
  expect(await read('keychain:github-token')).toBe('the secret');
  expect(readFileSync(join(dir, 'args'), 'utf8')).toBe(
    'find-generic-password -s dev.macrunner -a github-token -w /Library/Keychains/System.keychain\n',
  );
});

test.each(['hex', 'base64'] as const)('a key of several lines may come as %s', async (encoding) => {
  const { read } = rig(`echo ${Buffer.from(`${PEM}\n`).toString(encoding)}`);
  expect(await read('keychain:key')).toBe(PEM);
});

test('a secret that is hex itself stays as it is', async () => {
  const { read } = rig('echo 0123456789abcdef');
  expect(await read('keychain:key')).toBe('0123456789abcdef');
});

test.each([
  ['exit 44', /there is no keychain item "key"/, /file:NAME.*account key/],
  ['exit 36', /locked/, /sudo/],
  ['exit 51', /locked/, /sudo/],
  ['exit 50', /no System keychain/, /file:/],
  ['echo secret-content; echo secret-content >&2; exit 1', /cannot be read/, /file:/],
])('after "%s" it says what to do', async (script, message, hint) => {
  const { read } = rig(script);
  await expect(read('keychain:key')).rejects.toMatchObject({
    code: 'secret-unreadable',
    message: expect.stringMatching(message),
    hint: expect.stringMatching(hint),
  });
  // What the program said could be the secret.
  await expect(read('keychain:key')).rejects.not.toHaveProperty('cause');
});

test('a keychain that hangs is given up, a missing program is no keychain, an abort is no failure', async () => {
  const { options } = rig('exec sleep 60');
  const read = (changes: object) => readSecret('keychain:key', { ...options, ...changes });
  await expect(read({ timeoutMs: 100 })).rejects.toMatchObject({ code: 'secret-unreadable' });
  await expect(read({ security: '/nonexistent' })).rejects.toMatchObject({ code: 'secret-unreadable' });
  await expect(read({ signal: AbortSignal.abort(new Error('stopped')) })).rejects.toThrow('stopped');
});
