/** `macrunner drain` and `resume` as processes. */
import { expect, test } from 'vitest';
import { answer, startControlServer } from '../../support/control-server.ts';
import { runProgram } from '../../support/program.ts';
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
  expect(stderr).toBe('Draining: 1 left, 1 with a job\nDraining: 1 left, 0 with a job\n');
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
    runProgram(agent.directory, ['drain', '--wait', '--timeout', '0']),
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
