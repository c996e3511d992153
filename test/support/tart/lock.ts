/**
 * Locks that the kernel lets go with their holder, as tart's do: a running VM is a listening socket (so SIGKILL of
 * `run` flips its state at once), the global lock is SQLite's file lock.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Double } from './settings.ts';

/** Short, because the path of a socket may have 104 bytes at most; the same for one VM of one home. */
export function vmKey(double: Double, name: string): string {
  return createHash('sha256').update(`${double.home}\0${name}`).digest('hex').slice(0, 10);
}

export function pathOf(double: Double, name: string, what: 'sock' | 'pid' | 'power' | 'groups'): string {
  return join(double.dir, 's', `${vmKey(double, name)}.${what}`);
}

/** Connects to the `run` process of a VM; undefined when none lives. */
export function dial(double: Double, name: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(pathOf(double, name, 'sock'));
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(undefined));
  });
}

export async function isAlive(double: Double, name: string): Promise<boolean> {
  const socket = await dial(double, name);
  socket?.destroy();
  return socket !== undefined;
}

/** Takes the VM's lock for the life of this process. Call it under the global lock. */
export function holdVm(double: Double, name: string, onDial: (socket: Socket) => void): Promise<Server> {
  mkdirSync(pathOf(double, name, 'groups'), { recursive: true });
  rmSync(pathOf(double, name, 'sock'), { force: true });
  rmSync(pathOf(double, name, 'power'), { force: true });
  writeFileSync(pathOf(double, name, 'pid'), String(process.pid));
  const server = createServer(onDial);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(pathOf(double, name, 'sock'), () => resolve(server));
  });
}

export function holderPid(double: Double, name: string): number {
  return Number(readFileSync(pathOf(double, name, 'pid'), 'utf8'));
}

/** Runs `work` while nobody else holds the global lock of this home. */
export async function withGlobalLock<T>(double: Double, work: () => T | Promise<T>): Promise<T> {
  const { DatabaseSync } = await import('node:sqlite');
  const lock = new DatabaseSync(join(double.home, '.double-lock'), { timeout: 60_000 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return await work();
  } finally {
    lock.close();
  }
}
