/** `macrunner why` as a process. */
import { expect, test } from 'vitest';
import { answer, startControlServer } from '../../support/control-server.ts';
import { linesOver, runProgram } from '../../support/program.ts';
import { aJobReport, aStatus, aWaitingJob } from '../../support/reports.ts';

test.each([
  [
    '9b7d',
    /^Lint .+job\nIt waits for .+, because every slot of this host is taken\.\ncause: slot-busy\ndo: /,
  ],
  ['build and test', /It has been running for 3 min on mr-/],
  ['xcode-26', /One job waits, because every slot/],
  ['host', /One job waits, because every slot/],
])('why %s', async (subject, said) => {
  await using agent = await startControlServer();
  agent.on('GET /v1/status', () => answer.status(aStatus({ jobs: [aJobReport(), aWaitingJob()] })));
  const { code, stdout } = await runProgram(agent.directory, ['why', subject]);
  expect(code).toBe(0);
  expect(stdout).toMatch(said);
  expect(linesOver(80, stdout)).toEqual([]);
});

test('why asks the agent about a job of the past, and names the nearest when there was none', async () => {
  await using agent = await startControlServer();
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
