/**
 * The world, indexed once so that every rule looks things up instead of searching. Adds no judgement: unknown readings
 * stay unknown (null), and rules decide what they may do then.
 */
import { ownPrefix } from '../names.ts';
import type { Runner } from '../runner.ts';
import type { PoolView, Reading, Registration, Vm, World } from '../world.ts';

export interface Survey {
  readonly world: World;
  readonly pools: ReadonlyMap<string, PoolView>;
  readonly runnersByPool: ReadonlyMap<string, readonly Runner[]>;
  /** Names of all runners of the ledger. */
  readonly names: ReadonlySet<string>;
  /** By name; null when the list is unknown. */
  readonly vms: ReadonlyMap<string, Vm> | null;
  /** By name; null when the list is unknown. */
  readonly registrations: ReadonlyMap<string, Registration> | null;
  /** Running VMs that are not ours. */
  readonly foreignVms: number;
  /** Running VMs with our name that the ledger does not know. */
  readonly orphanVms: number;
}

export function surveyWorld(world: World): Survey {
  const names = new Set(world.runners.map((runner) => runner.name));
  const vms = byName(world.vms, (vm) => vm.state === 'running');
  const strangers = [...(vms?.values() ?? [])].filter((vm) => vm.state === 'running' && !names.has(vm.name));
  const prefix = ownPrefix(world.host.id);
  const orphanVms = strangers.filter((vm) => vm.name.startsWith(prefix)).length;
  return {
    world,
    pools: new Map(world.pools.map((pool) => [pool.name, pool])),
    runnersByPool: Map.groupBy(world.runners, (runner) => runner.pool),
    names,
    vms,
    registrations: byName(world.registrations, (registration) => registration.busy),
    foreignVms: strangers.length - orphanVms,
    orphanVms,
  };
}

/** Slots that neither a runner nor a stranger's VM takes; below zero when the host is overcommitted. Needs known VMs. */
export function countRoom(survey: Survey): number {
  const { host, runners } = survey.world;
  return host.slots - runners.length - survey.foreignVms - survey.orphanVms;
}

/** True only when GitHub was read and says that no job runs here. A record that is gone cannot be busy. */
export function isKnownNotBusy(runner: Runner, survey: Survey): boolean {
  return survey.registrations !== null && survey.registrations.get(runner.name)?.busy !== true;
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
