/** The `macrunner` program as a real process, under a home of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { until } from './until.ts';

const MAIN = resolve(import.meta.dirname, '../../src/cli/main.ts');

export interface Running extends Disposable {
  readonly child: ChildProcess;
  /** Standard output and error so far. */
  stdout(): string;
  stderr(): string;
  /** Resolves once standard output or error matches. @throws with both when the process ends before */
  said(pattern: RegExp): Promise<void>;
  ended(): Promise<Ended>;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function startProgram(home: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env.PATH, MACRUNNER_HOME: home, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const closed = once(child, 'close');
  return {
    child,
    stdout: () => stdout,
    stderr: () => stderr,
    async said(pattern) {
      let isOver = false;
      // Not at its exit: what it said last may still be on the way.
      void closed.then(() => (isOver = true));
      const hasSaid = () => pattern.test(stdout) || pattern.test(stderr);
      await until(() => hasSaid() || isOver);
      if (!hasSaid()) throw new Error(`it never said ${pattern}: ${stdout}${stderr}`);
    },
    async ended() {
      await closed;
      return { code: child.exitCode, stdout, stderr };
    },
    [Symbol.dispose]: () => void child.kill('SIGKILL'),
  };
}

/** Runs the program to its end. */
export async function runProgram(
  home: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Ended> {
  using program = startProgram(home, args, env);
  return await program.ended();
}

/** Lines that take more than `width` columns, for a message that shows them. */
export function linesOver(width: number, text: string): readonly string[] {
  return text.split('\n').filter((line) => [...stripVTControlCharacters(line)].length > width);
}
