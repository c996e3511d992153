/** Images in a store: this machine's cache, or the registry. A tag is a link to the directory of its digest. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parseRemote, type RemoteName } from './names.ts';
import type { Double } from './settings.ts';
import { isComplete } from './vms.ts';

export function cacheRoot(double: Double): string {
  return join(double.home, 'cache/OCIs');
}

export function hostDir(root: string, remote: RemoteName): string {
  return join(root, remote.host.replace(':', '%3A'));
}

export function imagePath(root: string, remote: RemoteName): string {
  return join(hostDir(root, remote), remote.namespace, remote.reference);
}

/** The directory of an image that is there and complete. */
export function findImage(root: string, remote: RemoteName): string | undefined {
  const path = imagePath(root, remote);
  return isComplete(path) ? realpathSync(path) : undefined;
}

export function cachedImage(double: Double, name: string): string | undefined {
  const remote = parseRemote(name);
  return remote === undefined ? undefined : findImage(cacheRoot(double), remote);
}

export interface ImageEntry {
  readonly name: string;
  readonly dir: string;
  readonly isTag: boolean;
}

/** Every reference with a complete image behind it: a pulled tag yields two. */
export function imageEntries(root: string): readonly ImageEntry[] {
  return references(root)
    .filter(isComplete)
    .map((dir) => ({ dir, name: nameOf(root, dir), isTag: lstatSync(dir).isSymbolicLink() }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Does not look into images: their rootfs may be large. Dangling tags are among them. */
function references(dir: string): readonly string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name);
    if (entry.isSymbolicLink() || entry.name.startsWith('sha256:')) return [path];
    return entry.isDirectory() ? references(path) : [];
  });
}

function nameOf(root: string, path: string): string {
  const [, host = '', namespace, last = ''] =
    /^([^/]+)\/(.+)\/([^/]+)$/.exec(path.slice(root.length + 1)) ?? [];
  const separator = last.startsWith('sha256:') ? '@' : ':';
  return `${host.replace('%3A', ':')}/${namespace}${separator}${last}`;
}

/** `sha256:…` of a reference in a store, dangling or not; undefined for a tag that is none. */
export function digestOf(root: string, remote: RemoteName): string | undefined {
  if (remote.kind === 'digest') return remote.reference;
  const path = imagePath(root, remote);
  return existsSync(path) ? basename(readlinkSync(path)) : undefined;
}

/** Points a tag at a digest; the digest it pointed at before goes, unless something else keeps it. */
export function linkTag(root: string, remote: RemoteName, digest: string): void {
  const path = imagePath(root, remote);
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { force: true });
  symlinkSync(join(dirname(path), digest), path);
  collectImages(root);
}

/** An image pulled by its digest needs no tag to stay. */
export function keepForever(dir: string): void {
  writeFileSync(join(dir, '.explicitly-pulled'), '');
}

/** Removes tags that point nowhere and digests that nothing keeps. */
export function collectImages(root: string): void {
  const all = references(root);
  const isLink = (path: string) => lstatSync(path).isSymbolicLink();
  for (const tag of all.filter((path) => isLink(path) && !existsSync(path))) rmSync(tag);
  const kept = new Set(
    all.filter((path) => isLink(path) && existsSync(path)).map((path) => realpathSync(path)),
  );
  for (const image of all.filter((path) => !isLink(path) && isComplete(path))) {
    if (kept.has(realpathSync(image)) || existsSync(join(image, '.explicitly-pulled'))) continue;
    rmSync(image, { recursive: true, force: true });
  }
}
