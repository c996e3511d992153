/** Creates a runner: clone, size, start. From then on its channel tells how it goes. */
import { hasCode } from '../core/error.ts';
import { runnerName } from '../core/names.ts';
import type { Runner, StopReason } from '../core/runner.ts';
import type { Step } from '../core/step.ts';
import type { Context } from './context.ts';
import { compareCount } from './haunting.ts';
import { messageOf, withIntent } from './intent.ts';
import { move } from './move.ts';

export async function create(context: Context, step: Extract<Step, { do: 'create' }>): Promise<void> {
  const { hypervisor, signal, ledger, nowMs, log } = context;
  const pool = context.config().pools.find((candidate) => candidate.name === step.pool);
  if (!pool) return;
  const runner = aNewRunner(context, step);
  ledger.transaction(() => {
    ledger.saveRunner(runner);
    ledger.note(runner.name, nowMs(), 'created', {
      purpose: step.purpose,
      slot: step.slot,
      image: pool.image,
    });
    ledger.audit(nowMs(), 'runner-cloning', runner.name, { pool: pool.name, purpose: step.purpose });
  });
  log.info(
    { runner: runner.name, pool: pool.name, slot: step.slot, purpose: step.purpose },
    'runner created',
  );
  let failure: StopReason = 'clone-failed';
  try {
    await withIntent(context, 'create', runner.name, async () => {
      await hypervisor.clone(pool.image, runner.name, signal);
      await hypervisor.configure(runner.name, { cpu: pool.cpu, memoryGiB: pool.memoryGiB }, signal);
      move(context, runner.name, { type: 'cloned' });
      failure = 'start-failed';
      await hypervisor.start(runner.name, signal);
    });
    recovered(context);
    if (context.desk.ghosts !== null) await compareCount(context, 'started', runner.name);
  } catch (error) {
    if (signal.aborted) return;
    // Refused by the limit, it says nothing about its pool.
    const isFull = hasCode(error, 'vm-limit') && (await compareCount(context, 'refused', runner.name));
    startFailed(context, runner.name, isFull ? 'vm-limit' : failure, error);
    fallIll(context, error);
    if (hasCode(error, 'image-missing')) void context.readAgain('images');
  }
  void context.readAgain('vms');
}

/** The reason may be the host's and not this runner's: then nothing else is tried meanwhile. */
function fallIll({ desk, ledger, nowMs, steadyMs, log }: Context, error: unknown): void {
  if (!desk.ailment.failed(error, steadyMs())) return;
  ledger.audit(nowMs(), 'host-unfit', 'host', { why: messageOf(error) });
  log.error({ err: error }, 'this host can start no VM for now');
}

function recovered({ desk, ledger, nowMs, log }: Context): void {
  if (!desk.ailment.started()) return;
  ledger.audit(nowMs(), 'host-fit', 'host', {});
  log.info('this host starts VMs again');
}

/** A start that failed, for whatever reason: the runner goes. */
export function startFailed(context: Context, name: string, why: StopReason, error: unknown): void {
  const { ledger, nowMs, log } = context;
  if (!move(context, name, { type: 'stop', why })) return;
  ledger.note(name, nowMs(), 'failed', { why, error: messageOf(error) });
  log.warn({ runner: name, why, err: error }, 'a runner did not start');
}

function aNewRunner({ hostId, steadyMs, newSuffix }: Context, step: Extract<Step, { do: 'create' }>): Runner {
  const atMs = steadyMs();
  return {
    name: runnerName(hostId, step.pool, newSuffix()),
    pool: step.pool,
    slot: step.slot,
    phase: 'cloning',
    createdMs: atMs,
    sinceMs: atMs,
    registrationId: null,
    hadJob: false,
    jobEndedMs: null,
    toldDoneMs: null,
    why: null,
  };
}
