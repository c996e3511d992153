/**
 * Takes a VM away: a ladder from tart's own stop to SIGKILL, each rung confirmed by `list` and by the process table,
 * because each of them has been seen to be wrong alone. What the system left behind of the VM is ended last, while the
 * VM's files still prove whose it is.
 */
import { MacrunnerError } from '../core/error.ts';
import { realSleep } from '../lib/retry.ts';
import { findLeftovers, killLeftover, type LeftoverOptions } from './leftovers.ts';
import { listVms } from './list.ts';
import { hasService, type ProcessEntry, readProcesses, runProcesses, signalProcess } from './processes.ts';
import { ABSENT_EXIT_CODE, callTart, type TartProgram } from './tart.ts';

export interface StopOptions extends LeftoverOptions {
  readonly program: TartProgram;
  readonly name: string;
  readonly signal: AbortSignal;
}

const POLL_MS = 100;
/** A look that takes longer is no look: the next rung must not wait for it. */
const LOOK_MS = 10_000;
/** The system's own process ends a moment after `run` did (openai/tart: issue 1105). */
const SERVICE_MS = 2_000;

/** Resolves when the VM's process is gone; a VM that is missing or stopped is success. @throws `vm-running` */
export async function stopVm(options: StopOptions): Promise<void> {
  const troubles: unknown[] = [];
  const attempt = async (work: () => Promise<unknown>) => {
    try {
      await work();
    } catch (error) {
      options.signal.throwIfAborted();
      troubles.push(error); // The next rung is the answer; the last error tells if all fail.
    }
  };
  const rungs: readonly (readonly [() => Promise<unknown>, number])[] = [
    // Ended before its own deadline, `stop` would never come to its SIGKILL: give it more than its 5 s.
    [() => tartStop(options, '5', 15_000), 2_000],
    [() => tartStop(options, '0', 10_000), 5_000],
    [() => killProcesses(options), 5_000],
  ];
  for (const [work, waitMs] of rungs) {
    await attempt(work);
    const table = await goneWithin(options, waitMs, troubles);
    if (table === undefined) continue;
    if (hasService(table)) await attempt(() => endService(options));
    return;
  }
  throw new MacrunnerError('vm-running', `the VM ${options.name} cannot be stopped`, {
    hint: 'look for its "tart run" process; when it cannot be killed, reboot the host',
    cause: troubles.at(-1),
  });
}

async function tartStop({ program, name, signal }: StopOptions, seconds: string, timeoutMs: number) {
  const args = ['stop', name, '--timeout', seconds];
  await callTart(program, args, { timeoutMs, signal, okExitCodes: [ABSENT_EXIT_CODE] });
}

/** The process table that proves the VM's end, or undefined when it did not come in time. */
async function goneWithin(options: StopOptions, waitMs: number, troubles: unknown[]) {
  const endMs = performance.now() + waitMs;
  for (;;) {
    try {
      const table = await proofOfEnd(options);
      if (table !== undefined) return table;
    } catch (error) {
      options.signal.throwIfAborted();
      troubles.push(error); // A look that failed is no proof of absence.
    }
    if (performance.now() > endMs) return undefined;
    await realSleep(POLL_MS, options.signal);
  }
}

/** "Stopped" is also what tart says of a VM whose lock it could not read: the process must be gone as well. */
async function proofOfEnd({
  program,
  ps,
  name,
  signal,
}: StopOptions): Promise<readonly ProcessEntry[] | undefined> {
  const look = AbortSignal.any([signal, AbortSignal.timeout(LOOK_MS)]);
  const [vms, table] = await Promise.all([listVms(program, look), readProcesses(ps, look)]);
  const isListed = vms.some((vm) => vm.name === name && vm.state === 'running');
  return isListed || runProcesses(table, name).length > 0 ? undefined : table;
}

async function killProcesses({ ps, name, signal }: StopOptions): Promise<void> {
  for (const { pid, isTart } of runProcesses(await readProcesses(ps, signal), name)) {
    if (isTart) signalProcess(pid, 'SIGKILL'); // What switched users ends with it.
  }
}

/** Gives the system's process a moment to end by itself; one that stays would hold the slot for ever. */
async function endService(options: StopOptions): Promise<void> {
  const { name, signal } = options;
  const endMs = performance.now() + SERVICE_MS;
  const find = async () => (await findLeftovers(options, name, signal)).filter(({ vm }) => vm === name);
  while ((await find()).length > 0) {
    if (performance.now() > endMs) break;
    await realSleep(POLL_MS, signal);
  }
  for (const leftover of await find()) await killLeftover(options, leftover, signal);
}

/** Deletes and confirms absence. A VM that is missing is success. @throws `vm-running`, `command-failed` */
export async function deleteVm(program: TartProgram, name: string, signal: AbortSignal): Promise<void> {
  await callTart(program, ['delete', name], {
    timeoutMs: 60_000,
    signal,
    okExitCodes: [ABSENT_EXIT_CODE],
  });
  const vms = await listVms(program, signal);
  if (!vms.some((vm) => vm.name === name)) return;
  throw new MacrunnerError('command-failed', `tart deleted ${name} and still lists it`);
}
