import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isSecretField, REDACTED, Redactor } from '../../src/lib/redact.ts';

const PEM = `-----BEGIN RSA PRIVATE KEY-----\n${'MIIEowIBAAKCAQEA'.repeat(4)}\n-----END RSA PRIVATE KEY-----`;
const JWT = `eyJ${'hbGciOiJSUzI1NiJ9'}.eyJpc3MiOiIxIn0.${'c2lnbmF0dXJl'.repeat(3)}`;

test.each([
  ['an installation token', `ghs_${'a1B2'.repeat(9)}`],
  ['a personal token', `ghp_${'a1B2'.repeat(9)}`],
  ['a fine-grained token', `github_pat_${'a1B2_'.repeat(9)}`],
  ['a JWT', JWT],
  ['a private key', PEM],
  ['a private key in JSON', JSON.stringify({ text: PEM }).slice(9, -2)],
  ['a private key without an end', PEM.slice(0, 60)],
  ['a JIT configuration', Buffer.from('{"runner":"x"}'.repeat(40)).toString('base64')],
])('%s is found by its form', (_, secret) => {
  const clean = new Redactor().text(`before ${secret} after`);
  expect(clean).toContain(`before ${REDACTED}`);
  expect(clean).not.toContain(secret.slice(-12));
});

test('what only looks a little like a secret stays', () => {
  const text = `mr-abc123-ios-00000001 ${'0a'.repeat(32)} 6f1c9a52-0000-4000-8000-000000000001 /Users/ci/.tart/vms`;
  expect(new Redactor().text(text)).toBe(text);
});

test('a header with a credential is found', () => {
  expect(new Redactor().text('Authorization: Bearer abcdef123456')).toBe(`Authorization: ${REDACTED}`);
});

test('a known secret is scrubbed wherever it stands, in JSON and Base64 too, until it is forgotten', () => {
  const redactor = new Redactor();
  const secret = 'pass "word"\nsecond line';
  const forget = redactor.add(secret);
  const text = [
    secret,
    JSON.stringify(secret),
    Buffer.from(secret).toString('base64'),
    'x second line x',
  ].join('|');
  expect(redactor.text(text)).not.toMatch(/pass|second|cGFz/);
  forget();
  expect(redactor.text(text)).toBe(text);
});

test('a known secret is in no part of any object', () => {
  const secret = 'hunter2hunter2';
  const redactor = new Redactor();
  redactor.add(secret);
  fc.assert(
    fc.property(fc.anything({ values: [fc.constant(`a${secret}b`), fc.integer()], maxDepth: 4 }), (value) => {
      expect(JSON.stringify(redactor.value(value)) ?? '').not.toContain(secret);
    }),
  );
});

test('a text in a field with a telling name is hidden, a number is not', () => {
  const value = { token: 'abc', jitConfig: 'x', nested: [{ privateKey: 'x', tokens: 3 }], name: 'shown' };
  expect(new Redactor().value(value)).toEqual({
    token: REDACTED,
    jitConfig: REDACTED,
    nested: [{ privateKey: REDACTED, tokens: 3 }],
    name: 'shown',
  });
  expect(['credential', 'adminPassword'].map(isSecretField)).toEqual([true, true]);
  expect(['credentialTaken', 'pool'].map(isSecretField)).toEqual([false, false]);
});

test('errors are shown with code and cause, and objects that hold themselves are cut', () => {
  const round: Record<string, unknown> = {};
  round.self = round;
  const error = Object.assign(new Error('outer', { cause: new Error(`ghs_${'a'.repeat(30)}`) }), {
    code: 'x',
    round,
  });
  const shown = new Redactor().value(error);
  expect(shown).toMatchObject({ name: 'Error', message: 'outer', code: 'x', cause: { message: REDACTED } });
  expect(JSON.stringify(shown).length).toBeLessThan(10_000);
});
