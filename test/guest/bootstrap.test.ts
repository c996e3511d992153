import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Sandbox } from '../support/guest/sandbox.ts';
import { until } from '../support/until.ts';

const JIT = Buffer.from('{"not":"real"}').toString('base64');

function credential(environment: Record<string, unknown> = {}, jitConfig: unknown = JIT): string {
  return JSON.stringify({ jitConfig, environment });
}

/** A sandbox whose runner job does nothing, so that what bootstrap leaves can be looked at. */
function idleVm(): Sandbox {
  const vm = new Sandbox();
  const program = `#!/bin/bash\nenv >"$HOME/started.part"\nmv "$HOME/started.part" "$HOME/started"\n`;
  writeFileSync(vm.program('bin/run-runner'), program);
  return vm;
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? '';
}

test('a credential is stored for its owner alone and the runner job is started', async () => {
  using vm = idleVm();
  const ran = await vm.run('bin/bootstrap', [], {
    input: credential({ https_proxy: 'http://192.168.64.1:3128' }),
  });
  expect(ran).toMatchObject({ code: 0, stdout: 'macrunner-bootstrap: ok\n' });
  expect(statSync(vm.state('credential.json')).mode & 0o777).toBe(0o600);
  await until(() => existsSync(vm.path('Users/admin/started')));
  // The launchd job has the property list's environment, not that of the exec.
  expect(readFileSync(vm.path('Users/admin/started'), 'utf8')).toContain('LANG=en_US.UTF-8');
});

test('of two credentials that come at once exactly one is taken', async () => {
  using vm = idleVm();
  const inputs = ['YQ==', 'Yg==', 'Yw=='].map((jit) => credential({}, jit));
  const ran = await Promise.all(inputs.map((input) => vm.run('bin/bootstrap', [], { input })));
  const answers = ran.map(({ stdout }) => lastLine(stdout)).sort();
  const refused = 'macrunner-bootstrap: refused a credential was given before';
  expect(answers).toEqual(['macrunner-bootstrap: ok', refused, refused]);
  const winner = ran.findIndex(({ stdout }) => stdout.includes('ok'));
  expect(readFileSync(vm.state('credential.json'), 'utf8')).toBe(inputs[winner]);
});

test('a second credential is refused even when the first is long used up', async () => {
  using vm = idleVm();
  await vm.run('bin/bootstrap', [], { input: credential() });
  rmSync(vm.state('credential.json'));
  const ran = await vm.run('bin/bootstrap', [], { input: credential({}, 'Yg==') });
  expect(lastLine(ran.stdout)).toBe('macrunner-bootstrap: refused a credential was given before');
  expect(existsSync(vm.state('credential.json'))).toBe(false);
});

test.each([
  ['nothing', ''],
  ['no JSON', 'SECRET-TEXT {'],
  ['no object', '["SECRET-TEXT"]'],
  ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
  ['more than 256 KiB', `{"jitConfig":"${'A'.repeat(300_000)}","environment":{}}`],
  ['a credential that is not base64', credential({}, 'SECRET-TEXT; rm -rf /')],
  ['a credential that is no text', credential({}, 7)],
  ['a field more', JSON.stringify({ jitConfig: JIT, environment: {}, extra: 'SECRET-TEXT' })],
  ['no environment', JSON.stringify({ jitConfig: JIT })],
  [
    'an environment of 65 names',
    credential(Object.fromEntries(Array.from({ length: 65 }, (_, at) => [`N${at}`, '']))),
  ],
  ['a value of two lines', credential({ NOTE: 'SECRET-TEXT\nPATH=/tmp' })],
  ['a value with a NUL', credential({ NOTE: 'SECRET-TEXT\0PATH=/tmp' })],
  ['a value that is a number', credential({ NOTE: 1 })],
])('%s is refused, without quoting it, and uses nothing up', async (_, input) => {
  using vm = idleVm();
  const ran = await vm.run('bin/bootstrap', [], { input });
  expect(lastLine(ran.stdout)).toMatch(/^macrunner-bootstrap: refused ./);
  expect(ran.stdout + ran.stderr).not.toContain('SECRET-TEXT');
  expect(existsSync(vm.state('credential.json'))).toBe(false);
  const next = await vm.run('bin/bootstrap', [], { input: credential() });
  expect(lastLine(next.stdout)).toBe('macrunner-bootstrap: ok');
});

test.each(
  `PATH HOME Path USER SHELL TMPDIR IFS ENV BASH_ENV BASH_FUNC_ls SHELLOPTS NODE_OPTIONS DYLD_INSERT_LIBRARIES
   LD_PRELOAD ACTIONS_RUNNER_HOOK_JOB_STARTED ACTIONS_RUNNER_INPUT_JITCONFIG GITHUB_REPOSITORY RUNNER_TEMP
   MACRUNNER_STATE DOTNET_STARTUP_HOOKS`.split(/\s+/),
)('the environment may not set %s', async (name) => {
  using vm = idleVm();
  const ran = await vm.run('bin/bootstrap', [], { input: credential({ [name]: '/tmp/evil' }) });
  expect(lastLine(ran.stdout)).toBe(`macrunner-bootstrap: refused environment may not set ${name}`);
});

test.each(['a b', '', '1A', 'A-B', 'A\nPATH', 'BASH_FUNC_x%%', 'x'.repeat(65)])(
  'the name %j is none',
  async (name) => {
    using vm = idleVm();
    const ran = await vm.run('bin/bootstrap', [], { input: credential({ [name]: 'x' }) });
    expect(lastLine(ran.stdout)).toBe('macrunner-bootstrap: refused environment has a name that is none');
  },
);

test('when launchd does not start the runner the credential is gone and may be given again', async () => {
  using vm = idleVm();
  const plist = vm.path('Library/LaunchAgents/dev.macrunner.runner.plist');
  const text = readFileSync(plist, 'utf8');
  rmSync(plist);
  const ran = await vm.run('bin/bootstrap', [], { input: credential() });
  expect(lastLine(ran.stdout)).toBe(
    'macrunner-bootstrap: refused launchd does not start dev.macrunner.runner',
  );
  expect(existsSync(vm.state('credential.json'))).toBe(false);
  writeFileSync(plist, text);
  expect(lastLine((await vm.run('bin/bootstrap', [], { input: credential() })).stdout)).toBe(
    'macrunner-bootstrap: ok',
  );
});
