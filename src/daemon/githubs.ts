/**
 * The places where this host's runners register: one for all pools, or another one for some. A client is made per way in
 * (address, group, credential …) and kept as long as the agent lives, since a runner may still be registered there when
 * its pool has moved on. What the places say together is the union of all, and unknown when one of them is silent.
 */
import type { Config } from '../config/schema.ts';
import { MacrunnerError } from '../core/error.ts';
import type { GitHub, PoolQueue } from '../core/ports.ts';
import type { Registration } from '../core/world.ts';

export type GitHubSettings = Config['github'];
type Pool = Config['pools'][number];

interface Place {
  readonly url: string;
  /** Two pools share a client when their keys are the same. */
  readonly key: string;
}

export interface GitHubs {
  placeOf(pool: Pool): Place;
  queue(pool: Pool): PoolQueue;
  /** A queue that was made at the address, whichever pool's: records belong to the address. */
  queueAt(url: string): PoolQueue | undefined;
  /**
   * Runner records of all places where `pools` register, and of those in `inUse`, whose name starts with `prefix`.
   * @throws when one of the places cannot be read, or is one that no pool names any more
   */
  registrations(
    prefix: string,
    places: { readonly pools: readonly Pool[]; readonly inUse: Iterable<string> },
    signal: AbortSignal,
  ): Promise<readonly Registration[]>;
  /** The address at which a record of that name was last seen; null when it was not. */
  whereSeen(name: string): string | null;
}

/**
 * `common` holds for pools that name no place of their own.
 * @throws {@link MacrunnerError} `config-invalid` for a place of `pools` that cannot be used
 */
export function createGitHubs(
  common: GitHubSettings,
  pools: readonly Pool[],
  make: (settings: GitHubSettings) => GitHub,
): GitHubs {
  const made = new Map<string, { readonly url: string; readonly github: GitHub }>();
  const queues = new Map<string, PoolQueue>();
  let seen: ReadonlyMap<string, string> = new Map();

  function at(pool: Pool): Place & { readonly github: GitHub } {
    const settings = pool.github ?? common;
    const key = JSON.stringify(settings);
    const client = made.get(key) ?? { url: settings.url, github: make(settings) };
    made.set(key, client);
    return { key, ...client };
  }
  for (const pool of pools) at(pool);

  function clientsAt(
    urls: ReadonlySet<string>,
  ): readonly { readonly url: string; readonly github: GitHub }[] {
    return [...urls].map((url) => {
      const client = [...made.values()].find((candidate) => candidate.url === url);
      if (client) return client;
      throw new MacrunnerError(
        'github-unavailable',
        `runners are registered at ${url}, where no pool registers now`,
        {
          hint: 'drain the host before a pool moves to another address',
        },
      );
    });
  }

  return {
    placeOf: (pool) => at(pool),
    queue(pool) {
      const { url, github } = at(pool);
      const queue = github.queue({ name: pool.name, labels: pool.labels });
      queues.set(url, queue);
      return queue;
    },
    queueAt: (url) => queues.get(url),
    async registrations(prefix, places, signal) {
      const clients = clientsAt(new Set([...places.pools.map((pool) => at(pool).url), ...places.inUse]));
      const lists = await Promise.all(
        clients.map(async ({ url, github }) => ({
          url,
          records: await github.registrations(prefix, signal),
        })),
      );
      seen = new Map(lists.flatMap(({ url, records }) => records.map(({ name }) => [name, url])));
      return lists.flatMap(({ records }) => records);
    },
    whereSeen: (name) => seen.get(name) ?? null,
  };
}
