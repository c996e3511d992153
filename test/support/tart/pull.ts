/** `tart pull`: always asks the registry for the manifest, one pull per registry host at a time, resumable until the next command. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArguments } from './arguments.ts';
import { copyVmFiles } from './copy.ts';
import { invalid, other, runtime } from './failure.ts';
import { cacheRoot, digestOf, findImage, hostDir, imagePath, keepForever, linkTag } from './images.ts';
import { withLock } from './lock.ts';
import { type RemoteName, remoteOrFail, textOf } from './names.ts';
import { fetchLayers, fetchManifest, type Manifest } from './registry.ts';
import { type Double, isSince } from './settings.ts';
import { lockPullPath } from './tmp.ts';
import { allocatedBytes, diskBytes, isComplete, openDir, touch, vmDir } from './vms.ts';

const MIB = 1_048_576;
const LEGACY =
  'Pulling OCI images with legacy disk media type application/vnd.cirruslabs.tart.disk.v1 is no longer supported, ' +
  'please re-push the image using a current Tart version';

export async function pull(double: Double, argv: readonly string[]): Promise<void> {
  const shape = {
    command: 'pull',
    flags: ['--insecure', '--deduplicate'],
    numbers: ['--concurrency'],
    positionals: ['remote-name'],
  };
  const args = parseArguments(shape, argv);
  if (args.number('--concurrency') === 0) throw invalid('pull', 'network concurrency cannot be less than 1');
  const [name = ''] = args.positionals;
  if (isComplete(vmDir(double, name))) {
    say(`"${name}" is a local image, nothing to pull here!`);
    return;
  }
  const remote = remoteOrFail(name);
  say(`pulling ${textOf(remote)}...`);
  await pullImage(double, remote);
}

export async function pullImage(double: Double, remote: RemoteName): Promise<void> {
  const root = cacheRoot(double);
  say('pulling manifest...');
  const manifest = await fetchManifest(double, remote);
  const pinned: RemoteName = { ...remote, kind: 'digest', reference: manifest.digest };
  // Only a tag can be linked: a digest that is here goes the long way.
  const isLinked = remote.kind === 'tag' && digestOf(root, remote) === manifest.digest;
  if (isLinked && findImage(root, remote) !== undefined) {
    say(`${textOf(pinned)} image is already cached and linked!`);
    return;
  }
  mkdirSync(hostDir(root, remote), { recursive: true });
  const host = createHash('sha256').update(hostDir(root, remote)).digest('hex').slice(0, 10);
  await withLock(
    join(double.dir, 's', `host-${host}`),
    async () => {
      if (findImage(root, pinned) === undefined) await download(double, remote, pinned, manifest);
      else say(`${textOf(pinned)} image is already cached! creating a symlink...`);
      if (remote.kind === 'tag') linkTag(root, remote, manifest.digest);
      else keepForever(imagePath(root, remote));
    },
    () => say('waiting for lock...'),
  );
  openDir(double, textOf(remote), imagePath(root, remote));
}

async function download(
  double: Double,
  remote: RemoteName,
  pinned: RemoteName,
  manifest: Manifest,
): Promise<void> {
  const root = cacheRoot(double);
  const partial = lockPullPath(double, textOf(remote));
  const previous = findImage(root, remote);
  if (previous !== undefined) touch(previous, new Date(0)); // First in line when space is needed.
  mkdirSync(partial, { recursive: true });
  const forget = () => rmSync(partial, { recursive: true, force: true });
  process.prependListener('SIGINT', forget);
  if (double.settings.volumeGB !== null) {
    const { reclaim } = await import('./prune.ts');
    reclaim(double, diskBytes(manifest.dir) + 128 * MIB);
  }
  if (manifest.isLegacy && isSince(double, '2.32.0')) throw runtime(LEGACY);
  await downloadDisk(double, remote, partial, manifest);
  say('pulling NVRAM...');
  for (const file of readdirSync(partial)) rmSync(join(partial, file));
  copyVmFiles(manifest.dir, partial, ['manifest.json', 'state.vzvmsave']);
  mkdirSync(dirname(imagePath(root, pinned)), { recursive: true });
  rmSync(imagePath(root, pinned), { recursive: true, force: true });
  process.removeListener('SIGINT', forget);
  renameSync(partial, imagePath(root, pinned));
}

async function downloadDisk(
  double: Double,
  remote: RemoteName,
  partial: string,
  manifest: Manifest,
): Promise<void> {
  const fileOf = (layer: number) => join(partial, `layer-${layer}`);
  const layers = Array.from({ length: manifest.layers }, (_, at) => at + 1);
  const shared = sharedLayers(double, remote, manifest);
  say(`pulling disk (${(manifest.compressedBytes / 1e9).toFixed(1)} GB compressed)...`);
  say('0%');
  const space = await usableBytes(double);
  const write = (layer: number) => {
    const writtenBytes = (allocatedBytes(manifest.dir) * layer) / manifest.layers;
    if (writtenBytes > space) throw other('The operation couldn’t be completed. No space left on device');
    writeFileSync(fileOf(layer), '');
    redraw(`${Math.floor((100 * layers.filter((at) => existsSync(fileOf(at))).length) / manifest.layers)}%`);
  };
  const missing = layers.filter((layer) => !existsSync(fileOf(layer)));
  for (const layer of missing.filter((layer) => layer <= shared)) write(layer);
  await fetchLayers(
    double,
    remote,
    missing.filter((layer) => layer > shared),
    write,
  );
}

async function usableBytes(double: Double): Promise<number> {
  return double.settings.volumeGB === null
    ? Number.POSITIVE_INFINITY
    : (await import('./prune.ts')).freeBytes(double);
}

/** Layers that a cached image has too are copied from there, when that saves at least 1 GiB. */
function sharedLayers(double: Double, remote: RemoteName, manifest: Manifest): number {
  const { shared } = manifest;
  if (shared === undefined) return 0;
  const cached: RemoteName = { ...remote, kind: 'digest', reference: shared.digest };
  const savedBytes = (allocatedBytes(manifest.dir) * shared.layers) / manifest.layers;
  if (findImage(cacheRoot(double), cached) === undefined || savedBytes < 1_024 * MIB) return 0;
  const saved = `${Number((savedBytes / 1e9).toFixed(2))} GB`;
  say(`found an image ${textOf(cached)} that will allow us to avoid fetching ${saved}, will try use it...`);
  return shared.layers;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** With CI unset, progress goes over the line before. */
function redraw(line: string): void {
  say(process.env.CI === undefined ? `\u001b[1A\r\u001b[J${line}` : line);
}
