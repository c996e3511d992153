/** `tart push`: a stopped VM into the registry, under one or more names; a cached image only gets more names. */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArguments } from './arguments.ts';
import { copyVmFiles } from './copy.ts';
import { alreadyRunning } from './failure.ts';
import { cachedImage, cacheRoot, digestOf, imagePath, keepForever, linkTag } from './images.ts';
import { parseRemote, type RemoteName, remoteOrFail, textOf } from './names.ts';
import { fetchManifest, registryRoot } from './registry.ts';
import type { Double } from './settings.ts';
import { openDir, openVm, stateOf } from './vms.ts';

export async function push(double: Double, argv: readonly string[]): Promise<void> {
  const args = parseArguments(
    {
      command: 'push',
      flags: ['--insecure', '--populate-cache'],
      options: ['--label'],
      numbers: ['--concurrency', '--chunk-size'],
      positionals: ['local-name', 'remote-names'],
      isVariadic: true,
    },
    argv,
  );
  const [name = '', ...names] = args.positionals;
  const cached = parseRemote(name);
  const dir =
    cached === undefined ? openVm(double, name) : openDir(double, name, cachedImage(double, name) ?? '');
  if (cached === undefined && (await stateOf(double, name)) === 'running') throw alreadyRunning(name);
  for (const remote of names.map(remoteOrFail)) {
    process.stdout.write(`pushing ${name} to ${textOf(remote)}...\n`);
    const digest =
      cached === undefined ? upload(double, dir, remote) : await registered(double, cached, remote);
    linkTag(registryRoot(double), remote, digest);
    if (!args.has('--populate-cache')) continue;
    if (cached === undefined) copyVmFiles(dir, imagePath(cacheRoot(double), pinned(remote, digest)));
    linkTag(cacheRoot(double), remote, digest);
  }
}

function upload(double: Double, dir: string, remote: RemoteName): string {
  const digest = `sha256:${randomBytes(32).toString('hex')}`;
  const target = imagePath(registryRoot(double), pinned(remote, digest));
  for (const part of ['config', 'disk', 'NVRAM']) process.stdout.write(`pushing ${part}...\n`);
  copyVmFiles(dir, target);
  writeFileSync(join(target, 'manifest.json'), '{}');
  keepForever(target); // A registry does not collect what loses its tag.
  return digest;
}

async function registered(double: Double, cached: RemoteName, remote: RemoteName): Promise<string> {
  const digest = digestOf(cacheRoot(double), cached) ?? cached.reference;
  await fetchManifest(double, pinned(cached, digest));
  process.stdout.write(`pushing manifest for ${remote.reference}...\n`);
  return digest;
}

function pinned(remote: RemoteName, digest: string): RemoteName {
  return { ...remote, kind: 'digest', reference: digest };
}
