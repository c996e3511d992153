/** `tart rename`, `tart export` and `tart import`. None of them asks whether the VM runs. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArguments } from './arguments.ts';
import { invalid, invalidInBody, other, runtime } from './failure.ts';
import { cachedImage } from './images.ts';
import { withGlobalLock } from './lock.ts';
import { isRemote } from './names.ts';
import type { Double } from './settings.ts';
import { temporaryPath } from './tmp.ts';
import {
  isComplete,
  localNames,
  openDir,
  openVm,
  randomMac,
  readConfig,
  renewIdentity,
  vmDir,
  writeConfig,
} from './vms.ts';

export async function rename(double: Double, argv: readonly string[]): Promise<void> {
  const shape = { command: 'rename', positionals: ['name', 'new-name'] };
  const [name = '', newName = ''] = parseArguments(shape, argv).positionals;
  if (newName.includes('/')) throw invalid('rename', '<new-name> should be a local name');
  if (!isComplete(vmDir(double, name))) {
    throw invalidInBody(`failed to rename a non-existent local VM: ${name}`);
  }
  if (isComplete(vmDir(double, newName))) {
    const words = `failed to rename VM ${name}, target VM ${newName} already exists, delete it first!`;
    throw invalidInBody(words);
  }
  renameSync(vmDir(double, name), vmDir(double, newName));
}

export async function exportVm(double: Double, argv: readonly string[]): Promise<void> {
  const shape = { command: 'export', positionals: ['name'], optionals: ['path'] };
  const [name = '', path = `${name}.tvm`] = parseArguments(shape, argv).positionals;
  if (argv.length === 1 && existsSync(path) && !isAgreed(path)) return;
  process.stdout.write('exporting...\n');
  const dir = isRemote(name) ? openDir(double, name, cachedImage(double, name) ?? '') : openVm(double, name);
  const files = ['config.json', 'nvram.bin', 'disk.img', 'rootfs'];
  const packed = spawnSync('tar', ['-C', dir, '-cSf', resolve(path), ...files], { encoding: 'utf8' });
  if (packed.status !== 0) throw runtime(`VM export failed: ${packed.stderr.trim()}`);
}

/** Asked on standard input; its end is a crash of the real one. */
function isAgreed(path: string): boolean {
  process.stdout.write(`file ${path} already exists, are you sure you want to overwrite it? (yes, [no])? `);
  const [answer = ''] = readFileSync(0, 'utf8').split('\n');
  if (answer === '') process.kill(process.pid, 'SIGTRAP');
  return answer === 'yes';
}

export async function importVm(double: Double, argv: readonly string[]): Promise<void> {
  const shape = { command: 'import', positionals: ['path', 'name'] };
  const [path = '', name = ''] = parseArguments(shape, argv).positionals;
  if (name.includes('/')) throw invalid('import', '<name> should be a local name');
  process.stdout.write('importing...\n');
  const temporary = temporaryPath(double);
  mkdirSync(temporary, { recursive: true });
  const unpacked = spawnSync('tar', ['-C', temporary, '-xf', resolve(path)], { encoding: 'utf8' });
  if (unpacked.status !== 0 || !isComplete(temporary)) {
    throw existsSync(path)
      ? runtime('VM import failed: archive does not contain a runnable VM')
      : other(`The file “${path}” couldn’t be opened because there is no such file.`);
  }
  renewIdentity(temporary);
  await withGlobalLock(double, () => {
    const config = readConfig(temporary);
    const taken = localNames(double).map((vm) => readConfig(vmDir(double, vm)).macAddress);
    if (taken.includes(config.macAddress)) writeConfig(temporary, { ...config, macAddress: randomMac() });
    if (existsSync(vmDir(double, name))) renameSync(vmDir(double, name), temporaryPath(double));
    renameSync(temporary, vmDir(double, name));
  });
}
