/** `tart prune`, and the same work done unasked when the volume runs full. It heeds no lock. */
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArguments } from './arguments.ts';
import { invalid, invalidInBody } from './failure.ts';
import { cacheRoot, collectImages, imageEntries } from './images.ts';
import type { Double } from './settings.ts';
import { accessed, allocatedBytes, localNames, stateOf, vmDir } from './vms.ts';

const GIB = 1_073_741_824;
const DAY_MS = 86_400_000;

interface Prunable {
  readonly path: string;
  readonly accessedMs: number;
  readonly bytes: number;
}

export async function prune(double: Double, argv: readonly string[]): Promise<void> {
  const args = parseArguments(
    {
      command: 'prune',
      flags: ['--gc'],
      options: ['--entries'],
      numbers: ['--older-than', '--space-budget', '--cache-budget'],
    },
    argv,
  );
  const budget = args.number('--space-budget') ?? args.number('--cache-budget');
  const olderThan = args.number('--older-than');
  if (args.has('--cache-budget')) {
    const words = '--cache-budget is deprecated, please use --space-budget';
    process.stderr.write(`${words}\n`);
    if (args.has('--space-budget')) throw invalid('prune', words);
  }
  if (budget === undefined && olderThan === undefined && !args.has('--gc')) {
    throw invalid('prune', 'at least one pruning criteria must be specified');
  }
  if (args.has('--gc')) collectImages(cacheRoot(double));
  const entries = args.value('--entries') ?? 'caches';
  if (entries !== 'caches' && entries !== 'vms') {
    throw invalidInBody('unsupported --entries value, please specify either "caches" or "vms"');
  }
  const list = () => (entries === 'vms' ? prunableVms(double) : cacheEntries(double));
  if (olderThan !== undefined) {
    const limitMs = Date.now() - olderThan * DAY_MS;
    for (const entry of await list()) if (entry.accessedMs <= limitMs) remove(entry);
  }
  if (budget !== undefined) shrink(await list(), budget * GIB);
}

/** Keeps the most recently used entries that fit. */
function shrink(entries: readonly Prunable[], budgetBytes: number): void {
  let leftBytes = budgetBytes;
  for (const entry of entries.toSorted((a, b) => b.accessedMs - a.accessedMs)) {
    if (entry.bytes <= leftBytes) leftBytes -= entry.bytes;
    else remove(entry);
  }
}

/** A digest goes, its tags stay and point nowhere. */
function remove(entry: Prunable): void {
  rmSync(entry.path, { recursive: true, force: true });
}

function cacheEntries(double: Double): readonly Prunable[] {
  const images = imageEntries(cacheRoot(double)).filter(({ isTag }) => !isTag);
  const restore = join(double.home, 'cache/IPSWs');
  const files = existsSync(restore) ? readdirSync(restore).map((file) => join(restore, file)) : [];
  return [
    ...images.map(({ dir }) => prunable(dir, allocatedBytes(dir))),
    ...files.map((file) => prunable(file, statSync(file).size)),
  ];
}

function prunable(path: string, bytes: number): Prunable {
  return { path, bytes, accessedMs: accessed(path).getTime() };
}

/** Suspended VMs are among them. */
async function prunableVms(double: Double): Promise<readonly Prunable[]> {
  const names = localNames(double);
  const states = await Promise.all(names.map((name) => stateOf(double, name)));
  return names
    .filter((_, at) => states[at] !== 'running')
    .map((name) => prunable(vmDir(double, name), allocatedBytes(vmDir(double, name))));
}

/** Free bytes of the volume: what the cache does not take, for clones share their blocks with it. */
export function freeBytes(double: Double): number {
  const { volumeGB } = double.settings;
  if (volumeGB === null) return Number.POSITIVE_INFINITY;
  return volumeGB * 1e9 - sum(cacheEntries(double));
}

/** Removes the least recently used entries, but `spared`, until so much is free; nothing if all of them are too little. */
export function reclaim(double: Double, wantedBytes: number, spared?: string): void {
  // Its presence counts, not its value.
  if (process.env.TART_NO_AUTO_PRUNE !== undefined) return;
  const shortBytes = wantedBytes - freeBytes(double);
  if (shortBytes < 0) return;
  const entries = cacheEntries(double).toSorted((a, b) => a.accessedMs - b.accessedMs);
  if (sum(entries) < shortBytes) return;
  let gainedBytes = 0;
  for (const entry of entries.filter(({ path }) => path !== spared)) {
    if (gainedBytes > shortBytes) return;
    gainedBytes += entry.bytes;
    remove(entry);
  }
}

function sum(entries: readonly Prunable[]): number {
  return entries.reduce((total, { bytes }) => total + bytes, 0);
}
