/**
 * Notices what should have a record at GitHub and has none. One list that lacks it proves little: it is believed only
 * when a second one, begun a while after the first, lacks it too. Whose affair it is then is the plan's.
 */
import { ownPrefix } from './names.ts';
import type { World } from './world.ts';

/** So far apart must two readings begin to count as two. */
const APART_MS = 5_000;

type Seen = Pick<World, 'host' | 'runners' | 'vms' | 'registrations' | 'registrationsBeganMs'>;

/**
 * By name, when the reading that first lacked it began. Runners that wait for a job with a credential, and VMs with our
 * name that the ledger does not know. What could not be read changes nothing.
 */
export function watchUnlisted(before: ReadonlyMap<string, number>, seen: Seen): ReadonlyMap<string, number> {
  const { runners, vms, registrations, registrationsBeganMs } = seen;
  if (!registrations.known || !vms.known) return before;
  const listed = new Set(registrations.value.map(({ name }) => name));
  const names = new Set(runners.map(({ name }) => name));
  const prefix = ownPrefix(seen.host.id);
  const waiting = runners.filter(
    ({ phase, registrationId }) => registrationId !== null && (phase === 'registering' || phase === 'idle'),
  );
  const strangers = vms.value.filter(({ name }) => name.startsWith(prefix) && !names.has(name));
  return new Map(
    [...waiting, ...strangers]
      .filter(({ name }) => !listed.has(name))
      .map(({ name }) => [name, before.get(name) ?? registrationsBeganMs]),
  );
}

/** For a name that the present reading lacks: true when one long enough before it lacked it, too. */
export function isUnlistedTwice(name: string, { registrationsBeganMs, unlistedSinceMs }: World): boolean {
  const firstMs = unlistedSinceMs.get(name);
  return firstMs !== undefined && registrationsBeganMs - firstMs >= APART_MS;
}
