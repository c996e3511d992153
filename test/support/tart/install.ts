/** Puts a tart double into a directory and gives tests their handle on it. */
import { randomBytes, randomUUID } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Call, Fault } from './faults.ts';
import { killGuest } from './guest.ts';
import { imagePath, keepForever, linkTag } from './images.ts';
import { holderPid, isAlive, pathOf, vmKey } from './lock.ts';
import { parseRemote, type RemoteName, remoteOrFail } from './names.ts';
import type { ManifestFile } from './registry.ts';
import { installService, killServices, servicePid } from './service.ts';
import { DEFAULT_SETTINGS, type Double, type Settings } from './settings.ts';
import { localNames, newConfig, renewIdentity, writeConfig } from './vms.ts';

export interface ImageOptions {
  /** Content of the disk; copied. */
  readonly rootfs?: string;
  readonly os?: 'darwin' | 'linux';
  readonly diskGB?: number;
  /** What it takes on the volume. Default 1. */
  readonly allocatedGB?: number;
  /** What its registry says of it. */
  readonly manifest?: ManifestFile;
}

export interface TartDouble {
  /** The program. */
  readonly path: string;
  /** To be given as TART_HOME. */
  readonly home: string;
  /** A stopped local VM (a template, or a foreign VM), or a cached image when the name has a slash. */
  addImage(name: string, options?: ImageOptions): void;
  /** An image in the registry alone; its tag moves when there is one already. Returns its digest. */
  addRemote(name: string, options?: ImageOptions): string;
  /** What was fetched from the registry, oldest first: `NAME manifest` or `NAME layer N`. */
  fetched(): readonly string[];
  configure(settings: Partial<Settings>): void;
  /** Replaces the fault script; counting starts anew. */
  script(faults: readonly Fault[]): void;
  calls(command?: string): readonly Call[];
  /** The disk of a VM. */
  rootfs(name: string): string;
  runPid(name: string): number;
  isRunning(name: string): Promise<boolean>;
  /** The system's process that serves a VM; undefined when it has ended. */
  servicePid(name: string): number | undefined;
  /** The guest powers off, crashes (of what follows the word), or loses its network attachment; or softnet dies. */
  power(name: string, word: 'off' | 'crash' | `crash ${string}` | 'detach' | 'softnet'): void;
  /** Kills every `run` and every guest process. */
  killAll(): Promise<void>;
}

export function installTartDouble(dir: string, settings: Partial<Settings> = {}): TartDouble {
  const home = join(dir, 'home');
  for (const part of ['s', 'registry', 'home/vms', 'home/cache/OCIs', 'home/tmp']) {
    mkdirSync(join(dir, part), { recursive: true });
  }
  let present: Settings = { ...DEFAULT_SETTINGS, ...settings };
  writeWhole(join(dir, 'double.json'), JSON.stringify(present));
  writeShim(dir);
  installService(dir);
  const double = (): Double => ({ dir, home, settings: present });

  return {
    path: join(dir, 'tart'),
    home,
    addImage: (name, options = {}) => addImage(home, name, options),
    addRemote: (name, options = {}) => addRemote(join(dir, 'registry'), name, options),
    fetched: () => linesOf(join(dir, 'fetched')),
    configure(changed) {
      present = { ...present, ...changed };
      writeWhole(join(dir, 'double.json'), JSON.stringify(present));
    },
    script: (faults) => writeWhole(join(dir, 'faults.json'), JSON.stringify({ id: randomUUID(), faults })),
    calls: (command) =>
      linesOf(join(dir, 'calls.ndjson'))
        .map((line): Call => JSON.parse(line))
        .filter((call) => command === undefined || call.command === command),
    rootfs: (name) => join(home, 'vms', name, 'rootfs'),
    runPid: (name) => holderPid(double(), vmKey(double(), name)),
    isRunning: (name) => isAlive(double(), vmKey(double(), name)),
    servicePid: (name) => servicePid(double(), vmKey(double(), name)),
    power(name, word) {
      const key = vmKey(double(), name);
      writeFileSync(pathOf(double(), key, 'power'), word);
      process.kill(holderPid(double(), key), 'SIGUSR2');
    },
    killAll: () => killAll(double()),
  };
}

/** By their locks, not by the VMs on disk: the directory of a running VM may have been replaced. */
async function killAll(double: Double): Promise<void> {
  const locks = readdirSync(join(double.dir, 's')).filter((file) => file.endsWith('.sock'));
  for (const key of locks.map((file) => file.slice(0, -'.sock'.length))) {
    if (await isAlive(double, key)) process.kill(holderPid(double, key), 'SIGKILL');
    killGuest(double, key, join(double.home, 'none'));
  }
  killServices(double);
  for (const name of localNames(double)) {
    killGuest(double, vmKey(double, name), join(double.home, 'vms', name, 'rootfs'));
  }
}

function writeShim(dir: string): void {
  const main = join(import.meta.dirname, 'main.ts');
  // The cache keeps a call near Node's own start-up time; it holds nothing but these few files.
  const cache = join(tmpdir(), `macrunner-double-${process.getuid?.() ?? 0}`);
  const command = `exec '${process.execPath}' '${main}' '${dir}' "$@"`;
  writeFileSync(join(dir, 'tart'), `#!/bin/sh\nNODE_COMPILE_CACHE='${cache}' ${command}\n`, { mode: 0o755 });
}

function addImage(home: string, name: string, options: ImageOptions): void {
  const remote = parseRemote(name);
  if (remote !== undefined) {
    const root = join(home, 'cache/OCIs');
    if (remote.kind === 'tag') layTagged(root, remote, options);
    else {
      layImage(imagePath(root, remote), options);
      keepForever(imagePath(root, remote));
    }
    return;
  }
  const dir = join(home, 'vms', name);
  layImage(dir, options);
  renewIdentity(dir);
}

function addRemote(root: string, name: string, options: ImageOptions): string {
  const remote = remoteOrFail(name);
  const digest = layTagged(root, remote, options);
  // A registry does not collect what loses its tag.
  keepForever(imagePath(root, { ...remote, kind: 'digest', reference: digest }));
  return digest;
}

function layTagged(root: string, remote: RemoteName, options: ImageOptions): string {
  const digest = `sha256:${randomBytes(32).toString('hex')}`;
  layImage(imagePath(root, { ...remote, kind: 'digest', reference: digest }), options);
  linkTag(root, remote, digest);
  return digest;
}

function layImage(dir: string, options: ImageOptions): void {
  mkdirSync(join(dir, 'rootfs/Users/admin'), { recursive: true });
  for (const file of ['nvram.bin', 'disk.img']) writeFileSync(join(dir, file), '');
  truncateSync(join(dir, 'disk.img'), (options.diskGB ?? 50) * 1_000_000_000);
  if (options.rootfs !== undefined) {
    cpSync(options.rootfs, join(dir, 'rootfs'), { recursive: true, verbatimSymlinks: true });
  }
  if (options.allocatedGB !== undefined) {
    writeFileSync(join(dir, '.allocated'), String(options.allocatedGB * 1_000_000_000));
  }
  writeConfig(dir, newConfig(options.os ?? 'darwin'));
  writeFileSync(join(dir, 'manifest.json'), JSON.stringify(options.manifest ?? {}));
}

function linesOf(file: string): readonly string[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
}

/** Never half-written for a process that reads it just now. */
function writeWhole(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}
