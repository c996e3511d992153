/** Calls about a running job, made with the job's own token (actions/runner: src/Sdk/RSWebApi/Contracts/). */
import { call, type Reply } from './http.ts';
import type { Job } from './job-message.ts';

type Conclusion = 'succeeded' | 'failed' | 'canceled';

interface StepResult {
  readonly external_id: string;
  readonly number: number;
  readonly name: string;
  readonly status: 'completed';
  readonly conclusion: Conclusion | 'skipped';
}

/** @throws when the lock is not ours (any more) */
export async function renewJob(job: Job): Promise<void> {
  const reply = await post(job, 'renewjob', {});
  if (reply.status !== 200) throw new Error(`renewjob: ${reply.status} ${reply.text}`);
}

/** @throws when the result was not taken */
export async function completeJob(
  job: Job,
  conclusion: Conclusion,
  stepResults: readonly StepResult[],
): Promise<void> {
  const { billingOwnerId } = job;
  const reply = await post(job, 'completejob', { conclusion, stepResults, billingOwnerId });
  if (reply.status >= 300) throw new Error(`completejob: ${reply.status} ${reply.text}`);
}

function post({ url, token, planId, jobId }: Job, verb: string, more: object): Promise<Reply> {
  return call({ method: 'POST', url: url + verb, token, body: { planId, jobId, ...more } });
}
