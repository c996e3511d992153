/**
 * The registry that `pull` and `push` talk to: a store beside the cache, a manifest per image, a log of what was
 * fetched, and the faults of the settings.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { other } from './failure.ts';
import { cacheRoot, digestOf, findImage } from './images.ts';
import { type RemoteName, textOf } from './names.ts';
import { type Double, type PullFault, readSettings, secondsMs } from './settings.ts';

/** What the owner of an image says of it; the file is manifest.json. */
export interface ManifestFile {
  readonly layers?: number;
  readonly compressedBytes?: number;
  /** A disk of the first format. */
  readonly isLegacy?: boolean;
  /** The first so many layers are those of another image of the same namespace. */
  readonly shared?: { readonly digest: string; readonly layers: number };
}

export interface Manifest extends ManifestFile {
  readonly digest: string;
  readonly dir: string;
  readonly layers: number;
  readonly compressedBytes: number;
}

const TRIES = 5;

export function registryRoot(double: Double): string {
  return join(double.dir, 'registry');
}

/** A transport failure: worth another try. */
class Lost extends Error {}

export async function fetchManifest(double: Double, remote: RemoteName): Promise<Manifest> {
  const visit = createVisits(double);
  await once(() => visit('auth'));
  await once(() => visit('manifest'));
  log(double, remote, 'manifest');
  // What a test put into the cache alone is, unless told otherwise, in the registry just so.
  for (const root of [registryRoot(double), cacheRoot(double)]) {
    const dir = findImage(root, remote);
    const digest = digestOf(root, remote);
    if (dir === undefined || digest === undefined) continue;
    const about: ManifestFile = JSON.parse(readFileSync(join(dir, 'manifest.json'), 'utf8'));
    return { layers: 4, compressedBytes: 500_000_000, ...about, digest, dir };
  }
  throw statusFailure('pulling manifest', 404);
}

/** Fetches one layer after the other; a layer that is done already is not fetched again. */
export async function fetchLayers(
  double: Double,
  remote: RemoteName,
  layers: readonly number[],
  onLayer: (layer: number) => void,
): Promise<void> {
  const visit = createVisits(double);
  const left = new Set(layers);
  for (let round = 1; ; round += 1) {
    try {
      for (const layer of left) {
        await fetchLayer(double, remote, layer, visit, onLayer);
        left.delete(layer);
      }
      return;
    } catch (error) {
      if (!(error instanceof Lost)) throw error;
      process.stdout.write(`Error pulling image: "${error.message}", attempting to re-try...\n`);
      if (round === TRIES) throw other(error.message);
      await wait(secondsMs(double, 1));
    }
  }
}

async function fetchLayer(
  double: Double,
  remote: RemoteName,
  layer: number,
  visit: (at: PullFault['at']) => Promise<void>,
  onLayer: (layer: number) => void,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await visit(layer);
      log(double, remote, layer);
      onLayer(layer);
      return;
    } catch (error) {
      if (!(error instanceof Lost)) throw error;
      const words = `Error pulling disk layer ${layer}: "${error.message}", attempting to re-try...`;
      process.stdout.write(`${words}\n`);
      if (attempt === TRIES) throw error;
      await wait(secondsMs(double, 1));
    }
  }
}

/** Lets the faults of the settings strike; each counts its own tries. */
function createVisits(double: Double): (at: PullFault['at']) => Promise<void> {
  const tries = new Map<number, number>();
  return async (at) => {
    const index = double.settings.pullFaults.findIndex((fault) => fault.at === at);
    const fault = double.settings.pullFaults[index];
    const tried = (tries.get(index) ?? 0) + 1;
    tries.set(index, tried);
    if (fault === undefined || tried > (fault.times ?? Number.POSITIVE_INFINITY)) return;
    if (fault.kind === 'hang') return untilWithdrawn(double, fault);
    if (fault.kind === 'lost') throw new Lost('The network connection was lost.');
    if (fault.kind === 'timed-out') throw new Lost('The request timed out.');
    if (at === 'auth') throw authFailure(fault.status ?? 403);
    throw statusFailure(at === 'manifest' ? 'pulling manifest' : 'pulling blob', fault.status ?? 503);
  };
}

async function untilWithdrawn(double: Double, fault: PullFault): Promise<void> {
  const stands = () =>
    readSettings(double.dir).pullFaults.some(({ at, kind }) => at === fault.at && kind === fault.kind);
  while (stands()) await wait(20);
}

/** Manifests are not tried again. */
async function once(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw error instanceof Lost ? other(error.message) : error;
  }
}

function statusFailure(when: string, code: number) {
  return other(`UnexpectedHTTPStatusCode(when: "${when}", code: ${code}, details: "")`);
}

function authFailure(code: number) {
  const why = `received unexpected HTTP status code ${code} while retrieving an authentication token`;
  return other(`AuthFailed(why: "${why}", details: "")`);
}

function log(double: Double, remote: RemoteName, what: 'manifest' | number): void {
  appendFileSync(
    join(double.dir, 'fetched'),
    `${textOf(remote)} ${what === 'manifest' ? what : `layer ${what}`}\n`,
  );
}
