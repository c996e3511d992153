/** The property list that people read and launchd loads: what must be in it, and what must not. */
import { readFileSync } from 'node:fs';
import { parse } from 'plist';
import { expect, test } from 'vitest';

const LABEL = 'dev.macrunner.agent';
const text = readFileSync(new URL(`../../launchd/${LABEL}.plist`, import.meta.url), 'utf8');
const job = parse(text);

test('the file is named after its label, as launchd demands', () => {
  expect(job).toMatchObject({ Label: LABEL });
});

test('VMs outlive the agent, and launchd waits longer for its end than the agent needs', () => {
  expect(job).toMatchObject({ AbandonProcessGroup: true, ExitTimeOut: 20, KeepAlive: true, RunAtLoad: true });
});

test('the program is absolute, and no argument carries more than the verb', () => {
  expect(job).toMatchObject({
    ProgramArguments: [
      '/usr/local/macrunner/current/node',
      '/usr/local/macrunner/current/macrunner.mjs',
      'serve',
      'agent',
    ],
  });
});

test('the environment, which anyone can read, holds a home and a path only', () => {
  expect(job).toMatchObject({ EnvironmentVariables: { HOME: '/var/root', PATH: expect.any(String) } });
  expect(text.match(/<key>/g)).toHaveLength(14);
});
