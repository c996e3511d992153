/** The fault script and the call log. Both are files, so that every process of the double agrees on them. */
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Double } from './settings.ts';

export interface Fault {
  readonly command: string;
  /** Only calls whose arguments, joined by spaces, contain this. */
  readonly match?: string;
  /** The n-th matching call since the script was set, from 1; every one without it. */
  readonly nth?: number;
  readonly delayMs?: number;
  /** Never ends by itself. */
  readonly hang?: boolean;
  readonly stdout?: string;
  readonly stderr?: string;
  /** Ends with this code instead of doing the work. */
  readonly exitCode?: number;
  /** Dies by this signal instead of doing the work. */
  readonly signal?: NodeJS.Signals;
  /** The work is done first; then the fault strikes. */
  readonly isAfter?: boolean;
}

export interface Call {
  readonly command: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Names of all variables that arrived. */
  readonly envNames: readonly string[];
  readonly cwd: string;
  readonly pid: number;
  readonly atMs: number;
  /** Flags that this project must never use. */
  readonly violations: readonly string[];
}

const SEEN_VARIABLES = ['TART_HOME', 'CI', 'TART_NO_AUTO_PRUNE', 'PATH'];
const FORBIDDEN_FLAGS = ['--dir', '--disk', '--net-bridged', '--net-host', '--vnc', '--vnc-experimental'];

/** Forbidden flags among a `run` command line. */
export function violationsOf(argv: readonly string[]): readonly string[] {
  if (argv[0] !== 'run') return [];
  return FORBIDDEN_FLAGS.filter((flag) => argv.some((word) => word === flag || word.startsWith(`${flag}=`)));
}

/** One line, one write: lines of concurrent calls do not mix. */
export function logCall(dir: string, argv: readonly string[]): void {
  const seen = SEEN_VARIABLES.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const call: Call = {
    command: argv[0] ?? '',
    argv,
    env: Object.fromEntries(seen),
    envNames: Object.keys(process.env).filter((name) => name !== 'NODE_COMPILE_CACHE'),
    cwd: process.cwd(),
    pid: process.pid,
    atMs: Date.now(),
    violations: violationsOf(argv),
  };
  appendFileSync(join(dir, 'calls.ndjson'), `${JSON.stringify(call)}\n`);
}

/** The first fault of the script that hits this call. */
export function faultFor(double: Double, argv: readonly string[]): Fault | undefined {
  const file = join(double.dir, 'faults.json');
  if (!existsSync(file)) return undefined;
  const script: { id: string; faults: readonly Fault[] } = JSON.parse(readFileSync(file, 'utf8'));
  return script.faults.find((fault, at) => {
    if (fault.command !== argv[0] || !argv.join(' ').includes(fault.match ?? '')) return false;
    return (
      fault.nth === undefined || takeNumber(join(double.dir, 'counts', script.id, String(at))) === fault.nth
    );
  });
}

/** Counts calls without a lock: a number belongs to the process that made its file. */
function takeNumber(dir: string): number {
  mkdirSync(dir, { recursive: true });
  for (let number = readdirSync(dir).length + 1; ; number += 1) {
    try {
      writeFileSync(join(dir, String(number)), '', { flag: 'wx' });
      return number;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
  }
}

/** Lets a fault strike. Resolves when the call may go on. */
export async function strike(fault: Fault): Promise<void> {
  if (fault.delayMs !== undefined) await wait(fault.delayMs);
  if (fault.stdout !== undefined) process.stdout.write(fault.stdout);
  if (fault.stderr !== undefined) process.stderr.write(fault.stderr);
  if (fault.hang) await new Promise(() => setInterval(() => undefined, 60_000));
  if (fault.signal !== undefined) {
    process.kill(process.pid, fault.signal);
    await wait(1_000);
  }
  if (fault.exitCode !== undefined) process.exit(fault.exitCode);
}
