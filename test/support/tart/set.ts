/** `tart set`: edits without a look at whether the VM runs; an option that is not given is left as it is, but one. */
import { copyFileSync, renameSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { parseArguments } from './arguments.ts';
import { other, runtime } from './failure.ts';
import type { Double } from './settings.ts';
import { temporaryPath } from './tmp.ts';
import { diskGB, openVm, randomMac, readConfig, type VmConfig, writeConfig } from './vms.ts';

const MIB = 1_048_576;
const GB = 1_000_000_000;

export async function set(double: Double, argv: readonly string[]): Promise<void> {
  const args = parseArguments(
    {
      command: 'set',
      flags: ['--random-mac', '--random-serial', '--display-refit', '--no-display-refit'],
      options: ['--display', '--disk'],
      numbers: ['--cpu', '--memory', '--disk-size'],
      positionals: ['name'],
    },
    argv,
  );
  const dir = openVm(double, args.positionals[0] ?? '');
  const { displayRefit: _cleared, ...config } = readConfig(dir);
  const cpu = args.number('--cpu') ?? config.cpuCount;
  const memory = (args.number('--memory') ?? config.memorySize / MIB) * MIB;
  if (cpu < config.cpuCountMin) throw tooSmall(`${config.cpuCountMin} CPU cores`, cpu);
  if (memory < config.memorySizeMin) throw tooSmall(`${config.memorySizeMin} bytes of memory`, memory);
  const isRefit = args.has('--display-refit');
  writeConfig(dir, {
    ...config,
    cpuCount: cpu,
    memorySize: memory,
    macAddress: args.has('--random-mac') ? randomMac() : config.macAddress,
    display: displayOf(args.value('--display'), config.display),
    ...(isRefit || args.has('--no-display-refit') ? { displayRefit: isRefit } : {}),
  });
  const disk = args.value('--disk');
  if (disk !== undefined) replaceDisk(double, dir, disk);
  const size = args.number('--disk-size');
  if (size !== undefined) growDisk(dir, size);
}

function tooSmall(least: string, found: number) {
  return other(`LessThanMinimalResourcesError: VM should have ${least} at minimum (requested ${found})`);
}

/** `WxH[pt|px]`; a part that is no number leaves the present one. */
function displayOf(text: string | undefined, present: VmConfig['display']): VmConfig['display'] {
  if (text === undefined) return present;
  const [, size = '', unit] = /^(.*?)(pt|px)?$/.exec(text) ?? [];
  const [width = 0, height = 0] = size.split('x').map((part) => (/^\d+$/.test(part) ? Number(part) : 0));
  return {
    width: width || present.width,
    height: height || present.height,
    ...(unit === undefined ? {} : { unit }),
  };
}

function replaceDisk(double: Double, dir: string, path: string): void {
  const temporary = temporaryPath(double);
  copyFileSync(path, temporary);
  renameSync(temporary, join(dir, 'disk.img'));
}

function growDisk(dir: string, sizeGB: number): void {
  const presentGB = diskGB(dir);
  if (sizeGB < presentGB) {
    throw runtime(`new disk size of ${sizeGB} should be larger than the current disk size of ${presentGB}`);
  }
  truncateSync(join(dir, 'disk.img'), sizeGB * GB);
}
