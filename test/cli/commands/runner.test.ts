/** `macrunner runner` as a process. */
import { expect, test } from 'vitest';
import { answer, refusal, startControlServer } from '../../support/control-server.ts';
import { linesOver, runProgram } from '../../support/program.ts';
import { aRunnerReport } from '../../support/reports.ts';

test('runner list shows the living, --all the past with its reasons', async () => {
  await using agent = await startControlServer();
  const gone = aRunnerReport({
    name: 'mr-7f3a2c-xcode-26-aaaaaaaa',
    phase: 'gone',
    why: 'boot-timeout',
    jobId: null,
  });
  agent.on('GET /v1/runners', () => answer.runners({ v: 1, runners: [aRunnerReport()] }));
  agent.on('GET /v1/runners?all=1', () => answer.runners({ v: 1, runners: [aRunnerReport(), gone] }));
  const [living, all] = await Promise.all([
    runProgram(agent.directory, ['runner', 'list']),
    runProgram(agent.directory, ['runner', 'list', '--all']),
  ]);
  expect(living.stdout.trimEnd().split('\n')).toHaveLength(2);
  expect(all.stdout).toMatch(/aaaaaaaa +xcode-26 +0 +gone .+boot-timeout/);
  expect(linesOver(80, all.stdout)).toEqual([]);
});

test('runner show tells the life of a runner, moment by moment', async () => {
  await using agent = await startControlServer();
  const runner = aRunnerReport({ name: 'mr-x', phase: 'gone', why: 'boot-timeout', createdMs: 1_000 });
  const timeline = [
    { atMs: 1_000, what: 'created', detail: { image: 'template' } },
    { atMs: 181_000, what: 'stop', detail: { why: 'boot-timeout', story: 'x'.repeat(200) } },
  ];
  agent.on('GET /v1/runners/mr-x', () => answer.runner({ v: 1, runner, timeline }));
  const { code, stdout } = await runProgram(agent.directory, ['runner', 'show', 'mr-x']);
  expect(code).toBe(0);
  expect(stdout).toContain('mr-x: gone (boot-timeout)');
  expect(stdout).toMatch(/0 s +created +image=template/);
  expect(stdout).toMatch(/3 min +stop +why=boot-timeout/);
  expect(linesOver(80, stdout)).toEqual([]);
});

test('runner stop passes the order on', async () => {
  await using agent = await startControlServer();
  agent.on('POST /v1/runners/mr-x/stop', () => answer.stop({ v: 1, runner: 'mr-x', stopping: true }));
  const { code, stdout } = await runProgram(agent.directory, ['runner', 'stop', '--force', 'mr-x']);
  expect([code, stdout]).toEqual([0, 'mr-x is stopping.\n']);
  expect(agent.asked).toEqual([{ what: 'POST /v1/runners/mr-x/stop', body: '{"force":true}' }]);
});

test('a busy runner is left alone, with exit code 5', async () => {
  await using agent = await startControlServer();
  agent.on('POST /v1/runners/mr-x/stop', () =>
    refusal(409, 'github-conflict', 'mr-x runs a job', 'say --force'),
  );
  const { code, stdout, stderr } = await runProgram(agent.directory, ['runner', 'stop', 'mr-x']);
  expect([code, stdout]).toEqual([5, '']);
  expect(stderr).toContain('say --force');
});

test('a mistyped runner is answered with the nearest', async () => {
  await using agent = await startControlServer();
  agent.on('GET /v1/runners', () => answer.runners({ v: 1, runners: [aRunnerReport()] }));
  agent.on('POST /v1/runners/mr-7f3a2c-xcode-26-k3x9d2m/stop', () =>
    refusal(404, 'not-found', 'there is no such runner'),
  );
  const { code, stderr } = await runProgram(agent.directory, [
    'runner',
    'stop',
    'mr-7f3a2c-xcode-26-k3x9d2m',
  ]);
  expect(code).toBe(1);
  expect(stderr).toContain('did you mean `mr-7f3a2c-xcode-26-k3x9d2m1`?');
});
