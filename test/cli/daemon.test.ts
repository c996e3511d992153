/** The client of the control socket where a process is too slow to show it: deadlines and aborts. */
import { expect, test } from 'vitest';
import { createDaemon } from '../../src/cli/daemon.ts';
import { answer, startControlServer } from '../support/control-server.ts';
import { aStatus } from '../support/reports.ts';

test('an agent that does not answer in time is unreachable, and is said to be stuck', async ({ signal }) => {
  await using agent = await startControlServer();
  agent.on('GET /v1/status', () => new Promise(() => undefined));
  const error: unknown = await createDaemon(agent.socketPath, signal, 100)
    .status()
    .catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: 'daemon-unreachable', hint: expect.stringContaining('stuck') });
});

test('what aborts the program aborts the question', async () => {
  await using agent = await startControlServer();
  const controller = new AbortController();
  agent.on('GET /v1/status', () => {
    controller.abort();
    return answer.status(aStatus());
  });
  await expect(createDaemon(agent.socketPath, controller.signal).status()).rejects.toMatchObject({
    name: 'AbortError',
  });
});

test('a name is one part of the path, whatever is in it', async ({ signal }) => {
  await using agent = await startControlServer();
  await createDaemon(agent.socketPath, signal)
    .job('../status?x=1')
    .catch((error: unknown) => expect(error).toMatchObject({ code: 'not-found' }));
  expect(agent.asked.map(({ what }) => what)).toEqual(['GET /v1/jobs/..%2Fstatus%3Fx%3D1']);
});
