/**
 * Runner.Listener of the double: `Runner.Listener run` with a JIT configuration in ACTIONS_RUNNER_INPUT_JITCONFIG.
 * Serves one job and exits with the real one's codes (actions/runner: src/Runner.Listener/Runner.cs,
 * BrokerMessageListener.cs, JobDispatcher.cs; src/Runner.Common/Constants.cs). Its waits are shorter than the real
 * ones; MACRUNNER_DOUBLE_RENEW_MS and MACRUNNER_DOUBLE_RETRY_MS set them.
 */
import { dirname, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Broker, BrokerError, type Message, VERSION } from './broker.ts';
import { runWorker } from './dispatch.ts';
import { forgetJit, type Identity, readJit } from './jit.ts';
import type { Job } from './job-message.ts';

const EXIT = { success: 0, terminated: 1, sessionConflict: 5, versionDeprecated: 7 } as const;
const root = resolve(dirname(process.argv[1] ?? ''), '../..');
const retryMs = Number(process.env.MACRUNNER_DOUBLE_RETRY_MS ?? '250');

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function stamp(): string {
  return `${new Date().toISOString().slice(0, 19).replace('T', ' ')}Z`;
}

/** What ends the listener for a reason that the server gave; its exit code. */
class Ended extends Error {
  readonly code: number;

  constructor(code: number, why: string) {
    super(why);
    this.code = code;
  }
}

function judge(error: unknown): void {
  if (!(error instanceof BrokerError)) return;
  if (error.errorKind === 'RunnerNotFound') {
    forgetJit(root);
    throw new Ended(EXIT.success, 'the registration is gone');
  }
  if (error.errorKind === 'RunnerVersionTooOld') {
    const isTold = process.env.ACTIONS_RUNNER_RETURN_VERSION_DEPRECATED_EXIT_CODE === '1';
    throw new Ended(isTold ? EXIT.versionDeprecated : EXIT.terminated, error.message);
  }
}

/** Retries what may pass; a session that another process holds is waited for eight times, as in the original. */
async function connect(broker: Broker): Promise<void> {
  for (let conflicts = 0; ; ) {
    try {
      await broker.login();
      await broker.openSession();
      return;
    } catch (error) {
      judge(error);
      judgeSession(error);
      if (error instanceof BrokerError && error.status === 409) conflicts += 1;
      if (conflicts > 8) throw new Ended(EXIT.sessionConflict, 'A session for this runner already exists.');
      say(`${stamp()}: Runner connect error: ${String(error)}. Retrying until reconnected.`);
      await wait(retryMs);
    }
  }
}

function judgeSession(error: unknown): void {
  if (!(error instanceof BrokerError)) return;
  if (error.errorKind === 'invalid_client') {
    const why = 'The runner registration has been deleted from the server, please re-configure.';
    throw new Ended(EXIT.terminated, `Failed to create a session. ${why}`);
  }
  if (error.status === 403) throw new Ended(EXIT.terminated, `Failed to create session. ${error.message}`);
}

/** The next message, over passing failures; null when `signal` aborted. */
async function poll(broker: Broker, status: 'Online' | 'Busy', signal: AbortSignal): Promise<Message | null> {
  while (!signal.aborted) {
    try {
      const message = await broker.nextMessage(status, signal);
      if (message) return message;
    } catch (error) {
      if (signal.aborted) return null;
      judge(error);
      if (error instanceof BrokerError && error.errorKind === 'RunnerSessionInvalid')
        await broker.openSession();
      await wait(retryMs);
    }
  }
  return null;
}

/** Polls until a job is ours, or never will be. A message whose job is gone is skipped, with a pause. */
async function nextJob(broker: Broker, signal: AbortSignal): Promise<Job | null> {
  for (;;) {
    const message = await poll(broker, 'Online', signal);
    if (!message) return null;
    if (message.messageType !== 'RunnerJobRequest') continue;
    const { run_service_url, runner_request_id, should_acknowledge, billing_owner_id } = message.body;
    try {
      if (should_acknowledge === true) await broker.acknowledge(runner_request_id);
      return await broker.acquire(String(run_service_url), runner_request_id, billing_owner_id);
    } catch (error) {
      if (error instanceof BrokerError && error.errorKind === 'AcknowledgeJobNotFound') return null;
      await wait(retryMs);
    }
  }
}

async function serve(broker: Broker, identity: Identity, stop: AbortSignal): Promise<number> {
  await connect(broker);
  say(`Current runner version: '${VERSION}'`);
  say(`${stamp()}: Listening for Jobs`);
  try {
    const job = await nextJob(broker, stop);
    if (!job) return EXIT.success;
    say(`${stamp()}: Running job: ${job.name}`);
    const cancel = new AbortController();
    const done = new AbortController();
    stop.addEventListener('abort', () => cancel.abort());
    const work = runWorker({ job, root, runnerName: identity.agentName }, cancel.signal).finally(() =>
      done.abort(),
    );
    void watchForCancel(broker, job.jobId, cancel, done.signal);
    say(`${stamp()}: Job ${job.name} completed with result: ${await work}`);
    forgetJit(root);
    return EXIT.success;
  } finally {
    // An ephemeral runner's record may be gone already: the answer does not matter.
    await broker.closeSession().catch((error: unknown) => say(`session not closed: ${String(error)}`));
  }
}

async function watchForCancel(
  broker: Broker,
  jobId: string,
  cancel: AbortController,
  done: AbortSignal,
): Promise<void> {
  try {
    while (!done.aborted) {
      const message = await poll(broker, 'Busy', done);
      if (message?.messageType === 'JobCancellation' && message.body.jobId === jobId) cancel.abort();
    }
  } catch (error) {
    // The broker does not know us any more; the job goes on and its result is offered all the same.
    say(`no more messages: ${String(error)}`);
  }
}

async function main(): Promise<number> {
  const jit = process.env.ACTIONS_RUNNER_INPUT_JITCONFIG ?? '';
  delete process.env.ACTIONS_RUNNER_INPUT_JITCONFIG;
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());
  try {
    const identity = readJit(jit, root);
    say('\n√ Connected to GitHub\n');
    return await serve(new Broker(identity), identity, stop.signal);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return error instanceof Ended ? error.code : EXIT.terminated;
  }
}

process.exit(process.argv[2] === 'run' ? await main() : EXIT.success);
