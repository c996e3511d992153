/** The whole daemon in a simulated world whose ledger takes nothing for a while: no job is lost, and none runs twice. */
import pino from 'pino';
import { describe, expect, test } from 'vitest';
import { createMemoryLedger } from '../simulation/ledger/memory-ledger.ts';
import type { Incident, Scenario } from '../simulation/scenario.ts';
import { createWorld, runWorld, START_MS, type World } from '../simulation/world.ts';

const SECOND = 1_000;
/** From before the first message to after the last VM is gone. */
const BEGINNINGS = Array.from({ length: 16 }, (_, n) => n * 4 * SECOND);
/** Less than a gate waits for its verdict. */
const FULL_MS = 40 * SECOND;
const CALM_MS = 180 * SECOND;

function scenarioOf(incidents: readonly Incident[]): Scenario {
  const job = { pool: 'ios', workMs: 15 * SECOND, result: 'succeeded', cancelAfterMs: null } as const;
  return {
    ...{ seed: 16, github: {}, incidents },
    hosts: [{ id: 'host00', slots: 2, limit: 2, pools: [{ name: 'ios', max: 2, warm: 1 }] }],
    jobs: [10, 12, 30].map((seconds) => ({ ...job, atMs: seconds * SECOND })),
  };
}

/** Plays it with a disk that is full from then on, for a while; flickering, it takes every third write all the same. */
async function played(fullFromMs: number, how: 'full' | 'flickering', incidents: readonly Incident[] = []) {
  let world: World | null = null;
  let refused = 0;
  const isFull = (): boolean => {
    const atMs = (world?.time.now() ?? START_MS) - START_MS;
    if (atMs < fullFromMs || atMs >= fullFromMs + FULL_MS) return false;
    refused += 1;
    return how === 'full' || refused % 3 !== 0;
  };
  world = createWorld(scenarioOf(incidents), {
    makeLedger: () => createMemoryLedger(isFull),
    log: pino({ level: 'silent' }),
    configs: new Map(),
  });
  const outcome = await runWorld(world, CALM_MS);
  return { ...outcome, refused };
}

const FINE = { violations: [], jobs: Array.from({ length: 3 }, () => ({ result: 'succeeded' })) };

describe.each(['full', 'flickering'] as const)('a disk that is %s', (how) => {
  test.each(BEGINNINGS)('from millisecond %i on loses no job and leaves nothing', async (fromMs) => {
    const { refused, ...outcome } = await played(fromMs, how);
    expect(outcome).toMatchObject(FINE);
    expect(refused).toBeGreaterThan(0);
  });

  test.each(BEGINNINGS)(
    'from millisecond %i on survives that the agent is killed meanwhile',
    async (fromMs) => {
      const kill = { kind: 'kill', host: 0, atMs: fromMs + FULL_MS / 2, downMs: SECOND } as const;
      expect(await played(fromMs, how, [kill])).toMatchObject(FINE);
    },
  );
});

test.each(BEGINNINGS)(
  'while it is full from millisecond %i on, nothing is tried in circles',
  async (fromMs) => {
    const calm = await played(-FULL_MS, 'full');
    const { events, refused } = await played(fromMs, 'full');
    expect([calm.refused, events < 2 * calm.events]).toEqual([0, true]);
    expect(refused).toBeLessThan(400);
  },
);
