/** Names of runners. Ownership is in the name: what does not carry our prefix is never touched. */

const HOST_ID = /^[a-z0-9]{6}$/;

/** `mr-<host id>-`, the prefix of all that belongs to this host. */
export function ownPrefix(hostId: string): string {
  if (!HOST_ID.test(hostId)) throw new RangeError(`host id ${JSON.stringify(hostId)} is not six of a-z0-9`);
  return `mr-${hostId}-`;
}

/** `mr-<host id>-<pool>-<random>`, ≤ 64 characters: GitHub's limit for runner names. `random` is 8 of a-z0-9. */
export function runnerName(hostId: string, pool: string, random: string): string {
  return `${ownPrefix(hostId)}${pool}-${random}`;
}

/** The pool in one of our names, or null when the name is not ours. */
export function poolOfName(hostId: string, name: string): string | null {
  const prefix = ownPrefix(hostId);
  const match = name.startsWith(prefix) ? /^(.+)-[a-z0-9]{8}$/.exec(name.slice(prefix.length)) : null;
  return match?.[1] ?? null;
}
