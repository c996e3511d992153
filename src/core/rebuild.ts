/**
 * Runners from what the hypervisor and GitHub list, for a host whose ledger was lost. It harms no job: what GitHub calls
 * busy stays, and a VM that runs without a record is left to the plan, which removes such an orphan after a second look.
 * Both lists must have been read.
 */
import { poolOfName } from './names.ts';
import type { Runner, StopReason } from './runner.ts';
import type { Registration, Vm } from './world.ts';

/**
 * One runner for each VM with our name, in slots from 0 on, running ones first. Ages start again at `nowMs`.
 * Left out is what the plan removes as an orphan: a VM that runs without a record, and a name in which no pool can be read.
 */
export function rebuildRunners(
  hostId: string,
  vms: readonly Vm[],
  registrations: readonly Registration[],
  nowMs: number,
): readonly Runner[] {
  const records = new Map(registrations.map((registration) => [registration.name, registration]));
  return vms
    .toSorted((a, b) => Number(b.state === 'running') - Number(a.state === 'running'))
    .flatMap((vm) => {
      const pool = poolOfName(hostId, vm.name);
      const record = records.get(vm.name);
      return pool === null || (vm.state === 'running' && !record) ? [] : [{ vm, pool, record }];
    })
    .map(({ vm, pool, record }, slot) => ({
      ...{ name: vm.name, pool, slot, createdMs: nowMs, sinceMs: nowMs },
      ...{ registrationId: record?.id ?? null, hadJob: record?.busy ?? false },
      ...{ jobEndedMs: null, toldDoneMs: null },
      ...phaseOf(vm, record),
    }));
}

function phaseOf(
  vm: Vm,
  record: Registration | undefined,
): { readonly phase: Runner['phase']; readonly why: StopReason | null } {
  // Whether a VM that is listed as stopped is dead is for the plan to say: the list alone does not prove it.
  if (record?.busy) return { phase: 'busy', why: null };
  if (vm.state !== 'running' || !record) return { phase: 'stopping', why: 'interrupted' };
  return { phase: record.status === 'online' ? 'idle' : 'registering', why: null };
}
