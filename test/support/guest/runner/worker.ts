/**
 * Runner.Worker of the double: takes one job on standard input, runs it, posts its log and result, and exits with the
 * result's code plus 100 (actions/runner: src/Runner.Worker/Program.cs). A later line on standard input cancels the
 * job.
 */
import { createInterface } from 'node:readline';
import { JobEnv } from './job-env.ts';
import { JobLog } from './job-log.ts';
import { JobRun } from './job-run.ts';
import { completeJob } from './run-service.ts';
import type { Order } from './worker-order.ts';

const RESULTS = {
  success: { conclusion: 'succeeded', exitCode: 100 },
  failure: { conclusion: 'failed', exitCode: 102 },
  cancelled: { conclusion: 'canceled', exitCode: 103 },
} as const;

async function work(order: Order, cancelled: AbortSignal): Promise<number> {
  const { job, root, runnerName } = order;
  const log = new JobLog(job);
  log.line(`Runner name: '${runnerName}'`);
  const run = new JobRun(job, new JobEnv(root, job, runnerName), log, cancelled);
  await run.run();
  const { conclusion, exitCode } = RESULTS[run.status];
  await log.close();
  const steps = run.outcomes.map(({ id, name, conclusion: outcome }, index) => {
    const result = { external_id: id, number: index + 1, name, conclusion: outcome };
    return { ...result, status: 'completed' as const };
  });
  await completeJob(job, conclusion, steps);
  return exitCode;
}

const cancellation = new AbortController();
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const first = await lines.next();
void lines.next().then(({ done }) => {
  if (!done) cancellation.abort();
});
// Standard input stays open for a cancellation that no longer matters: leave without waiting for it.
process.exit(await work(JSON.parse(String(first.value)), cancellation.signal));
