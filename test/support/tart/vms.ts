/** VM directories and the OCI cache on disk, laid out as tart lays them out; `rootfs/` stands for the disk's content. */
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { missingVm, runtime } from './failure.ts';
import { isAlive } from './lock.ts';
import type { Double } from './settings.ts';

export interface VmConfig {
  version: 1;
  os: 'darwin' | 'linux';
  arch: 'arm64';
  cpuCountMin: number;
  cpuCount: number;
  memorySizeMin: number;
  memorySize: number;
  macAddress: string;
  display: { width: number; height: number };
  diskFormat: 'raw';
}

const VM_FILES = ['config.json', 'disk.img', 'nvram.bin'] as const;
const GB = 1_000_000_000;

/** `host/ns…:tag` and `host/ns…@sha256:…` have a slash; all else is a local name. */
export function isRemote(name: string): boolean {
  return name.includes('/');
}

export function vmDir(double: Double, name: string): string {
  return join(double.home, 'vms', name);
}

/** Opens a local VM as most commands do. */
export function openVm(double: Double, name: string): string {
  const dir = vmDir(double, name);
  if (isRemote(name) || !existsSync(join(dir, 'config.json'))) throw missingVm(name);
  if (!isComplete(dir)) {
    throw runtime('VM is missing some of its files (config.json, disk.img or nvram.bin)');
  }
  return dir;
}

function isComplete(dir: string): boolean {
  return VM_FILES.every((file) => existsSync(join(dir, file)));
}

export function readConfig(dir: string): VmConfig {
  return JSON.parse(readFileSync(join(dir, 'config.json'), 'utf8'));
}

export function writeConfig(dir: string, config: VmConfig): void {
  writeFileSync(join(dir, 'config.json'), JSON.stringify(config));
}

export function diskGB(dir: string): number {
  return Math.floor(statSync(join(dir, 'disk.img')).size / GB);
}

export function localNames(double: Double): readonly string[] {
  const vms = join(double.home, 'vms');
  return readdirSync(vms)
    .filter((name) => isComplete(join(vms, name)))
    .sort();
}

export type State = 'running' | 'suspended' | 'stopped';

export async function stateOf(double: Double, name: string): Promise<State> {
  // A config.json that cannot be opened reads as "no lock": the real program's false "stopped".
  if (double.settings.unreadable.includes(name)) return 'stopped';
  if (await isAlive(double, name)) return 'running';
  return existsSync(join(vmDir(double, name), 'state.vzvmsave')) ? 'suspended' : 'stopped';
}

/** The cached image's directory, or undefined; a tag is a link to its digest's directory. */
export function cachedImage(double: Double, name: string): string | undefined {
  const [, base = name, tag, digest] = /^(.+?)(?::([^:/@]+)|@(sha256:[0-9a-f]+))?$/.exec(name) ?? [];
  const dir = join(double.home, 'cache/OCIs', base, digest ?? tag ?? 'latest');
  return isComplete(dir) ? dir : undefined;
}

export interface CachedRow {
  readonly name: string;
  readonly dir: string;
}

/** Every cached reference: a pulled tag yields two rows. */
export function cachedRows(double: Double): readonly CachedRow[] {
  const root = join(double.home, 'cache/OCIs');
  return findImages(root)
    .map((dir) => ({ dir, name: referenceOf(dir.slice(root.length + 1)) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Does not look into images: their rootfs may be large. */
function findImages(dir: string): readonly string[] {
  if (isComplete(dir)) return [dir];
  const entries = readdirSync(dir, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
    .flatMap((entry) => findImages(join(dir, entry.name)));
}

function referenceOf(path: string): string {
  const [, base, last = ''] = /^(.+)\/([^/]+)$/.exec(path) ?? [];
  return `${base}${last.startsWith('sha256:') ? '@' : ':'}${last}`;
}

/** `host/ns@sha256:…` of a cached reference. */
export function digestName(double: Double, name: string): string | undefined {
  if (name.includes('@')) return name;
  const [, base = name, tag = 'latest'] = /^(.+?)(?::([^:/@]+))?$/.exec(name) ?? [];
  const link = join(double.home, 'cache/OCIs', base, tag);
  if (!existsSync(link)) return undefined;
  return `${base}@${readlinkSync(link).split('/').at(-1) ?? ''}`;
}
