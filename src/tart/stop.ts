/**
 * Takes a VM away: a ladder from tart's own stop to SIGKILL, each rung confirmed by `list` and by the process table,
 * because each of them has been seen to be wrong alone.
 */
import { MacrunnerError } from '../core/error.ts';
import { realSleep } from '../lib/retry.ts';
import { listVms } from './list.ts';
import { findRunProcesses } from './processes.ts';
import { ABSENT_EXIT_CODE, callTart, type TartProgram } from './tart.ts';

export interface StopOptions {
  readonly program: TartProgram;
  readonly ps: string;
  readonly name: string;
  readonly signal: AbortSignal;
}

const POLL_MS = 100;

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
  // Ended before its own deadline, `stop` would never come to its SIGKILL: give it more than its 5 s.
  await attempt(() => tartStop(options, '5', 15_000));
  if (await isGoneWithin(options, 2_000, troubles)) return;
  await attempt(() => tartStop(options, '0', 10_000));
  if (await isGoneWithin(options, 5_000, troubles)) return;
  await attempt(() => killProcesses(options));
  if (await isGoneWithin(options, 5_000, troubles)) return;
  throw new MacrunnerError('vm-running', `the VM ${options.name} cannot be stopped`, {
    hint: 'look for its "tart run" process; when it cannot be killed, reboot the host',
    cause: troubles.at(-1),
  });
}

async function tartStop({ program, name, signal }: StopOptions, seconds: string, timeoutMs: number) {
  const args = ['stop', name, '--timeout', seconds];
  await callTart(program, args, { timeoutMs, signal, okExitCodes: [ABSENT_EXIT_CODE] });
}

async function isGoneWithin(options: StopOptions, waitMs: number, troubles: unknown[]): Promise<boolean> {
  const endMs = performance.now() + waitMs;
  for (;;) {
    try {
      if (await isGone(options)) return true;
    } catch (error) {
      options.signal.throwIfAborted();
      troubles.push(error); // A look that failed is no proof of absence.
    }
    if (performance.now() > endMs) return false;
    await realSleep(POLL_MS, options.signal);
  }
}

async function isGone({ program, ps, name, signal }: StopOptions): Promise<boolean> {
  const [vms, processes] = await Promise.all([listVms(program, signal), findRunProcesses(ps, name, signal)]);
  return processes.length === 0 && !vms.some((vm) => vm.name === name && vm.state === 'running');
}

async function killProcesses({ ps, name, signal }: StopOptions): Promise<void> {
  for (const { pid, isTart } of await findRunProcesses(ps, name, signal)) {
    if (isTart) process.kill(pid, 'SIGKILL'); // What switched users ends with it.
  }
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
