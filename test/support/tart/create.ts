/** `tart create`: a new VM, of an installer or empty. Nothing is installed: the disk is empty. */
import { existsSync, mkdirSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArguments } from './arguments.ts';
import { invalid, other } from './failure.ts';
import type { Double } from './settings.ts';
import { temporaryPath } from './tmp.ts';
import { newConfig, randomMac, renewIdentity, vmDir, writeConfig } from './vms.ts';

export async function create(double: Double, argv: readonly string[]): Promise<void> {
  const args = parseArguments(
    {
      command: 'create',
      flags: ['--linux'],
      options: ['--from-ipsw'],
      numbers: ['--disk-size'],
      choices: { '--disk-format': ['raw', 'asif'] },
      positionals: ['name'],
    },
    argv,
  );
  const [name = ''] = args.positionals;
  const ipsw = args.value('--from-ipsw');
  if (ipsw === undefined && !args.has('--linux')) {
    throw invalid('create', 'Please specify either a --from-ipsw or --linux option!');
  }
  if (ipsw === 'latest') process.stdout.write('Looking up the latest supported IPSW...\n');
  else if (ipsw !== undefined && !/^https?:/.test(ipsw) && !existsSync(ipsw)) {
    throw other(`The file “${ipsw}” couldn’t be opened because there is no such file.`);
  }
  const temporary = temporaryPath(double);
  mkdirSync(join(temporary, 'rootfs/Users/admin'), { recursive: true });
  for (const file of ['nvram.bin', 'disk.img']) writeFileSync(join(temporary, file), '');
  truncateSync(join(temporary, 'disk.img'), (args.number('--disk-size') ?? 50) * 1_000_000_000);
  const config = newConfig(args.has('--linux') ? 'linux' : 'darwin');
  const diskFormat = args.value('--disk-format') === 'asif' ? 'asif' : 'raw';
  writeConfig(temporary, { ...config, diskFormat, macAddress: randomMac() });
  renewIdentity(temporary);
  // What has that name already is replaced without a word.
  if (existsSync(vmDir(double, name))) renameSync(vmDir(double, name), temporaryPath(double));
  renameSync(temporary, vmDir(double, name));
}
