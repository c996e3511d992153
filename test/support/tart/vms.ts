/** VM directories on disk, laid out as tart lays them out; `rootfs/` stands for the disk's content. */
import { randomBytes, randomInt } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { missingVm, runtime } from './failure.ts';
import { isAlive, vmKey } from './lock.ts';
import { type Double, isSince } from './settings.ts';

export interface VmConfig {
  version: 1;
  os: 'darwin' | 'linux';
  arch: 'arm64';
  cpuCountMin: number;
  cpuCount: number;
  memorySizeMin: number;
  memorySize: number;
  macAddress: string;
  display: { width: number; height: number; unit?: string };
  displayRefit?: boolean;
  diskFormat: 'raw' | 'asif';
}

const VM_FILES = ['config.json', 'disk.img', 'nvram.bin'] as const;
const GB = 1_000_000_000;

export function vmDir(double: Double, name: string): string {
  return join(double.home, 'vms', name);
}

/** Opens a local VM as most commands do, which counts as an access. */
export function openVm(double: Double, name: string): string {
  return openDir(double, name, vmDir(double, name));
}

export function openDir(double: Double, name: string, dir: string): string {
  if (!existsSync(dir)) throw missingVm(name);
  if (!isComplete(dir)) throw runtime(missingFiles(double));
  touch(dir, new Date());
  return dir;
}

/** The later wording belongs to the disks in layers that came after 2.35.0. */
function missingFiles(double: Double): string {
  if (!isSince(double, '2.35.1')) {
    return 'VM is missing some of its files (config.json, disk.img or nvram.bin)';
  }
  return (
    'VM is missing files for a supported layout: standalone requires config.json, disk.img and nvram.bin; ' +
    'stacked requires config.json, manifest.json, overlay.asif and nvram.bin'
  );
}

export function isComplete(dir: string): boolean {
  return VM_FILES.every((file) => existsSync(join(dir, file)));
}

export function readConfig(dir: string): VmConfig {
  return JSON.parse(readFileSync(join(dir, 'config.json'), 'utf8'));
}

export function writeConfig(dir: string, config: VmConfig): void {
  writeFileSync(join(dir, 'config.json'), JSON.stringify(config));
}

/** A VM of its own, whatever it was copied from. */
export function renewIdentity(dir: string): void {
  writeFileSync(join(dir, '.identity'), randomBytes(5).toString('hex'));
}

export function newConfig(os: 'darwin' | 'linux'): VmConfig {
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

/** Locally administered, unicast. */
export function randomMac(): string {
  const rest = Array.from({ length: 5 }, () => randomInt(256).toString(16).padStart(2, '0'));
  return ['5e', ...rest].join(':');
}

export function diskBytes(dir: string): number {
  return statSync(join(dir, 'disk.img')).size;
}

export function diskGB(dir: string): number {
  return Math.floor(diskBytes(dir) / GB);
}

/** What the files take on the volume; one GB unless the image says otherwise. */
export function allocatedBytes(dir: string): number {
  const file = join(dir, '.allocated');
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) : GB;
}

export function accessed(dir: string): Date {
  return statSync(dir).atime;
}

export function touch(dir: string, at: Date): void {
  utimesSync(dir, at, statSync(dir).mtime);
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
  if (await isAlive(double, vmKey(double, name))) return 'running';
  return existsSync(join(vmDir(double, name), 'state.vzvmsave')) ? 'suspended' : 'stopped';
}
