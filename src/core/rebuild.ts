/**
 * Runners from what the hypervisor and GitHub list, for a host whose ledger was lost. It harms no job: what GitHub calls
 * busy stays, what cannot be told apart from a leftover is stopped. Both lists must have been read.
 */
import { poolOfName } from './names.ts';
import type { Runner, StopReason } from './runner.ts';
import type { Registration, Vm } from './world.ts';

/**
 * One runner for each VM with our name, in slots from 0 on, running ones first. Ages start again at `nowMs`.
 * A name of ours in which no pool can be read is left out; the plan removes it as an orphan.
 */
export function rebuildRunners(
  hostId: string,
  pools: readonly { readonly name: string }[],
  vms: readonly Vm[],
  registrations: readonly Registration[],
  nowMs: number,
): readonly Runner[] {
  const configured = new Set(pools.map(({ name }) => name));
  const records = new Map(registrations.map((registration) => [registration.name, registration]));
  return vms
    .toSorted((a, b) => Number(b.state === 'running') - Number(a.state === 'running'))
    .flatMap((vm) => {
      const pool = poolOfName(hostId, vm.name);
      return pool === null ? [] : [{ vm, pool, record: records.get(vm.name) }];
    })
    .map(({ vm, pool, record }, slot) => ({
      ...{ name: vm.name, pool, slot, createdMs: nowMs, sinceMs: nowMs },
      ...{ registrationId: record?.id ?? null, hadJob: record?.busy ?? false, jobEndedMs: null },
      ...phaseOf(vm, record, configured.has(pool)),
    }));
}

function phaseOf(
  vm: Vm,
  record: Registration | undefined,
  isConfigured: boolean,
): { readonly phase: Runner['phase']; readonly why: StopReason | null } {
  // Without a record it was never handed a credential, or its job is over: either way nothing is lost.
  if (vm.state !== 'running' || !record) return { phase: 'stopping', why: 'interrupted' };
  if (record.busy) return { phase: 'busy', why: null };
  if (!isConfigured) return { phase: 'stopping', why: 'pool-removed' };
  return { phase: record.status === 'online' ? 'idle' : 'registering', why: null };
}
