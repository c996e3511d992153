import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Sandbox } from '../support/guest/sandbox.ts';
import { until } from '../support/until.ts';

const JIT = 'c2VjcmV0LWppdA==';

/** A credential lies ready, and `listener` stands in for GitHub's. */
function vmWith(listener: string, environment: Record<string, string> = {}): Sandbox {
  const vm = new Sandbox();
  writeFileSync(vm.path('Users/admin/actions-runner/bin/Runner.Listener'), `#!/bin/bash\n${listener}\n`);
  writeFileSync(vm.state('credential.json'), JSON.stringify({ jitConfig: JIT, environment }));
  return vm;
}

function childrenOf(pid = 0): readonly string[] {
  return execFileSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' })
    .trim()
    .split('\n');
}

const LISTENS = 'echo "2026-11-01 10:00:00Z: Listening for Jobs"';

test('it takes the credential off the disk, reports online, and ends with the runner’s exit code', async () => {
  using vm = vmWith(`test -e "$HOME/.macrunner/credential.json" && exit 99\n${LISTENS}\nexit 7`);
  expect((await vm.run('bin/run-runner')).code).toBe(0);
  expect(vm.events()).toMatchObject([
    { type: 'hello' },
    { type: 'credential-taken' },
    { type: 'online' },
    { type: 'exited', code: 7 },
  ]);
  expect(existsSync(vm.state('credential.json'))).toBe(false);
});

test('the runner gets the credential and the given environment, our hooks and its own PATH', async () => {
  using vm = vmWith('env -0 >"$HOME/env"; printf "%s\\n" "$0" "$@" "$PWD" "$(umask)" >"$HOME/how"', {
    https_proxy: 'http://192.168.64.1:3128',
    NOTE: `it's "quoted" $(touch pwned) \`id\``,
  });
  writeFileSync(vm.path('Users/admin/actions-runner/.path'), '/opt/homebrew/bin:/usr/bin:/bin\n');
  await vm.run('bin/run-runner');
  const pairs = readFileSync(vm.path('Users/admin/env'), 'utf8').split('\0').filter(Boolean);
  const env = Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );
  expect(env).toMatchObject({
    ACTIONS_RUNNER_INPUT_JITCONFIG: JIT,
    ACTIONS_RUNNER_RETURN_VERSION_DEPRECATED_EXIT_CODE: '1',
    ACTIONS_RUNNER_HOOK_JOB_STARTED: vm.program('hooks/job-started.sh'),
    ACTIONS_RUNNER_HOOK_JOB_COMPLETED: vm.program('hooks/job-completed.sh'),
    https_proxy: 'http://192.168.64.1:3128',
    NOTE: `it's "quoted" $(touch pwned) \`id\``,
    PATH: '/opt/homebrew/bin:/usr/bin:/bin',
  });
  const root = vm.path('Users/admin/actions-runner');
  expect(readFileSync(vm.path('Users/admin/how'), 'utf8')).toBe(
    `${root}/bin/Runner.Listener\nrun\n${root}\n0022\n`,
  );
  expect(existsSync(vm.path('Users/admin/actions-runner/pwned'))).toBe(false);
});

test.each([
  ['PATH', '/tmp/evil'],
  ['ACTIONS_RUNNER_HOOK_JOB_STARTED', '/tmp/evil'],
  ['DYLD_INSERT_LIBRARIES', '/tmp/evil.dylib'],
])('a credential file that sets %s, however it came there, starts nothing', async (name, value) => {
  using vm = vmWith(': >"$HOME/started"', { [name]: value });
  await vm.run('bin/run-runner');
  expect(existsSync(vm.path('Users/admin/started'))).toBe(false);
  expect(vm.events().at(-1)).toMatchObject({ type: 'exited', code: 78 });
  expect(existsSync(vm.state('credential.json'))).toBe(false);
});

test('without a credential nothing starts', async () => {
  using vm = vmWith(': >"$HOME/started"');
  await vm.run('bin/run-runner');
  expect((await vm.run('bin/run-runner')).code).toBe(0);
  expect(vm.events().at(-1)).toMatchObject({ type: 'exited', code: 78 });
});

test('a runner that never listens is never online', async () => {
  using vm = vmWith('echo "Failed to create session."; exit 1');
  await vm.run('bin/run-runner');
  expect(vm.types()).toEqual(['hello', 'credential-taken', 'exited']);
  expect(vm.events().at(-1)).toMatchObject({ code: 1 });
});

test('a runner that is missing is an exit like any other', async () => {
  using vm = vmWith('');
  writeFileSync(vm.path('Users/admin/actions-runner/bin/Runner.Listener'), 'not a program');
  await vm.run('/bin/rm', ['-f', vm.path('Users/admin/actions-runner/bin/Runner.Listener')]);
  await vm.run('bin/run-runner');
  expect(vm.events().at(-1)).toMatchObject({ type: 'exited', code: 127 });
});

test('without the runner’s directory the credential is gone all the same, and the exit is reported', async () => {
  using vm = vmWith('');
  renameSync(vm.path('Users/admin/actions-runner'), vm.path('Users/admin/elsewhere'));
  mkdirSync(vm.program('libexec'));
  symlinkSync(process.execPath, vm.program('libexec/macrunner-js'));
  expect((await vm.run('bin/run-runner')).code).toBe(78);
  expect(vm.events().at(-1)).toMatchObject({ type: 'exited', code: 78 });
  expect(existsSync(vm.state('credential.json'))).toBe(false);
});

test('when launchd stops it the runner is asked to end, and its own exit code is reported', async () => {
  using vm = vmWith(`trap 'exit 5' INT\n${LISTENS}\nwhile :; do sleep 0.05; done`);
  const runner = vm.start('bin/run-runner');
  await until(() => vm.types().includes('online'));
  // Only the listener is left under it: it has nothing more to do but wait.
  await until(() => childrenOf(runner.child.pid).length === 1);
  runner.child.kill('SIGTERM');
  expect(await runner.ended).toBe(0);
  expect(vm.events().at(-1)).toMatchObject({ type: 'exited', code: 5 });
});

test('the job’s processes can be interrupted: INT is not ignored in them', async () => {
  using vm = vmWith('bash -c \'kill -INT $$; echo survived >"$HOME/deaf"\'');
  await vm.run('bin/run-runner');
  expect(existsSync(vm.path('Users/admin/deaf'))).toBe(false);
});

test('what the runner leaves running does not hold its exit back', async () => {
  using vm = vmWith(`${LISTENS}\nsleep 600 &\nexit 0`);
  expect((await vm.run('bin/run-runner')).code).toBe(0);
  expect(vm.events().at(-1)).toMatchObject({ type: 'exited', code: 0 });
});
