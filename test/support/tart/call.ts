/** Calls the double as a shell would, and reports all that a caller can see. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TartRig } from '../tart-rig.ts';
import { until } from '../until.ts';

export interface Outcome {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly outcome: Promise<Outcome>;
  stdout(): string;
}

export interface CallOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

export function startTart(rig: TartRig, args: readonly string[], options: CallOptions = {}): Started {
  const env = options.env ?? { TART_HOME: rig.double.home, CI: '1', PATH: '/usr/bin:/bin' };
  const child = spawn(rig.double.path, args, { env, cwd: '/', stdio: ['pipe', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin.on('error', () => child.stdin.destroy());
  child.stdin.end(options.input);
  const outcome = new Promise<Outcome>((resolve) => {
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal, stdout, stderr }));
  });
  return { child, pid: child.pid ?? -1, outcome, stdout: () => stdout };
}

export function callTart(rig: TartRig, args: readonly string[], options?: CallOptions): Promise<Outcome> {
  return startTart(rig, args, options).outcome;
}

/** `tart run`, up to the moment the VM's lock is held. */
export async function runVm(rig: TartRig, name: string): Promise<Started> {
  const started = startTart(rig, ['run', name, '--no-graphics']);
  await until(() => rig.double.isRunning(name));
  return started;
}

/** Puts an executable shell script into a VM's disk, at an absolute path of the guest. */
export function writeProgram(rig: TartRig, vm: string, path: string, script: string): void {
  const target = join(rig.double.rootfs(vm), path);
  mkdirSync(join(target, '..'), { recursive: true });
  writeFileSync(target, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

/** A zombie of an orphan does not count as alive. */
export async function isAlive(pid: number): Promise<boolean> {
  const ps = spawn('ps', ['-o', 'stat=', '-p', String(pid)]);
  let state = '';
  ps.stdout.on('data', (piece: Buffer) => {
    state += piece.toString();
  });
  await new Promise((resolve) => ps.once('close', resolve));
  return state.trim() !== '' && !state.trim().startsWith('Z');
}
