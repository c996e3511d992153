/** Rule 6: what may free slots that ghosts hold. A reboot ends all that runs, so it waits until nothing does. */
import { HOST_SUBJECT, type Step } from '../step.ts';
import type { Creation } from './create-runners.ts';
import type { Survey } from './survey.ts';

export function mendHost({ world, vms }: Survey, creates: Creation['creates']): readonly Step[] {
  const { remedy } = world.host;
  if (remedy === null || world.inFlight.has(HOST_SUBJECT)) return [];
  if (remedy === 'kill-leftovers') return [{ do: 'kill-leftovers' }];
  const isEmpty = world.runners.length === 0 && vms !== null && creates.length === 0;
  const isQuiet = isEmpty && [...vms.values()].every(({ state }) => state !== 'running');
  return isQuiet && world.inFlight.size === 0 ? [{ do: 'reboot-host' }] : [];
}
