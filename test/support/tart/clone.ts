/** `tart clone` of what is on this machine, and `tart pull` of what is cached. There is no registry here. */
import { cpSync, existsSync, mkdirSync, renameSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArguments } from './arguments.ts';
import { invalid, other, runtime } from './failure.ts';
import { withGlobalLock } from './lock.ts';
import { randomMac } from './run.ts';
import type { Double } from './settings.ts';
import { temporaryPath } from './tmp.ts';
import {
  cachedImage,
  digestName,
  isRemote,
  localNames,
  openVm,
  readConfig,
  vmDir,
  writeConfig,
} from './vms.ts';

export async function clone(double: Double, argv: readonly string[]): Promise<void> {
  const { positionals } = parseArguments(
    {
      command: 'clone',
      flags: ['--insecure'],
      options: ['--concurrency', '--prune-limit'],
      positionals: ['source-name', 'new-name'],
    },
    argv,
  );
  const [source = '', name = ''] = positionals;
  if (isRemote(name)) throw invalid('clone', '<new-name> should be a local name');
  const from = isRemote(source) ? cachedImage(double, source) : openVm(double, source);
  if (from === undefined) throw pullFailure(source);
  await withGlobalLock(double, () => copyVm(double, from, name));
}

function copyVm(double: Double, from: string, name: string): void {
  const target = vmDir(double, name);
  if (existsSync(target) && double.settings.refusesOverwrite) {
    throw runtime(`VM "${name}" already exists, use --overwrite to replace it`);
  }
  const temporary = temporaryPath(double);
  mkdirSync(temporary, { recursive: true });
  for (const file of ['config.json', 'nvram.bin', 'rootfs', 'state.vzvmsave']) {
    if (!existsSync(join(from, file))) continue;
    cpSync(join(from, file), join(temporary, file), { recursive: true, verbatimSymlinks: true });
  }
  // Sparse, like a clone on APFS: copying would fill the disk with zeros.
  writeFileSync(join(temporary, 'disk.img'), '');
  truncateSync(join(temporary, 'disk.img'), statSync(join(from, 'disk.img')).size);
  const config = readConfig(temporary);
  const taken = localNames(double).map((vm) => readConfig(vmDir(double, vm)).macAddress);
  if (taken.includes(config.macAddress)) writeConfig(temporary, { ...config, macAddress: randomMac() });
  // An existing VM, even a running one, is replaced without a word.
  if (existsSync(target)) renameSync(target, temporaryPath(double));
  renameSync(temporary, target);
}

export async function pull(double: Double, argv: readonly string[]): Promise<void> {
  const shape = {
    command: 'pull',
    flags: ['--insecure'],
    options: ['--concurrency'],
    positionals: ['remote-name'],
  };
  const [name = ''] = parseArguments(shape, argv).positionals;
  if (!isRemote(name)) {
    process.stdout.write(`"${name}" is a local image, nothing to pull here!\n`);
    return;
  }
  process.stdout.write(`pulling ${name}...\n`);
  redraw('pulling manifest...');
  if (cachedImage(double, name) === undefined) throw pullFailure(name);
  process.stdout.write(`${digestName(double, name)} image is already cached and linked!\n`);
}

/** With CI unset, progress goes over the line before. */
function redraw(line: string): void {
  process.stdout.write(process.env.CI === undefined ? `\u001b[1A\u001b[J\r${line}\n` : `${line}\n`);
}

function pullFailure(name: string) {
  process.stdout.write(`pulling ${name}...\n`);
  return other('The network connection was lost.');
}
