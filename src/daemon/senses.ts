/** What the daemon reads again and again: VMs, registrations, images, free disk, the hour. Each has its own pace. */

import type { Config } from '../config/schema.ts';
import { warmNow } from '../config/windows.ts';
import { ownPrefix } from '../core/names.ts';
import type { GitHub, Hypervisor } from '../core/ports.ts';
import type { Registration, Vm } from '../core/world.ts';
import { freeBytes } from '../host/facts.ts';
import type { Senses } from './observe.ts';
import { RepeatedReading } from './reading.ts';

export interface SensesOptions {
  readonly config: () => Config;
  readonly hostId: string;
  readonly hypervisor: Hypervisor;
  readonly github: GitHub;
  readonly tartHome: string;
  readonly nowMs: () => number;
  readonly onRead: (error: unknown) => void;
}

/** How often each reading is taken, milliseconds: with runners about, and in an empty house. */
const PACE = { vms: [5_000, 20_000], registrations: [30_000, 300_000], images: [60_000, 300_000] } as const;
const MINUTE_MS = 60_000;
const GIB = 1024 ** 3;

export interface RefreshingSenses extends Senses {
  /** Takes the readings that are due. */
  readonly refreshDue: (isBusy: boolean, signal: AbortSignal) => void;
  /** After a reload: the images may be others. */
  readonly forgetPools: () => void;
}

export function createSenses(options: SensesOptions): RefreshingSenses {
  const { config, hypervisor, github, hostId, nowMs, onRead } = options;
  const reading = <T>(
    what: string,
    pace: readonly [number, number],
    read: (signal: AbortSignal) => Promise<T>,
  ) => new RepeatedReading<T>({ what, read, nowMs, staleMs: pace[1] * 2.5, onRead });
  const vms = reading<readonly Vm[]>('the VMs', PACE.vms, (signal) => hypervisor.list(signal));
  const registrations = reading<readonly Registration[]>('the registrations', PACE.registrations, (signal) =>
    github.registrations(ownPrefix(hostId), signal),
  );
  const images = reading<ReadonlySet<string>>('the images', PACE.images, (signal) =>
    readyImages(config(), hypervisor, signal),
  );
  const warm = rememberedForAMinute(nowMs);
  const disk = rememberedDisk(options);
  return {
    vms,
    registrations,
    images,
    unfit: disk,
    warm: (pool) => warm.get(pool),
    refreshDue(isBusy, signal) {
      const pace = isBusy ? 0 : 1;
      if (vms.isDue(PACE.vms[pace])) void vms.refresh(signal);
      if (registrations.isDue(PACE.registrations[pace])) void registrations.refresh(signal);
      if (images.isDue(PACE.images[pace])) void images.refresh(signal);
    },
    forgetPools() {
      warm.clear();
      images.forget();
    },
  };
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
function rememberedForAMinute(nowMs: () => number) {
  const kept = new Map<string, { readonly minute: number; readonly warm: number }>();
  return {
    get(pool: Config['pools'][number]): number {
      const minute = Math.floor(nowMs() / MINUTE_MS);
      const known = kept.get(pool.name);
      if (known?.minute === minute) return known.warm;
      const warm = warmNow(pool, new Date(nowMs()));
      kept.set(pool.name, { minute, warm });
      return warm;
    },
    clear: () => kept.clear(),
  };
}

const DISK_EVERY_MS = 10_000;

function rememberedDisk({ config, tartHome, nowMs }: SensesOptions): () => string | null {
  let atMs = Number.NEGATIVE_INFINITY;
  let unfit: string | null = null;
  return () => {
    if (nowMs() - atMs < DISK_EVERY_MS) return unfit;
    atMs = nowMs();
    const { diskFloorGiB } = config().host;
    const free = freeBytes(tartHome);
    if (free === null) unfit = `the free space of ${tartHome} cannot be read`;
    else
      unfit =
        free < diskFloorGiB * GIB
          ? `only ${Math.floor(free / GIB)} GiB are free, host.diskFloorGiB is ${diskFloorGiB}`
          : null;
    return unfit;
  };
}
