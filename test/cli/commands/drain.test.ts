/** `macrunner drain` and `resume` as processes. */
import { renameSync } from 'node:fs';
import { expect, test } from 'vitest';
import { answer, startControlServer } from '../../support/control-server.ts';
import { runProgram, startProgram } from '../../support/program.ts';
import { aRunnerReport, aStatus } from '../../support/reports.ts';

const host = { id: '7f3a2c', slots: 2, isDraining: false, unfit: null };

test('drain --wait goes on until the last runner is gone', async () => {
  await using agent = await startControlServer();
  const draining = { ...host, isDraining: true };
  const states = [[aRunnerReport()], [aRunnerReport({ phase: 'stopping' })], []];
  agent.on('POST /v1/drain', () => answer.drain({ v: 1, isDraining: true, busy: 1 }));
  agent.on('GET /v1/status', () => answer.status(aStatus({ host: draining, runners: states.shift() ?? [] })));
  const { code, stdout, stderr } = await runProgram(agent.directory, ['drain', '--wait']);
  expect([code, stdout]).toEqual([0, 'Drained: no runner is left.\n']);
  expect(stderr).toMatch(
    /^Draining: 1 left, 1 with a job \(0 s\)\nDraining: 1 left, 0 with a job \(\d s\)\n$/,
  );
});

test('drain --wait --json says what was waited for, and at its deadline what is left', async () => {
  await using emptied = await startControlServer();
  await using full = await startControlServer();
  const draining = { ...host, isDraining: true };
  for (const agent of [emptied, full])
    agent.on('POST /v1/drain', () => answer.drain({ v: 1, isDraining: true, busy: 1 }));
  emptied.on('GET /v1/status', () => answer.status(aStatus({ host: draining, runners: [] })));
  full.on('GET /v1/status', () => answer.status(aStatus({ host: draining, runners: [aRunnerReport()] })));
  const [done, late] = await Promise.all([
    runProgram(emptied.directory, ['drain', '--wait', '--json']),
    runProgram(full.directory, ['drain', '--wait', '--timeout', '1s', '--json']),
  ]);
  expect(done.code).toBe(0);
  expect(JSON.parse(done.stdout)).toEqual({
    ...{ v: 1, isDraining: true, busy: 0, left: 0 },
    seconds: expect.any(Number),
  });
  expect(late.code).toBe(1);
  expect(JSON.parse(late.stdout)).toMatchObject({ v: 1, isDraining: true, busy: 1, left: 1 });
  expect(late.stderr).toContain('1 runner is still there after 1 s');
  expect(late.stderr).toContain('1 with a job (0 s of 1 s)');
});

test('drain --wait outlasts an agent that is restarted', async () => {
  await using agent = await startControlServer();
  const draining = { ...host, isDraining: true };
  agent.on('POST /v1/drain', () => answer.drain({ v: 1, isDraining: true, busy: 1 }));
  const report = () => answer.status(aStatus({ host: draining, runners: [aRunnerReport()] }));
  agent.on('GET /v1/status', report);
  using waiting = startProgram(agent.directory, ['drain', '--wait']);
  await waiting.said(/1 with a job/);
  const socket = `${agent.socketPath}.away`;
  renameSync(agent.socketPath, socket);
  await waiting.said(/the agent does not answer just now/);
  agent.on('GET /v1/status', () => answer.status(aStatus({ host: draining, runners: [] })));
  renameSync(socket, agent.socketPath);
  expect(await waiting.ended()).toMatchObject({ code: 0, stdout: 'Drained: no runner is left.\n' });
});

test('drain --wait gives up in time, and when somebody resumes', async () => {
  await using agent = await startControlServer();
  await using resumed = await startControlServer();
  const order = () => answer.drain({ v: 1, isDraining: true, busy: 1 });
  agent.on('POST /v1/drain', order);
  resumed.on('POST /v1/drain', order);
  agent.on('GET /v1/status', () => answer.status(aStatus({ host: { ...host, isDraining: true } })));
  resumed.on('GET /v1/status', () => answer.status(aStatus()));
  const [late, lifted] = await Promise.all([
    runProgram(agent.directory, ['drain', '--wait', '--timeout', '0s']),
    runProgram(resumed.directory, ['drain', '--wait']),
  ]);
  expect([late.code, lifted.code]).toEqual([1, 1]);
  expect(late.stderr).toContain('still there after 0 s');
  expect(lifted.stderr).toContain('the drain was lifted');
});

test('drain and resume say what the host does now', async () => {
  await using agent = await startControlServer();
  agent.on('POST /v1/drain', () => answer.drain({ v: 1, isDraining: true, busy: 1 }));
  agent.on('POST /v1/resume', () => answer.drain({ v: 1, isDraining: false, busy: 1 }));
  const [drain, resume] = await Promise.all([
    runProgram(agent.directory, ['drain', '--json']),
    runProgram(agent.directory, ['resume']),
  ]);
  expect(drain.stdout).toBe('{"v":1,"isDraining":true,"busy":1}\n');
  expect(resume.stdout).toBe('The host takes jobs.\n');
});
