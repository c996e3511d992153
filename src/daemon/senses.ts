/** What the daemon reads again and again: VMs, registrations, images, free disk, the hour. Each has its own pace. */

import type { Config } from '../config/schema.ts';
import { isOpen, warmNow } from '../config/windows.ts';
import { isDiskShort, recoveredAt } from '../core/disk.ts';
import { ALWAYS, firstAfter, holdsIf, NEVER } from '../core/due.ts';
import { ownPrefix } from '../core/names.ts';
import type { Hypervisor } from '../core/ports.ts';
import type { Runner } from '../core/runner.ts';
import type { Registration, Vm } from '../core/world.ts';
import type { GitHubs } from './githubs.ts';
import type { Senses } from './observe.ts';
import { RepeatedReading } from './reading.ts';

export interface SensesOptions {
  readonly config: () => Config;
  readonly hostId: string;
  readonly hypervisor: Hypervisor;
  readonly github: Pick<GitHubs, 'registrations'>;
  /** The addresses at which living runners are registered. */
  readonly addressesInUse: () => readonly string[];
  readonly tartHome: string;
  readonly freeBytes: () => number | null;
  readonly nowMs: () => number;
  readonly steadyMs: () => number;
  readonly onRead: (error: unknown) => void;
}

/**
 * How often each reading is taken, milliseconds: when it matters, and when nothing hangs on it. GitHub's records are read
 * seldom: all hosts of an organisation share one limit of 5,000 requests an hour, and what they say decides only about
 * runners in trouble and orphans. Images are looked for often while one is missing: somebody is fetching it.
 */
const PACE = {
  vms: { soon: 2_000, often: 5_000, seldom: 20_000, staleMs: 50_000 },
  registrations: { soon: 2_000, often: 30_000, seldom: 600_000, staleMs: 90_000 },
  images: { often: 2_000, seldom: 300_000, staleMs: 750_000 },
} as const;
/** A runner that registers or stands idle for longer is looked up at GitHub. */
const CALM_MS = 10_000;
const MINUTE_MS = 60_000;
const GIB = 1024 ** 3;

interface Circumstances {
  readonly runners: readonly Runner[];
  readonly silentSinceMs: ReadonlyMap<string, number>;
  readonly isWaiting: boolean;
  /** Something with our name is there that the ledger does not know. */
  readonly hasOrphans: boolean;
  /** GitHub's list lacks something, and what that means takes a second one. */
  readonly isLookingTwice: boolean;
}

export interface RefreshingSenses extends Senses {
  /** Takes the readings that are due. Returns when the next one is, or one grows too old, as things stand. */
  readonly refreshDue: (circumstances: Circumstances, signal: AbortSignal) => number;
  /** After a reload: the images may be others. */
  readonly forgetPools: () => void;
  /** Nothing that was read holds any more. */
  readonly forgetAll: () => void;
}

export function createSenses(options: SensesOptions): RefreshingSenses {
  const { config, hypervisor, github, hostId, nowMs, steadyMs, onRead } = options;
  const reading = <T>(what: string, staleMs: number, read: (signal: AbortSignal) => Promise<T>) =>
    new RepeatedReading<T>({ what, read, steadyMs, staleMs, onRead });
  const vms = reading<readonly Vm[]>('the VMs', PACE.vms.staleMs, (signal) => hypervisor.list(signal));
  const registrations = reading<readonly Registration[]>(
    'the registrations',
    PACE.registrations.staleMs,
    (signal) =>
      github.registrations(
        ownPrefix(hostId),
        { pools: config().pools, inUse: options.addressesInUse() },
        signal,
      ),
  );
  const images = reading<ReadonlySet<string>>('the images', PACE.images.staleMs, (signal) =>
    readyImages(config(), hypervisor, signal),
  );
  const warm = rememberedForAMinute(
    nowMs,
    (pool: Config['pools'][number]) => warmNow(pool, new Date(nowMs())),
    ({ name }) => name,
  );
  const disk = rememberedDisk(options);
  const rebootHour = rememberedForAMinute(
    nowMs,
    (given: Config) => isRebootHour(given, new Date(nowMs())),
    () => 'host',
  );
  return {
    vms,
    registrations,
    images,
    ...disk,
    warm: (pool) => warm.get(pool),
    isRebootHour: () => rebootHour.get(config()),
    refreshDue({ runners, silentSinceMs, isWaiting, hasOrphans, isLookingTwice }, signal) {
      const atMs = steadyMs();
      const isInhabited = runners.length > 0 || isWaiting;
      const calmMs = Math.min(CALM_MS, config().deadlines.registerSeconds * 500);
      const troubles = runners.map((runner) => troubledFromMs(runner, silentSinceMs, calmMs));
      const troubled = runners.filter((_, index) => (troubles[index] ?? NEVER) <= atMs);
      // A list that is older than a runner's last move says nothing about it.
      const isBlind = troubled.some((runner) => lastNewsMs(runner) >= registrations.beganMs());
      const isTroubled = hasOrphans || troubled.length > 0;
      const ready = images.get();
      const lacksImage = ready.known && config().pools.some((pool) => !ready.value.has(pool.image));
      // A VM that fell silent may be dead, and while VMs are unknown nothing is decided.
      const isUrgent = !vms.get().known || runners.some(({ name }) => silentSinceMs.has(name));
      const paces = [
        [vms, isUrgent ? PACE.vms.soon : paceOf('vms', isInhabited)],
        [
          registrations,
          isBlind || isLookingTwice ? PACE.registrations.soon : paceOf('registrations', isTroubled),
        ],
        [images, paceOf('images', lacksImage)],
      ] as const;
      let nextMs = firstAfter(atMs, troubles);
      for (const [sense, paceMs] of paces) {
        if (sense.dueMs(paceMs) <= atMs) void sense.refresh(signal);
        nextMs = Math.min(nextMs, firstAfter(atMs, [sense.dueMs(paceMs), sense.staleFromMs()]));
      }
      return nextMs;
    },
    forgetPools() {
      warm.clear();
      rebootHour.clear();
      images.forget();
    },
    forgetAll() {
      for (const sense of [vms, registrations, images]) sense.forget();
    },
  };
}

function paceOf(reading: keyof typeof PACE, often: boolean): number {
  return often ? PACE[reading].often : PACE[reading].seldom;
}

/** From when on GitHub must be asked about it. */
function troubledFromMs(
  { name, phase, sinceMs, toldDoneMs, jobEndedMs }: Runner,
  silent: ReadonlyMap<string, number>,
  calmMs: number,
): number {
  if (phase === 'registering' || phase === 'idle') return silent.has(name) ? ALWAYS : sinceMs + calmMs;
  // What GitHub's queue told done is looked up in its records, while the guest says nothing of it.
  return holdsIf(phase === 'busy' && (silent.has(name) || (toldDoneMs !== null && jobEndedMs === null)));
}

function lastNewsMs({ sinceMs, toldDoneMs }: Runner): number {
  return Math.max(sinceMs, toldDoneMs ?? 0);
}

async function readyImages(
  config: Config,
  hypervisor: Hypervisor,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const ready = new Set<string>();
  for (const image of new Set(config.pools.map((pool) => pool.image))) {
    if (await hypervisor.hasImage(image, signal)) ready.add(image);
  }
  return ready;
}

/** Time windows turn at full minutes: reckoning them anew at every turn would be the loop's dearest part. */
function rememberedForAMinute<T, K>(nowMs: () => number, reckon: (of: K) => T, nameOf: (of: K) => string) {
  const kept = new Map<string, { readonly minute: number; readonly value: T }>();
  return {
    get(of: K): T {
      const minute = Math.floor(nowMs() / MINUTE_MS);
      const known = kept.get(nameOf(of));
      if (known?.minute === minute) return known.value;
      const value = reckon(of);
      kept.set(nameOf(of), { minute, value });
      return value;
    },
    clear: () => kept.clear(),
  };
}

function isRebootHour({ upkeep }: Config, at: Date): boolean {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  return isOpen(upkeep.reboot ?? { cron: '0 3 * * *', hours: 2, timeZone }, at);
}

const DISK_EVERY_MS = 10_000;

function rememberedDisk({ config, tartHome, freeBytes, steadyMs }: SensesOptions) {
  let atMs = Number.NEGATIVE_INFINITY;
  let unfit: string | null = null;
  let diskShort: string | null = null;
  const look = (): void => {
    if (steadyMs() - atMs < DISK_EVERY_MS) return;
    atMs = steadyMs();
    const floorBytes = config().host.diskFloorGiB * GIB;
    const free = freeBytes();
    unfit = free === null ? `the free space of ${tartHome} cannot be read` : null;
    // What cannot be read is neither short nor ample: it stays what it was.
    if (free === null) return;
    const isShort = isDiskShort(diskShort !== null, free, floorBytes);
    diskShort = isShort ? shortage(free, floorBytes) : null;
  };
  return {
    unfit(): string | null {
      look();
      return unfit;
    },
    diskShort(): string | null {
      look();
      return diskShort;
    },
  };
}

function shortage(free: number, floorBytes: number): string {
  const gib = (bytes: number): string => `${Math.floor(bytes / GIB)} GiB`;
  const floor = `only ${gib(free)} are free, host.diskFloorGiB is ${floorBytes / GIB}`;
  return free < floorBytes ? floor : `${floor}; it goes on with ${gib(recoveredAt(floorBytes))}`;
}
