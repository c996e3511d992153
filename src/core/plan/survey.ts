/**
 * The world, indexed once so that every rule looks things up instead of searching. Unknown readings stay unknown (null),
 * and rules decide what they may do then. The one judgement: a VM list that the guests themselves contradict is unknown.
 */
import { ALWAYS } from '../due.ts';
import { ownPrefix } from '../names.ts';
import type { Runner } from '../runner.ts';
import type { PoolView, Reading, Registration, Vm, World } from '../world.ts';

export interface Survey {
  readonly world: World;
  readonly pools: ReadonlyMap<string, PoolView>;
  readonly runnersByPool: ReadonlyMap<string, readonly Runner[]>;
  /** What makes a name ours. */
  readonly prefix: string;
  /** Names of all runners of the ledger. */
  readonly names: ReadonlySet<string>;
  /** By name; null when the list is unknown or not to be believed. */
  readonly vms: ReadonlyMap<string, Vm> | null;
  /** By name; null when the list is unknown. */
  readonly registrations: ReadonlyMap<string, Registration> | null;
  /** Running VMs that are not ours. */
  readonly foreignVms: number;
  /** Running VMs with our name that the ledger does not know. */
  readonly orphanVms: number;
}

/** A guest beats every 15 s, and its silence is noticed after 45 s. */
const HEARD_MS = 60_000;

export function surveyWorld(world: World): Survey {
  const names = new Set(world.runners.map((runner) => runner.name));
  const listed = byName(world.vms, (vm) => vm.state === 'running');
  const vms = isContradicted(world) ? null : listed;
  const prefix = ownPrefix(world.host.id);
  let foreignVms = 0;
  let orphanVms = 0;
  for (const vm of vms?.values() ?? []) {
    if (vm.state !== 'running' || names.has(vm.name)) continue;
    if (vm.name.startsWith(prefix)) orphanVms += 1;
    else foreignVms += 1;
  }
  return {
    world,
    pools: new Map(world.pools.map((pool) => [pool.name, pool])),
    runnersByPool: Map.groupBy(world.runners, (runner) => runner.pool),
    prefix,
    names,
    vms,
    registrations: byName(world.registrations, (registration) => registration.busy),
    foreignVms,
    orphanVms,
  };
}

/** Slots that no runner, stranger's VM or ghost takes; below zero when the host is overcommitted. Needs known VMs. */
export function countRoom(survey: Survey): number {
  const { host, runners } = survey.world;
  return host.slots - runners.length - survey.foreignVms - survey.orphanVms - host.ghosts;
}

/** Slots in which a VM may be started now: when it is time to look whether a ghost is gone, one of theirs too. */
export function countTryable(survey: Survey): number {
  const { ghosts, isProbeDue } = survey.world.host;
  return countRoom(survey) + (isProbeDue && ghosts > 0 ? 1 : 0);
}

/** Until when the guest counts as one that speaks to us. That takes a VM that runs, whatever any list says. */
export function heardUntilMs({ name }: Runner, { heardMs, silentSinceMs }: World): number {
  return silentSinceMs.has(name) ? ALWAYS : (heardMs.get(name) ?? ALWAYS) + HEARD_MS;
}

/** True only when GitHub was read and says that no job runs here. A record that is gone cannot be busy. */
export function isKnownNotBusy(runner: Runner, survey: Survey): boolean {
  return survey.registrations !== null && survey.registrations.get(runner.name)?.busy !== true;
}

/**
 * True when the VM list lacks every runner that we hear. `tart list` has been seen to call live VMs stopped for minutes, all
 * of them, when it could not read their files: what it then says of others is worth as little.
 */
export function isContradicted(world: World): boolean {
  const { vms, runners, nowMs } = world;
  if (!vms.known) return false;
  const heard = runners.filter(
    (runner) => runner.phase !== 'stopping' && nowMs < heardUntilMs(runner, world),
  );
  if (heard.length === 0) return false;
  const running = new Set(vms.value.filter(({ state }) => state === 'running').map(({ name }) => name));
  return heard.every(({ name }) => !running.has(name));
}

/** Should a list name one thing twice, the entry that asks for more caution stands. */
function byName<T extends { readonly name: string }>(
  reading: Reading<readonly T[]>,
  isDelicate: (item: T) => boolean,
): ReadonlyMap<string, T> | null {
  if (!reading.known) return null;
  const index = new Map<string, T>();
  for (const item of reading.value) if (!index.has(item.name) || isDelicate(item)) index.set(item.name, item);
  return index;
}
