/** Pools that register at different places: who asks whom, and that no place is taken for another. */
import { expect, test } from 'vitest';
import { configSchema } from '../../src/config/schema.ts';
import type { GitHub } from '../../src/core/ports.ts';
import type { Registration } from '../../src/core/world.ts';
import { createGitHubs, type GitHubSettings } from '../../src/daemon/githubs.ts';
import { aConfigFile, aPoolEntry } from '../support/config-rig.ts';

const ACME = 'https://github.com/acme';
const GLOBEX = 'https://github.com/globex';
const signal = AbortSignal.timeout(60_000);

const globex = { url: GLOBEX, token: 'file:globex' };
const { github: common, pools } = configSchema.parse(
  aConfigFile({
    pools: [
      aPoolEntry(),
      aPoolEntry({ name: 'mac' }),
      aPoolEntry({ name: 'other', github: globex }),
      aPoolEntry({ name: 'third', github: { ...globex, runnerGroup: 'macs' } }),
    ],
  }),
);
const poolNamed = (name: string) => pools.filter((pool) => pool.name === name);

const aRecord = (id: number, name: string): Registration => ({ id, name, status: 'online', busy: false });

/** Doubles of GitHub, one per way in; `records` says what is read at an address, or that nothing can be. */
function rig(records: Record<string, readonly Registration[] | Error>) {
  const made: string[] = [];
  const asked: string[] = [];
  const make = ({ url, runnerGroup }: GitHubSettings): GitHub => {
    made.push(`${url} ${runnerGroup}`);
    return {
      queue: ({ name }) => {
        asked.push(`${name} at ${url} ${runnerGroup}`);
        return {
          listen: async () => undefined,
          capacityChanged: () => undefined,
          mint: async () => ({ registrationId: 1, jitConfig: '' }),
          remove: async () => 'removed',
        };
      },
      async registrations() {
        asked.push(`records at ${url}`);
        const answer = records[url] ?? [];
        if (answer instanceof Error) throw answer;
        return answer;
      },
    };
  };
  return { githubs: createGitHubs(common, pools, make), made, asked };
}

test('one client per way in, and each pool is heard of at its own place', () => {
  const { githubs, made, asked } = rig({});
  for (const pool of pools) githubs.queue(pool);
  expect(made).toEqual([`${ACME} default`, `${GLOBEX} default`, `${GLOBEX} macs`]);
  expect(asked).toEqual([
    `ios at ${ACME} default`,
    `mac at ${ACME} default`,
    `other at ${GLOBEX} default`,
    `third at ${GLOBEX} macs`,
  ]);
  expect(pools.map((pool) => githubs.placeOf(pool).url)).toEqual([ACME, ACME, GLOBEX, GLOBEX]);
});

test('an address can be asked as long as the agent lives, though its pool has moved on', () => {
  const { githubs } = rig({});
  expect(githubs.queueAt(GLOBEX)).toBeUndefined();
  const queues = poolNamed('other').map((pool) => githubs.queue(pool));
  expect(githubs.queueAt(GLOBEX)).toBe(queues[0]);
});

test('records are the union of all places, each place read once, and each record known by its place', async () => {
  const { githubs, asked } = rig({ [ACME]: [aRecord(7, 'mr-a')], [GLOBEX]: [aRecord(7, 'mr-b')] });
  expect(githubs.whereSeen('mr-b')).toBeNull();
  const read = await githubs.registrations('mr-', { pools, inUse: [] }, signal);
  expect(read.map(({ name }) => name)).toEqual(['mr-a', 'mr-b']);
  expect(asked).toEqual([`records at ${ACME}`, `records at ${GLOBEX}`]);
  expect([githubs.whereSeen('mr-a'), githubs.whereSeen('mr-b'), githubs.whereSeen('mr-c')]).toEqual([
    ACME,
    GLOBEX,
    null,
  ]);
});

test('I5: when one place cannot be read, nothing is known of any', async () => {
  const { githubs } = rig({ [ACME]: [aRecord(7, 'mr-a')], [GLOBEX]: new Error('502') });
  await expect(githubs.registrations('mr-', { pools, inUse: [] }, signal)).rejects.toThrow('502');
});

test('a place that its pools have left is read while a runner is registered there, and not after', async () => {
  const { githubs, asked } = rig({});
  const left = poolNamed('ios');
  await githubs.registrations('mr-', { pools: left, inUse: [GLOBEX] }, signal);
  await githubs.registrations('mr-', { pools: left, inUse: [] }, signal);
  expect(asked).toEqual([`records at ${ACME}`, `records at ${GLOBEX}`, `records at ${ACME}`]);
});

test('I5: when a runner is registered where nobody can ask any more, nothing is known', async () => {
  const { githubs } = rig({});
  const reading = githubs.registrations('mr-', { pools, inUse: ['https://github.com/initech'] }, signal);
  await expect(reading).rejects.toMatchObject({
    message: expect.stringContaining('initech'),
    hint: expect.stringMatching(/drain/),
  });
});
