/**
 * Runners for a program in another language: `POST / {jit, result}` starts a runner with the credential, waits until it
 * has acquired a job, and with a result completes it; the answer is `{jobId}`. No runner software is involved.
 */
import { fastify } from 'fastify';
import * as z from 'zod';
import { runnerOf } from '../support/github/raw-runner.ts';

export interface RunnerYard {
  readonly url: string;
  close(): Promise<void>;
}

const order = z.object({ jit: z.string(), result: z.enum(['succeeded', 'failed', '']) });

export async function openRunnerYard(): Promise<RunnerYard> {
  const app = fastify({ forceCloseConnections: true });
  app.post('/', async (request) => {
    const { jit, result } = order.parse(request.body);
    const runner = runnerOf(jit);
    const jobId = await runner.start();
    if (result !== '') await runner.complete(result);
    return { jobId };
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return { url, close: () => app.close() };
}
