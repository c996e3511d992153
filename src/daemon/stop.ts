/**
 * Ends a runner. While a job may be given to it, GitHub is asked first: a refusal (a job runs there) keeps the VM. Then
 * the power is cut, the VM deleted, its absence confirmed at Tart and at GitHub, and only then is the slot free.
 */
import type { StopReason } from '../core/runner.ts';
import type { Step } from '../core/step.ts';
import { endOfRun } from '../tart/run-end.ts';
import type { Context } from './context.ts';
import { weigh } from './haunting.ts';
import { messageOf, withIntent } from './intent.ts';
import { move } from './move.ts';
import { queueOfRunner } from './registered-at.ts';

/** Reasons that hold whatever GitHub says: the runner's own end, a VM that is no more, the announced hard limit. */
const FINAL: ReadonlySet<StopReason> = new Set(['job-done', 'no-job', 'vm-died', 'age-limit', 'refused']);

const REFUSED_REST_MS = 30_000;
const FAILED_REST_MS = 5_000;

export async function stop(context: Context, step: Extract<Step, { do: 'stop' }>): Promise<void> {
  const { ledger, desk, nowMs, steadyMs, log, signal } = context;
  try {
    await withIntent(context, 'stop', step.runner, async () => {
      if (!(await mayStop(context, step))) {
        desk.rest(step.runner, steadyMs() + REFUSED_REST_MS);
        ledger.note(step.runner, nowMs(), 'stop-refused', { why: step.why });
        log.info({ runner: step.runner, why: step.why }, 'GitHub says a job runs here: the runner stays');
        return;
      }
      move(context, step.runner, { type: 'stop', why: step.why });
      await tearDown(context, step.runner);
    });
  } catch (error) {
    if (signal.aborted) return;
    desk.rest(step.runner, steadyMs() + FAILED_REST_MS);
    ledger.note(step.runner, nowMs(), 'teardown-failed', { error: messageOf(error) });
    log.error({ runner: step.runner, err: error }, 'a runner could not be torn down; trying again');
  }
}

async function mayStop(context: Context, step: Extract<Step, { do: 'stop' }>): Promise<boolean> {
  const runner = context.ledger.runner(step.runner);
  if (!runner || runner.phase === 'stopping' || FINAL.has(step.why)) return true;
  const registration = await removeRegistration(context, step.runner);
  return registration !== 'busy' && registration !== 'unreachable';
}

async function tearDown(context: Context, name: string): Promise<void> {
  const { hypervisor, ledger, desk, nowMs, steadyMs, log, signal, readAgain } = context;
  await keepLastWords(context, name);
  await hypervisor.stop(name, signal);
  await hypervisor.delete(name, signal);
  const registration = await removeRegistration(context, name);
  if (registration === 'busy')
    log.warn({ runner: name }, 'the VM is gone; GitHub still holds its job and will fail it');
  const atMs = nowMs();
  ledger.transaction(() => {
    ledger.markGone(name, steadyMs());
    ledger.note(name, atMs, 'gone', { registration });
    ledger.audit(atMs, 'runner-gone', name, { registration });
  });
  desk.forget(name);
  if (hasRun(context, name)) weigh(context, { type: 'vm-ended' });
  log.info({ runner: name, registration }, 'runner gone');
  void readAgain('vms');
  if (mayHaveUnknownRecord(context, name)) void readAgain('registrations');
}

/** A VM that the framework refused to start leaves it as it was. */
function hasRun({ ledger }: Context, name: string): boolean {
  const why = ledger.runner(name)?.why;
  return why !== 'vm-limit' && why !== 'clone-failed' && why !== 'start-failed';
}

/** What a VM said when it ended by itself. */
async function keepLastWords(
  { hypervisor, ledger, nowMs, log, freeBytes }: Context,
  name: string,
): Promise<void> {
  const text = await hypervisor.lastWords(name);
  if (text === null) return;
  const end = endOfRun(text, freeBytes());
  ledger.note(name, nowMs(), 'last-words', { text, end });
  if (end === 'disk-full') log.error({ runner: name, text }, 'a VM ended because the disk is full');
}

/** A claim whose answer was lost may have left a record that only GitHub's list shows. */
function mayHaveUnknownRecord({ ledger }: Context, name: string): boolean {
  return (
    ledger.runner(name)?.registrationId === null &&
    ledger.timeline(name).some(({ what }) => what === 'claimed')
  );
}

/** `unreachable`: it is registered where no pool registers any more, and what runs there cannot be known. */
export async function removeRegistration(
  context: Context,
  name: string,
): Promise<'none' | 'removed' | 'gone' | 'busy' | 'unreachable'> {
  const runner = context.ledger.runner(name);
  if (!runner || runner.registrationId === null) return 'none';
  const queue = queueOfRunner(context, name, runner.pool);
  return queue ? queue.remove(runner.registrationId, context.signal) : 'unreachable';
}
