/** Puts a tart double into a directory and gives tests their handle on it. */
import { randomUUID } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Call, Fault } from './faults.ts';
import { killGuest } from './guest.ts';
import { holderPid, isAlive, pathOf } from './lock.ts';
import { DEFAULT_SETTINGS, type Double, type Settings } from './settings.ts';
import { localNames, type VmConfig, writeConfig } from './vms.ts';

export interface ImageOptions {
  /** Content of the disk; copied. */
  readonly rootfs?: string;
  readonly os?: 'darwin' | 'linux';
  readonly diskGB?: number;
}

export interface TartDouble {
  /** The program. */
  readonly path: string;
  /** To be given as TART_HOME. */
  readonly home: string;
  /** A stopped local VM (a template, or a foreign VM), or a cached image when the name has a slash. */
  addImage(name: string, options?: ImageOptions): void;
  configure(settings: Partial<Settings>): void;
  /** Replaces the fault script; counting starts anew. */
  script(faults: readonly Fault[]): void;
  calls(command?: string): readonly Call[];
  /** The disk of a VM. */
  rootfs(name: string): string;
  runPid(name: string): number;
  isRunning(name: string): Promise<boolean>;
  /** The guest powers off, crashes, or loses its network attachment. */
  power(name: string, word: 'off' | 'crash' | 'detach'): void;
  /** Kills every `run` and every guest process. */
  killAll(): Promise<void>;
}

export function installTartDouble(dir: string, settings: Partial<Settings> = {}): TartDouble {
  const home = join(dir, 'home');
  for (const part of ['s', 'home/vms', 'home/cache/OCIs', 'home/tmp']) {
    mkdirSync(join(dir, part), { recursive: true });
  }
  let present: Settings = { ...DEFAULT_SETTINGS, ...settings };
  writeWhole(join(dir, 'double.json'), JSON.stringify(present));
  writeShim(dir);
  const double = (): Double => ({ dir, home, settings: present });

  return {
    path: join(dir, 'tart'),
    home,
    addImage: (name, options = {}) => addImage(home, name, options),
    configure(changed) {
      present = { ...present, ...changed };
      writeWhole(join(dir, 'double.json'), JSON.stringify(present));
    },
    script: (faults) => writeWhole(join(dir, 'faults.json'), JSON.stringify({ id: randomUUID(), faults })),
    calls: (command) => readCalls(dir).filter((call) => command === undefined || call.command === command),
    rootfs: (name) => join(home, 'vms', name, 'rootfs'),
    runPid: (name) => holderPid(double(), name),
    isRunning: (name) => isAlive(double(), name),
    power(name, word) {
      writeFileSync(pathOf(double(), name, 'power'), word);
      process.kill(holderPid(double(), name), 'SIGUSR2');
    },
    async killAll() {
      for (const name of localNames(double())) {
        if (await isAlive(double(), name)) process.kill(holderPid(double(), name), 'SIGKILL');
        killGuest(double(), name);
      }
    },
  };
}

function writeShim(dir: string): void {
  const main = join(import.meta.dirname, 'main.ts');
  // The cache keeps a call near Node's own start-up time; it holds nothing but these few files.
  const cache = join(tmpdir(), `macrunner-double-${process.getuid?.() ?? 0}`);
  const command = `exec '${process.execPath}' '${main}' '${dir}' "$@"`;
  writeFileSync(join(dir, 'tart'), `#!/bin/sh\nNODE_COMPILE_CACHE='${cache}' ${command}\n`, { mode: 0o755 });
}

function addImage(home: string, name: string, options: ImageOptions): void {
  const [, base = name, digest] = /^(.+)@(sha256:[0-9a-f]+)$/.exec(name) ?? [];
  const [, repository = name, tag = 'latest'] = /^(.+?)(?::([^:/]+))?$/.exec(base) ?? [];
  const cache = join(home, 'cache/OCIs', digest === undefined ? repository : base);
  const dir = name.includes('/') ? join(cache, digest ?? `sha256:${randomHex()}`) : join(home, 'vms', name);
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'nvram.bin'), '');
  writeFileSync(join(dir, 'disk.img'), '');
  truncateSync(join(dir, 'disk.img'), (options.diskGB ?? 50) * 1_000_000_000);
  mkdirSync(join(dir, 'rootfs/Users/admin'), { recursive: true });
  if (options.rootfs !== undefined) {
    cpSync(options.rootfs, join(dir, 'rootfs'), { recursive: true, verbatimSymlinks: true });
  }
  writeConfig(dir, newConfig(options.os ?? 'darwin'));
  if (!name.includes('/')) return;
  writeFileSync(join(dir, 'manifest.json'), '{}');
  if (digest === undefined) symlinkSync(dir, join(cache, tag));
}

function newConfig(os: 'darwin' | 'linux'): VmConfig {
  return {
    version: 1,
    os,
    arch: 'arm64',
    cpuCountMin: 2,
    cpuCount: 4,
    memorySizeMin: 4_294_967_296,
    memorySize: 8_589_934_592,
    macAddress: '5e:00:00:00:00:01',
    display: { width: 1024, height: 768 },
    diskFormat: 'raw',
  };
}

function readCalls(dir: string): readonly Call[] {
  const file = join(dir, 'calls.ndjson');
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line): Call => JSON.parse(line));
}

/** Never half-written for a process that reads it just now. */
function writeWhole(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

function randomHex(): string {
  return (randomUUID() + randomUUID()).replaceAll('-', '');
}
