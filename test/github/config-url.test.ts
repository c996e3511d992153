/** Which addresses are understood, and where they lead. */
import { expect, test } from 'vitest';
import { parseConfigUrl } from '../../src/github/config-url.ts';

const org = { kind: 'organization', org: 'acme' };
const enterprise = { kind: 'enterprise', enterprise: 'acme' };
const repo = { kind: 'repository', owner: 'acme', repo: 'app' };

test.each([
  ['https://github.com/acme', org, 'https://api.github.com'],
  ['https://github.com/acme/', org, 'https://api.github.com'],
  ['https://GitHub.com/acme/app', repo, 'https://api.github.com'],
  ['https://www.github.com/acme', org, 'https://api.github.com'],
  ['https://acme.ghe.com/acme/app', repo, 'https://api.acme.ghe.com'],
  ['https://github.com/enterprises/acme', enterprise, 'https://api.github.com'],
  ['https://acme.ghe.com/acme', org, 'https://api.acme.ghe.com'],
  ['https://git.acme.dev/Enterprises/acme', enterprise, 'https://git.acme.dev/api/v3'],
  ['https://git.acme.dev/acme', org, 'https://git.acme.dev/api/v3'],
  ['https://ghe.com.acme.dev/acme', org, 'https://ghe.com.acme.dev/api/v3'],
  ['http://127.0.0.1:8080/acme/app/', repo, 'http://127.0.0.1:8080/api/v3'],
  ['https://github.com:8443/acme', org, 'https://github.com:8443/api/v3'],
])('%s is understood', (url, scope, api) => {
  expect(parseConfigUrl(url)).toMatchObject({ scope, api });
});

test('the address goes back to GitHub without its trailing slash', () => {
  expect(parseConfigUrl('https://github.com/acme/app//').url).toBe('https://github.com/acme/app');
});

test.each([
  'github.com/acme',
  'ssh://git@github.com/acme',
  'https://github.com',
  'https://github.com/acme/app/actions',
  'https://github.com/acme/app.git',
  'https://github.com/acme?tab=repositories',
  'https://user:secret@github.com/acme',
  'http://github.com/acme',
  'https://github.com/enterprises/acme/app',
])('%s is refused with a hint, and no password in the message', (url) => {
  const parse = () => parseConfigUrl(url);
  expect(parse).toThrow(
    expect.objectContaining({ code: 'config-invalid', hint: expect.stringMatching(/\w/) }),
  );
  expect(parse).not.toThrow(/secret/);
});
