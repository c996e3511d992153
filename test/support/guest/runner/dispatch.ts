/**
 * Hands a job to a Runner.Worker process and stays with it: renews the job's lock, passes a cancellation on, and fails
 * the job itself when the worker dies without a result (actions/runner: src/Runner.Listener/JobDispatcher.cs).
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { completeJob, renewJob } from './run-service.ts';
import type { Order } from './worker-order.ts';

const RESULT_NAMES: Record<number, string> = { 100: 'Succeeded', 102: 'Failed', 103: 'Canceled' };

/** Resolves with the result's name as the listener prints it. */
export async function runWorker(order: Order, cancelled: AbortSignal): Promise<string> {
  const { job } = order;
  // No worker starts for a job whose lock is not ours.
  await renewJob(job);
  const renewal = setInterval(
    () => void renewJob(job).catch((error: unknown) => complain('renewjob', error)),
    Number(process.env.MACRUNNER_DOUBLE_RENEW_MS ?? '5000'),
  );
  try {
    const result = RESULT_NAMES[await workerExit(order, cancelled)];
    if (result) return result;
    await completeJob(job, 'failed', []).catch((error: unknown) => complain('completejob', error));
    return 'Failed';
  } finally {
    clearInterval(renewal);
  }
}

function workerExit(order: Order, cancelled: AbortSignal): Promise<number> {
  const bin = join(order.root, 'bin');
  const worker = spawn(join(bin, 'Runner.Worker'), ['spawnclient', '0', '1'], {
    cwd: bin,
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  // A worker that was killed breaks the pipe; its exit says all there is to say.
  worker.stdin.on('error', (error) => complain('worker', error));
  worker.stdin.write(`${JSON.stringify(order)}\n`);
  cancelled.addEventListener('abort', () => worker.stdin.write('cancel\n'));
  return new Promise((resolve) => {
    worker.on('error', (error) => {
      complain('worker', error);
      resolve(-1);
    });
    worker.on('exit', (code) => resolve(code ?? -1));
  });
}

function complain(what: string, error: unknown): void {
  process.stderr.write(`${what}: ${String(error)}\n`);
}
