/**
 * Runs one script of a job, step or hook, with its output line by line, and ends it as the real runner does: INT, then
 * TERM after 7.5 s, then KILL for the whole tree after 2.5 s more (actions/runner: src/Runner.Sdk/ProcessInvoker.cs).
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface Script {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly onLine: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Resolves with the exit code, 128 + n after a signal. @throws when bash cannot be started, e.g. without its cwd */
export function runScript(script: Script): Promise<number> {
  const { args, cwd, env, onLine, signal } = script;
  const child = spawn('/bin/bash', args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', onLine);
  return new Promise((resolve, reject) => {
    const timers: NodeJS.Timeout[] = [];
    const end = () => {
      child.kill('SIGINT');
      timers.push(setTimeout(() => child.kill('SIGTERM'), graceMs(7_500)));
      timers.push(setTimeout(() => killTree(child.pid), graceMs(10_000)));
    };
    if (signal.aborted) end();
    signal.addEventListener('abort', end);
    child.on('error', reject);
    // Not `close`: what a step left in the background may hold its output open for ever.
    child.on('exit', (code, by) => {
      for (const timer of timers) clearTimeout(timer);
      signal.removeEventListener('abort', end);
      setImmediate(() => resolve(code ?? 128 + (by === 'SIGINT' ? 2 : by === 'SIGTERM' ? 15 : 9)));
    });
  });
}

/** Nobody in a simulation waits for the real graces: they are divided. */
function graceMs(real: number): number {
  return real / Number(process.env.MACRUNNER_DOUBLE_HASTE ?? '10');
}

function killTree(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
