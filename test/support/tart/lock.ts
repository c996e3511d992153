/**
 * Locks that the kernel lets go with their holder, as tart's do: a running VM is a listening socket (so SIGKILL of
 * `run` flips its state at once), all others are SQLite's file locks.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Double } from './settings.ts';

const RETRY_MS = 5;

/**
 * Of a VM, whatever its name is by now; a copy that takes its name has another one. Short, because the path of a
 * socket may have 104 bytes at most.
 */
export function vmKey(double: Double, name: string): string {
  const file = join(double.home, 'vms', name, '.identity');
  if (existsSync(file)) return readFileSync(file, 'utf8');
  return createHash('sha256').update(`${double.home}\0${name}`).digest('hex').slice(0, 10);
}

export function pathOf(
  double: Double,
  key: string,
  what: 'sock' | 'pid' | 'power' | 'groups' | 'address' | 'shares' | 'service',
): string {
  return join(double.dir, 's', `${key}.${what}`);
}

/** Connects to the `run` process of a VM; undefined when none lives. */
export function dial(double: Double, key: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(pathOf(double, key, 'sock'));
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(undefined));
  });
}

export async function isAlive(double: Double, key: string): Promise<boolean> {
  const socket = await dial(double, key);
  socket?.destroy();
  return socket !== undefined;
}

/** Takes the VM's lock for the life of this process. Call it under the global lock. */
export function holdVm(double: Double, key: string, onDial: (socket: Socket) => void): Promise<Server> {
  mkdirSync(pathOf(double, key, 'groups'), { recursive: true });
  for (const what of ['sock', 'power', 'address', 'shares'] as const) {
    rmSync(pathOf(double, key, what), { force: true });
  }
  writeFileSync(pathOf(double, key, 'pid'), String(process.pid));
  const server = createServer(onDial);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(pathOf(double, key, 'sock'), () => resolve(server));
  });
}

export function holderPid(double: Double, key: string): number {
  return Number(readFileSync(pathOf(double, key, 'pid'), 'utf8'));
}

/** Runs `work` while nobody else holds the global lock of this home. */
export function withGlobalLock<T>(double: Double, work: () => T | Promise<T>): Promise<T> {
  return withLock(join(double.home, '.double-lock'), work);
}

/** Runs `work` while nobody else holds the lock in `file`. Waiting does not block: SIGINT is heard meanwhile. */
export async function withLock<T>(
  file: string,
  work: () => T | Promise<T>,
  onWait: () => void = () => undefined,
): Promise<T> {
  const { DatabaseSync } = await import('node:sqlite');
  const lock = new DatabaseSync(file, { timeout: 0 });
  const take = (): boolean => {
    try {
      lock.exec('BEGIN EXCLUSIVE');
      return true;
    } catch (error) {
      if (error instanceof Error && /locked|busy/.test(error.message)) return false;
      throw error;
    }
  };
  try {
    if (!take()) {
      onWait();
      while (!take()) await wait(RETRY_MS);
    }
    return await work();
  } finally {
    lock.close();
  }
}
