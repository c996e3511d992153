/** The runner double against the simulated GitHub: what the real runner does, as far as the sources say. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ServedRunner } from '../support/guest/served-runner.ts';
import { until } from '../support/until.ts';

const STAMP = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ: /;

test('it serves one job, says so as the real one does, and ends with 0', async () => {
  await using runner = await ServedRunner.create();
  const { code, job, lines } = await runner.serve([{ run: 'echo hello; pwd' }]);
  expect(code).toBe(0);
  expect(job).toMatchObject({ conclusion: 'success', runnerName: 'mr-abc123-ios-00000001' });
  expect(job.log).toContain('hello');
  expect(job.log.join('\n')).toContain('/actions-runner/_work/app/app');
  expect(lines.filter((line) => STAMP.test(line)).map((line) => line.replace(STAMP, ''))).toEqual([
    'Listening for Jobs',
    'Running job: build',
    'Job build completed with result: Succeeded',
  ]);
  expect(runner.github.runners()).toEqual([]);
});

test('a failing step fails the job; conditions decide what still runs', async () => {
  await using runner = await ServedRunner.create();
  const { job } = await runner.serve([
    { run: 'echo one; exit 3; echo never' },
    { run: 'echo two' },
    { run: 'echo three', if: 'always()' },
    { run: 'echo four', if: 'failure()' },
    { run: 'echo five', if: `\${{ !cancelled() }}` },
    { run: 'echo six', if: 'cancelled()' },
    { run: 'echo seven', if: 'true' },
    { run: 'echo eight', if: 'success() || (failure() && !cancelled())' },
    { run: 'echo nine', if: 'github.ref == 1 && always()' },
  ]);
  expect(job.conclusion).toBe('failure');
  const words = 'one two three four five six seven eight nine'.split(' ');
  expect(words.filter((word) => job.log.includes(word))).toEqual(['one', 'three', 'four', 'five', 'eight']);
  expect(job.log).toContain('##[error]Process completed with exit code 3.');
});

test('a failing started hook does not stop always() and failure() steps', async () => {
  await using runner = await ServedRunner.create();
  const steps = [
    { run: 'echo plain' },
    { run: 'echo always', if: 'always()' },
    { run: 'echo failed', if: 'failure()' },
  ];
  const { job } = await runner.serve(steps, { started: 'echo hook; exit 1', completed: 'echo completed' });
  expect(job.conclusion).toBe('failure');
  expect(job.log.filter((line) => ['hook', 'plain', 'always', 'failed', 'completed'].includes(line))).toEqual(
    ['hook', 'always', 'failed', 'completed'],
  );
});

test('a started hook that kills the worker stops everything, and the listener fails the job', async () => {
  await using runner = await ServedRunner.create();
  const go = runner.vm.path('Users/admin/go');
  const started = `echo hook; while [ ! -e '${go}' ]; do sleep 0.05; done; kill -KILL $PPID; exit 1`;
  const served = runner.serve([{ run: 'echo always', if: 'always()' }], { started });
  await until(() => runner.job().log.includes('hook'));
  writeFileSync(go, '');
  const { code, job, lines } = await served;
  expect(job.conclusion).toBe('failure');
  expect(job.log).toContain('hook');
  expect(job.log).not.toContain('always');
  expect(lines.at(-1)).toMatch(/: Job build completed with result: Failed$/);
  expect(code).toBe(0);
});

test('steps see GitHub’s variables and what earlier steps left, but never the credential', async () => {
  await using runner = await ServedRunner.create();
  const { job } = await runner.serve([
    { run: 'echo "COLOUR=blue" >>"$GITHUB_ENV"; printf "LONG<<END\\na\\nb\\nEND\\n" >>"$GITHUB_ENV"' },
    {
      run: 'mkdir -p "$RUNNER_TEMP/tools"; echo "echo tool" >"$RUNNER_TEMP/tools/tool"; chmod +x "$RUNNER_TEMP/tools/tool"; echo "$RUNNER_TEMP/tools" >>"$GITHUB_PATH"',
    },
    {
      run: 'echo "$COLOUR/$LONG"; tool; echo "$GITHUB_REPOSITORY $GITHUB_REF $GITHUB_EVENT_NAME"; echo "in $PWD at $GITHUB_WORKSPACE"; env | grep JITCONFIG || echo clean',
    },
  ]);
  expect(job.conclusion).toBe('success');
  for (const line of ['blue/a', 'b', 'tool', 'acme/app refs/heads/main push', 'clean'])
    expect(job.log).toContain(line);
  const workspace = runner.vm.path('Users/admin/actions-runner/_work/app/app');
  expect(job.log).toContain(`in ${workspace} at ${workspace}`);
});

test('NODE_OPTIONS cannot be set for later steps', async () => {
  await using runner = await ServedRunner.create();
  const { job } = await runner.serve([{ run: 'echo NODE_OPTIONS=--inspect >>"$GITHUB_ENV"' }]);
  expect(job.conclusion).toBe('failure');
  expect(job.log.join()).toContain("Can't store NODE_OPTIONS");
});

test.each([
  [
    'is interrupted',
    'trap "echo interrupted; exit 1" INT',
    ['running', 'interrupted', 'always', 'cancelled'],
  ],
  ['that hears nothing of it is killed', 'trap "" INT TERM', ['running', 'always', 'cancelled']],
])('a cancelled job’s step %s; always() steps still run', async (_, trap, said) => {
  // Only the one that is killed must wait for it.
  await using runner = await ServedRunner.create({}, { haste: said.includes('interrupted') ? 1 : 20 });
  const { jobId } = runner.queue([
    { run: `${trap}; echo running; while :; do sleep 0.05; done` },
    { run: 'echo plain' },
    { run: 'echo always', if: 'always()' },
    { run: 'echo cancelled', if: 'cancelled()' },
  ]);
  const { ended } = runner.listen(await runner.mint());
  await until(() => runner.job().log.includes('running'));
  runner.github.cancelJob(jobId);
  expect(await ended).toBe(0);
  expect(runner.job().conclusion).toBe('cancelled');
  const words = ['running', 'interrupted', 'plain', 'always', 'cancelled'];
  expect(words.filter((word) => runner.job().log.includes(word))).toEqual(said);
});

test('while a job runs its lock is renewed', async () => {
  await using runner = await ServedRunner.create();
  runner.queue([{ run: 'while [ ! -e "$HOME/go" ]; do sleep 0.05; done' }]);
  const { ended } = runner.listen(await runner.mint());
  const renewals = () => runner.github.requests().filter(({ route }) => route === 'renew-job').length;
  await until(() => renewals() >= 4);
  await runner.vm.run('/usr/bin/touch', [runner.vm.path('Users/admin/go')]);
  expect(await ended).toBe(0);
});

test('a registration that is deleted while it waits ends it with 0 and without a job', async () => {
  await using runner = await ServedRunner.create({ holdMs: 200 });
  const { ended, lines } = runner.listen(await runner.mint());
  await until(() => lines.some((line) => line.endsWith('Listening for Jobs')));
  const [record] = runner.github.runners();
  await fetch(`${runner.github.origin}/_control/runners/${record?.id}/delete`, { method: 'POST' });
  expect(await ended).toBe(0);
});

test('a registration that is gone before it connects ends it with 1', async () => {
  await using runner = await ServedRunner.create();
  const jit = await runner.mint();
  const [record] = runner.github.runners();
  await fetch(`${runner.github.origin}/_control/runners/${record?.id}/delete`, { method: 'POST' });
  const { ended, lines } = runner.listen(jit);
  expect(await ended).toBe(1);
  expect(lines.join()).toContain('The runner registration has been deleted from the server');
});

test('a version that GitHub refuses is told apart only for those who ask', async () => {
  await using runner = await ServedRunner.create({ minimumRunnerVersion: '2.400.0' });
  expect(await runner.listen(await runner.mint()).ended).toBe(1);
  const env = {
    ACTIONS_RUNNER_INPUT_JITCONFIG: await runner.mint('b'),
    ACTIONS_RUNNER_RETURN_VERSION_DEPRECATED_EXIT_CODE: '1',
  };
  const listener = runner.vm.path('Users/admin/actions-runner/bin/Runner.Listener');
  expect((await runner.vm.run(listener, ['run'], { env })).code).toBe(7);
});

test('passing failures of the broker are waited out', async () => {
  await using runner = await ServedRunner.create();
  for (const route of ['runner-token', 'runner-session', 'runner-message', 'acquire-job']) {
    runner.github.fault(route, { kind: 'empty', status: 503 }, 1);
  }
  const { code, job } = await runner.serve([{ run: 'true' }]);
  expect({ code, conclusion: job.conclusion }).toEqual({ code: 0, conclusion: 'success' });
});

test('a credential that cannot be read ends it with 1', async () => {
  await using runner = await ServedRunner.create();
  expect(await runner.listen('bm90IGpzb24=').ended).toBe(1);
});

test('the key lies in the runner’s root while it serves, as with the real one, and is removed after the job', async () => {
  await using runner = await ServedRunner.create();
  const { job } = await runner.serve([{ run: 'ls -A ../../..' }]);
  expect(job.log).toContain('.credentials_rsaparams');
  const left = readdirSync(runner.vm.path('Users/admin/actions-runner'));
  expect(left).not.toContain('.credentials_rsaparams');
});

test('from bootstrap to exit: the guest’s own programs and the double serve a job through the gate', async () => {
  await using runner = await ServedRunner.create();
  const { vm } = runner;
  const jitConfig = await runner.mint();
  const events = vm.start('bin/events', ['1']);
  const input = JSON.stringify({ jitConfig, environment: { NOTE: 'given' } });
  expect((await vm.run('bin/bootstrap', [], { input })).stdout).toBe('macrunner-bootstrap: ok\n');
  await until(() => vm.types().includes('online'));
  runner.queue([{ run: 'env; ls -la "$HOME/.macrunner"' }]);
  await until(() => vm.types().includes('job-started'));
  expect(runner.job().log.join('\n')).not.toContain('NOTE');
  const n = vm.events().find(({ type }) => type === 'job-started')?.n;
  const answer = await vm.run('bin/verdict', [String(n)], { input: '{"allowed":true,"why":"trusted"}' });
  expect(answer.stdout).toBe('macrunner-verdict: ok\n');
  const types = ['hello', 'credential-taken', 'online', 'job-started', 'verdict', 'job-completed', 'exited'];
  await until(() => vm.types().length === types.length);
  expect(vm.types()).toEqual(types);
  await until(() => events.lines.filter((line) => line.includes('"n":')).length === types.length);
  expect(vm.events().at(-1)).toMatchObject({ code: 0 });
  const log = runner.job().log.join('\n');
  expect(runner.job().conclusion).toBe('success');
  expect(log).toContain('NOTE=given');
  expect(log).not.toContain('credential.json');
  expect(log).not.toContain('JITCONFIG');
  expect(log).not.toContain(jitConfig.slice(0, 40));
  expect(existsSync(vm.state('job-running'))).toBe(false);
  expect(readFileSync(vm.state('runner.log'), 'utf8')).not.toContain(jitConfig.slice(0, 40));
});

test('from bootstrap to exit: a refused job runs none of its steps, not even always() ones', async () => {
  // The worker must have sent the refusal's line before it is killed: it gets the time that it has in a real VM.
  await using runner = await ServedRunner.create({}, { refusalGraceMs: 2_000 });
  const { vm } = runner;
  runner.queue([{ run: 'echo plain' }, { run: 'echo always', if: 'always()' }]);
  const input = JSON.stringify({ jitConfig: await runner.mint(), environment: {} });
  await vm.run('bin/bootstrap', [], { input });
  await until(() => vm.types().includes('job-started'));
  const n = vm.events().find(({ type }) => type === 'job-started')?.n;
  await vm.run('bin/verdict', [String(n)], { input: '{"allowed":false,"why":"forks may not run here"}' });
  await until(() => vm.types().includes('exited'));
  expect(runner.job().conclusion).toBe('failure');
  expect(runner.job().log).toContain('::error title=Refused by this host::forks may not run here');
  expect(runner.job().log.join()).not.toMatch(/plain|always/);
  expect(vm.types()).not.toContain('job-completed');
});
