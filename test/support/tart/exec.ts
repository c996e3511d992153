/** `tart exec`: a program in the guest, through the `run` process, over no network. */
import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { parseArguments } from './arguments.ts';
import { cancelled, notRunning, other, runtime } from './failure.ts';
import { findProgram, spawnInGuest } from './guest.ts';
import { dial, vmKey } from './lock.ts';
import type { Double } from './settings.ts';
import { openVm, stateOf } from './vms.ts';

const UNREACHABLE =
  'Failed to connect to the VM using its control socket: unavailable (14): connection refused ' +
  '(GRPC.GRPCConnectionPoolError error 1.), is the Tart Guest Agent running?';

export async function exec(double: Double, argv: readonly string[]): Promise<void> {
  const args = parseArguments(
    {
      command: 'exec',
      flags: ['-i', '-t'],
      positionals: ['name', 'command'],
      isVariadic: true,
      isVerbatim: true,
    },
    argv,
  );
  const [name = '', program = '', ...rest] = args.positionals;
  openVm(double, name);
  if ((await stateOf(double, name)) !== 'running') throw notRunning(name);
  if (args.has('-t') && !process.stdout.isTTY) process.kill(process.pid, 'SIGTRAP');
  const channel = await dial(double, vmKey(double, name));
  if (channel === undefined) throw runtime(UNREACHABLE);
  await agentUp(channel, double.settings.agentWaitMs);
  const path = findProgram(double, name, program);
  if (path === undefined) {
    throw other(`unknown (2): exec: "${program}": executable file not found in $PATH`);
  }
  const stdin = args.has('-i') ? 'inherit' : 'ignore';
  const child = spawnInGuest(double, name, [path, ...rest], [stdin, 'pipe', 'pipe']);
  const former = process.listeners('SIGINT');
  process.on('SIGINT', () => {
    // The agent kills its direct child only.
    child.kill('SIGKILL');
    finish(1, `${cancelled().message}\n`);
  });
  // Not before: a signal that comes while nobody listens is lost.
  for (const listener of former) process.off('SIGINT', listener);
  channel.once('close', () => finish(1, 'Error: unavailable (14): Transport became inactive\n'));
  finish(await exitCodeOf(child));
}

/** The run process says `up` as soon as the agent answers. */
export function agentUp(channel: Socket, waitMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = setTimeout(() => reject(runtime(UNREACHABLE)), waitMs);
    channel.once('close', () => {
      clearTimeout(giveUp);
      reject(runtime(UNREACHABLE));
    });
    channel.on('error', () => channel.destroy());
    channel.once('data', () => {
      clearTimeout(giveUp);
      channel.removeAllListeners('close');
      resolve();
    });
  });
}

/** Resolves when both outputs reached their end, however long a background child holds them. */
function exitCodeOf(child: ChildProcess): Promise<number> {
  child.stdout?.pipe(process.stdout, { end: false });
  child.stderr?.pipe(process.stderr, { end: false });
  // Nobody reads any more: end as abruptly as the real one, the guest finds out at its next output.
  process.stdout.on('error', () => process.exit(1));
  return new Promise((resolve) => {
    child.once('error', (error) => finish(1, `Error: unknown (2): ${error.message}\n`));
    child.once('close', (code) => resolve(code ?? 255));
  });
}

function finish(exitCode: number, words = ''): void {
  process.stderr.write(words, () => process.stdout.write('', () => process.exit(exitCode)));
}
