/** Kills the `tart run` of a VM now and then, as the kernel does that runs out of memory: the job in it is lost with it. */
import type { Stage } from '../e2e/stage.ts';
import { type Chronicle, note } from './chronicle.ts';
import { livingVms } from './daemons.ts';
import type { Dice } from './dice.ts';

const SHORTEST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 25_000;

/** Goes on until `signal` aborts. */
export async function killVms(
  stage: Stage,
  chronicle: Chronicle,
  dice: Dice,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await pause(dice.between(SHORTEST_PAUSE_MS, LONGEST_PAUSE_MS), signal);
    if (signal.aborted) return;
    const living = await livingVms(stage);
    if (living.length === 0) continue;
    const vm = dice.pick(living);
    chronicle.deaths.push({ vm, atMs: Date.now() });
    note(chronicle, `the VM ${vm} is killed`);
    kill(stage.tart.runPid(vm));
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // It ended in the moment between.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** Resolves after `ms` or as soon as the signal aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const onAbort = (): void => resolve();
  signal.addEventListener('abort', onAbort, { once: true });
  await promise;
  clearTimeout(timer);
  signal.removeEventListener('abort', onAbort);
}
