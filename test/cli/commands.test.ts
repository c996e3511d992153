/** Commands as processes, against an agent's socket with canned answers. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { answer, refusal, startControlServer } from '../support/control-server.ts';
import { linesOver, runProgram, startProgram } from '../support/program.ts';
import { aJobReport, aPoolReport, aRunnerReport, aStatus, aWaitingJob } from '../support/reports.ts';

const host = { id: '7f3a2c', slots: 2, isDraining: false, unfit: null };

function startAgent() {
  return startControlServer((home) => {
    mkdirSync(join(home, 'run'));
    return join(home, 'run', 'agent.sock');
  });
}

test('status says first that it is fine, on standard output alone, without colour', async () => {
  await using agent = await startAgent();
  agent.on('GET /v1/status', () => answer.status(aStatus()));
  const { code, stdout, stderr } = await runProgram(agent.directory, ['status']);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^Fine\. Jobs: 1 running/);
  expect(stdout).not.toContain('\u001B');
  expect(linesOver(80, stdout)).toEqual([]);
});

test('status --json is the report in exactly one line', async () => {
  await using agent = await startAgent();
  const report = aStatus({ jobs: [aJobReport(), aWaitingJob()] });
  agent.on('GET /v1/status', () => answer.status(report));
  const { stdout, stderr } = await runProgram(agent.directory, ['status', '--json']);
  expect(stderr).toBe('');
  expect(stdout.endsWith('\n')).toBe(true);
  expect(stdout.trimEnd().split('\n')).toHaveLength(1);
  expect(JSON.parse(stdout)).toEqual(report);
});

test('status --check ends with 4 when it is not fine, without it with 0', async () => {
  await using agent = await startAgent();
  agent.on('GET /v1/status', () =>
    answer.status(aStatus({ isFine: false, problems: ['Tart cannot be read.'] })),
  );
  const [checked, looked] = await Promise.all([
    runProgram(agent.directory, ['status', '--check']),
    runProgram(agent.directory, ['status']),
  ]);
  expect([checked.code, looked.code]).toEqual([4, 0]);
  expect(checked.stdout).toMatch(/^Not fine\. Tart cannot be read\.\n/);
});

test('status --watch shows frame after frame, outlives a restart of the agent, and ends well', async () => {
  await using agent = await startAgent();
  let asked = 0;
  agent.on('GET /v1/status', () => {
    asked += 1;
    return answer.status(aStatus({ notes: [`frame ${asked}`] }));
  });
  using program = startProgram(agent.directory, ['status', '--watch']);
  await program.said(/frame 2/);
  program.child.kill('SIGINT');
  const { code, stdout, stderr } = await program.ended();
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).not.toContain('\u001B');
});

test('without an agent every question ends with 3, and says how to start one', async () => {
  await using agent = await startAgent();
  const elsewhere = join(agent.directory, 'nothing');
  const questions = [['status'], ['why', 'host'], ['runner', 'list'], ['drain'], ['events']];
  const ends = await Promise.all(questions.map((args) => runProgram(elsewhere, args)));
  for (const { code, stdout, stderr } of ends) {
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr.trimEnd().split('\n')).toHaveLength(3);
    expect(stderr).toContain('`macrunner up`');
  }
});

test('an agent of another kind is not misread', async () => {
  await using agent = await startAgent();
  agent.on('GET /v1/status', () => answer.raw('{"v":1,"isFine":"yes"}'));
  const { code, stdout, stderr } = await runProgram(agent.directory, ['status']);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toContain("the agent's answer is not understood");
  expect(stderr).toContain('isFine');
});

test.each(['<html>', ''])('an answer that is no JSON (%j) is an error, not a crash', async (text) => {
  await using agent = await startAgent();
  agent.on('GET /v1/status', () => answer.raw(text));
  const { code, stderr } = await runProgram(agent.directory, ['status']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^macrunner: /);
  expect(stderr).not.toContain('mistake in macrunner');
});

test("the agent's own refusals come through in its words", async () => {
  await using agent = await startAgent();
  agent.on('POST /v1/drain', () =>
    refusal(500, 'ledger-unreadable', 'the ledger is locked', 'restart the agent'),
  );
  const { code, stderr } = await runProgram(agent.directory, ['drain']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^macrunner: the ledger is locked\n {2}why: .+\n {2}do: {2}restart the agent\n$/);
});

test.each([
  [
    '9b7d',
    /^Lint .+job\nIt waits for .+, because every slot of this host is taken\.\ncause: slot-busy\ndo: /,
  ],
  ['build and test', /It has been running for 3 min on mr-/],
  ['xcode-26', /One job waits, because every slot/],
  ['host', /One job waits, because every slot/],
])('why %s', async (subject, said) => {
  await using agent = await startAgent();
  agent.on('GET /v1/status', () => answer.status(aStatus({ jobs: [aJobReport(), aWaitingJob()] })));
  const { code, stdout } = await runProgram(agent.directory, ['why', subject]);
  expect(code).toBe(0);
  expect(stdout).toMatch(said);
  expect(linesOver(80, stdout)).toEqual([]);
});

test('why asks the agent about a job of the past, and names the nearest when there was none', async () => {
  await using agent = await startAgent();
  agent.on('GET /v1/status', () => answer.status(aStatus()));
  const past = aJobReport({ id: 'deadbeef-1', state: 'completed', result: 'succeeded' });
  agent.on('GET /v1/jobs/deadbeef', () => answer.job({ v: 1, job: past, timeline: [] }));
  const [found, typo] = await Promise.all([
    runProgram(agent.directory, ['why', 'deadbeef', '--json']),
    runProgram(agent.directory, ['why', 'xcod-26']),
  ]);
  expect(JSON.parse(found.stdout)).toMatchObject({ v: 1, about: 'job', cause: null });
  expect(typo.code).toBe(1);
  expect(typo.stderr).toContain('did you mean `xcode-26`?');
});

test('runner list shows the living, --all the past with its reasons', async () => {
  await using agent = await startAgent();
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

test('runner stop passes the order on', async () => {
  await using agent = await startAgent();
  agent.on('POST /v1/runners/mr-x/stop', () => answer.stop({ v: 1, runner: 'mr-x', stopping: true }));
  const { code, stdout } = await runProgram(agent.directory, ['runner', 'stop', '--force', 'mr-x']);
  expect([code, stdout]).toEqual([0, 'mr-x is stopping.\n']);
  expect(agent.asked).toEqual([{ what: 'POST /v1/runners/mr-x/stop', body: '{"force":true}' }]);
});

test('a busy runner is left alone, with exit code 5', async () => {
  await using agent = await startAgent();
  agent.on('POST /v1/runners/mr-x/stop', () =>
    refusal(409, 'github-conflict', 'mr-x runs a job', 'say --force'),
  );
  const { code, stdout, stderr } = await runProgram(agent.directory, ['runner', 'stop', 'mr-x']);
  expect([code, stdout]).toEqual([5, '']);
  expect(stderr).toContain('say --force');
});

test('a mistyped runner is answered with the nearest', async () => {
  await using agent = await startAgent();
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

test('drain --wait goes on until the last runner is gone', async () => {
  await using agent = await startAgent();
  const draining = { ...host, isDraining: true };
  const states = [[aRunnerReport()], [aRunnerReport({ phase: 'stopping' })], []];
  agent.on('POST /v1/drain', () => answer.drain({ v: 1, isDraining: true, busy: 1 }));
  agent.on('GET /v1/status', () => answer.status(aStatus({ host: draining, runners: states.shift() ?? [] })));
  const { code, stdout, stderr } = await runProgram(agent.directory, ['drain', '--wait']);
  expect([code, stdout]).toEqual([0, 'Drained: no runner is left.\n']);
  expect(stderr).toBe('Draining: 1 left, 1 with a job\nDraining: 1 left, 0 with a job\n');
});

test('drain --wait gives up in time, and when somebody resumes', async () => {
  await using agent = await startAgent();
  await using resumed = await startAgent();
  const order = () => answer.drain({ v: 1, isDraining: true, busy: 1 });
  agent.on('POST /v1/drain', order);
  resumed.on('POST /v1/drain', order);
  agent.on('GET /v1/status', () => answer.status(aStatus({ host: { ...host, isDraining: true } })));
  resumed.on('GET /v1/status', () => answer.status(aStatus()));
  const [late, lifted] = await Promise.all([
    runProgram(agent.directory, ['drain', '--wait', '--timeout', '0']),
    runProgram(resumed.directory, ['drain', '--wait']),
  ]);
  expect([late.code, lifted.code]).toEqual([1, 1]);
  expect(late.stderr).toContain('still there after 0 s');
  expect(lifted.stderr).toContain('the drain was lifted');
});

test('drain and resume say what the host does now', async () => {
  await using agent = await startAgent();
  agent.on('POST /v1/drain', () => answer.drain({ v: 1, isDraining: true, busy: 1 }));
  agent.on('POST /v1/resume', () => answer.drain({ v: 1, isDraining: false, busy: 1 }));
  const [drain, resume] = await Promise.all([
    runProgram(agent.directory, ['drain', '--json']),
    runProgram(agent.directory, ['resume']),
  ]);
  expect(drain.stdout).toBe('{"v":1,"isDraining":true,"busy":1}\n');
  expect(resume.stdout).toBe('The host takes jobs.\n');
});

const event = (seq: number) =>
  ({
    v: 1,
    seq,
    atMs: Date.UTC(2026, 10, 24),
    what: 'runner-gone',
    subject: 'mr-x',
    detail: { registration: 'removed' },
  }) as const;

test('events are one line each, for people and for programs', async () => {
  await using agent = await startAgent();
  agent.on('GET /v1/events', () => answer.events([event(7), event(8)]));
  const [said, json] = await Promise.all([
    runProgram(agent.directory, ['events', '--after', '6']),
    runProgram(agent.directory, ['events', '--json']),
  ]);
  expect(said.stdout).toMatch(/^\d\d:\d\d:\d\d {6}7 {2}runner-gone {2}mr-x {2}registration=removed\n/);
  expect(
    json.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual([event(7), event(8)]);
  expect(agent.asked.map(({ what }) => what)).toContain('GET /v1/events?after=6');
});

test('events -f goes on after the last event when the agent comes back', async () => {
  await using agent = await startAgent();
  agent.on('GET /v1/events?after=0&follow=1', () => answer.events([event(7)], { isOpen: true }));
  agent.on('GET /v1/events?after=7&follow=1', () => answer.events([event(8)], { isOpen: true }));
  using program = startProgram(agent.directory, ['events', '-f', '--json']);
  await program.said(/"seq":7/);
  agent.hangUp();
  await program.said(/"seq":8/);
  program.child.kill('SIGTERM');
  const { code, stdout } = await program.ended();
  expect(code).toBe(0);
  expect(stdout.trimEnd().split('\n')).toHaveLength(2);
});

test('long names are cut, not wrapped', async () => {
  await using agent = await startAgent();
  const name = 'x'.repeat(64);
  const jobs = [aWaitingJob({ displayName: name, repository: `acme/${name}`, pool: name })];
  const status = aStatus({
    jobs,
    pools: [aPoolReport({ name })],
    runners: [aRunnerReport({ name, pool: name })],
  });
  agent.on('GET /v1/status', () => answer.status(status));
  const { stdout } = await runProgram(agent.directory, ['status']);
  expect(linesOver(80, stdout)).toEqual([]);
});
