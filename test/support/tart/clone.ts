/** `tart clone`: of a local VM, of a cached image without a look at the registry, or of one that is pulled first. */
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArguments } from './arguments.ts';
import { copyVmFiles } from './copy.ts';
import { invalid, runtime } from './failure.ts';
import { cachedImage } from './images.ts';
import { withGlobalLock } from './lock.ts';
import { parseRemote } from './names.ts';
import { type Double, isSince } from './settings.ts';
import { temporaryPath } from './tmp.ts';
import {
  allocatedBytes,
  diskBytes,
  localNames,
  openDir,
  openVm,
  randomMac,
  readConfig,
  renewIdentity,
  vmDir,
  writeConfig,
} from './vms.ts';

const GIB = 1_073_741_824;

export async function clone(double: Double, argv: readonly string[]): Promise<void> {
  const args = parseArguments(
    {
      command: 'clone',
      flags: ['--insecure', '--deduplicate', ...(isSince(double, '2.35.1') ? ['--stacked'] : [])],
      numbers: ['--concurrency', ...(isSince(double, '2.28.5') ? ['--prune-limit'] : [])],
      positionals: ['source-name', 'new-name'],
    },
    argv,
  );
  const [source = '', name = ''] = args.positionals;
  if (name.includes('/')) throw invalid('clone', '<new-name> should be a local name');
  if (args.number('--concurrency') === 0) {
    throw invalid('clone', 'network concurrency cannot be less than 1');
  }
  const from = await openSource(double, source);
  const temporary = temporaryPath(double);
  process.prependListener('SIGINT', () => rmSync(temporary, { recursive: true, force: true }));
  await withGlobalLock(double, () => copyVm(double, from, temporary, name));
  await makeRoom(double, from, (args.number('--prune-limit') ?? 100) * GIB);
}

async function openSource(double: Double, source: string): Promise<string> {
  const remote = parseRemote(source);
  if (remote === undefined) return openVm(double, source);
  if (cachedImage(double, source) === undefined) {
    const { pullImage } = await import('./pull.ts');
    await pullImage(double, remote);
  }
  return openDir(double, source, cachedImage(double, source) ?? '');
}

function copyVm(double: Double, from: string, temporary: string, name: string): void {
  const target = vmDir(double, name);
  if (existsSync(target) && double.settings.refusesOverwrite) {
    throw runtime(`VM "${name}" already exists, use --overwrite to replace it`);
  }
  copyVmFiles(from, temporary, ['state.vzvmsave']);
  renewIdentity(temporary);
  const config = readConfig(temporary);
  const isSuspended = existsSync(join(from, 'state.vzvmsave'));
  const taken = localNames(double).map((vm) => readConfig(vmDir(double, vm)).macAddress);
  if (taken.includes(config.macAddress) && !isSuspended) {
    writeConfig(temporary, { ...config, macAddress: randomMac() });
  }
  // An existing VM, even a running one, is replaced without a word.
  if (existsSync(target)) renameSync(target, temporaryPath(double));
  renameSync(temporary, target);
}

/** The disk may grow to its full size: space for that is reclaimed from the cache, up to a limit. */
async function makeRoom(double: Double, from: string, limitBytes: number): Promise<void> {
  if (double.settings.volumeGB === null) return;
  const { reclaim } = await import('./prune.ts');
  reclaim(double, Math.min(diskBytes(from) - allocatedBytes(from), limitBytes), from);
}
