/** `macrunner status`, and what every question to the agent has in common. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { answer, refusal, startControlServer } from '../../support/control-server.ts';
import { linesOver, runProgram, startProgram } from '../../support/program.ts';
import { aJobReport, aPoolReport, aRunnerReport, aStatus, aWaitingJob } from '../../support/reports.ts';

test('status says first that it is fine, on standard output alone, without colour', async () => {
  await using agent = await startControlServer();
  agent.on('GET /v1/status', () => answer.status(aStatus()));
  const { code, stdout, stderr } = await runProgram(agent.directory, ['status']);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^Fine\. Jobs: 1 running/);
  expect(stdout).not.toContain('\u001B');
  expect(linesOver(80, stdout)).toEqual([]);
});

test('status --json is the report in exactly one line', async () => {
  await using agent = await startControlServer();
  const report = aStatus({ jobs: [aJobReport(), aWaitingJob()] });
  agent.on('GET /v1/status', () => answer.status(report));
  const { stdout, stderr } = await runProgram(agent.directory, ['status', '--json']);
  expect(stderr).toBe('');
  expect(stdout.endsWith('\n')).toBe(true);
  expect(stdout.trimEnd().split('\n')).toHaveLength(1);
  expect(JSON.parse(stdout)).toEqual(report);
});

test('status --check ends with 4 when it is not fine, without it with 0', async () => {
  await using agent = await startControlServer();
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

test('status --watch shows frame after frame, and ends well', async () => {
  await using agent = await startControlServer();
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
  await using agent = await startControlServer();
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
  await using agent = await startControlServer();
  agent.on('GET /v1/status', () => answer.raw('{"v":1,"isFine":"yes"}'));
  const { code, stdout, stderr } = await runProgram(agent.directory, ['status']);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toContain("the agent's answer is not understood");
  expect(stderr).toContain('isFine');
});

test.each(['<html>', ''])('an answer that is no JSON (%j) is an error, not a crash', async (text) => {
  await using agent = await startControlServer();
  agent.on('GET /v1/status', () => answer.raw(text));
  const { code, stderr } = await runProgram(agent.directory, ['status']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^macrunner: /);
  expect(stderr).not.toContain('mistake in macrunner');
});

test("the agent's own refusals come through in its words", async () => {
  await using agent = await startControlServer();
  agent.on('POST /v1/drain', () =>
    refusal(500, 'ledger-unreadable', 'the ledger is locked', 'restart the agent'),
  );
  const { code, stderr } = await runProgram(agent.directory, ['drain']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^macrunner: the ledger is locked\n {2}why: .+\n {2}do: {2}restart the agent\n$/);
});

test('long names are cut, not wrapped', async () => {
  await using agent = await startControlServer();
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
