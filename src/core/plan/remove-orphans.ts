/**
 * Rule 1, what carries our name and is in no ledger: left by a crash at the worst moment or by a lost ledger.
 * Both lists must be known, and neither may say that a job could be running there. That GitHub has no record of a VM must
 * have been read twice; where it has one, who removes the VM takes the record away first, and is refused when it is busy.
 */
import type { Step } from '../step.ts';
import { isUnlistedTwice } from '../unlisted.ts';
import type { Survey } from './survey.ts';

type Removal = Extract<Step, { do: 'remove-vm' | 'deregister' }>;

export function removeOrphans(survey: Survey): readonly Removal[] {
  const { vms, registrations, names, prefix, world } = survey;
  if (!vms || !registrations) return [];
  const isOrphan = ({ name }: { readonly name: string }): boolean =>
    name.startsWith(prefix) && !names.has(name) && !world.inFlight.has(name);

  const orphanVms = [...vms.values()]
    .filter(isOrphan)
    .filter(({ name }) =>
      registrations.has(name) ? registrations.get(name)?.busy === false : isUnlistedTwice(name, world),
    )
    .map(
      ({ name }): Removal => ({
        do: 'remove-vm',
        vm: name,
        registrationId: registrations.get(name)?.id ?? null,
      }),
    );
  // The VM goes first: a registration whose VM is still there may be about to take a job.
  const orphanRegistrations = [...registrations.values()]
    .filter(isOrphan)
    .filter(({ name, busy }) => !busy && !vms.has(name))
    .map(({ id, name }): Removal => ({ do: 'deregister', registrationId: id, name }));
  return [...orphanVms, ...orphanRegistrations];
}

/** Running orphans that free their slot soon: removed by `removals`, or being removed already. */
export function countLeavingVms({ vms, names, prefix, world }: Survey, removals: readonly Removal[]): number {
  const inFlight = [...world.inFlight].filter((name) => name.startsWith(prefix) && !names.has(name));
  const removed = removals.flatMap((step) => (step.do === 'remove-vm' ? [step.vm] : []));
  return [...inFlight, ...removed].filter((name) => vms?.get(name)?.state === 'running').length;
}
