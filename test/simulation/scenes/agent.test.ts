/** What happens to the agent itself: killed, stopped, upgraded, drained, without its ledger, on a full disk. */
import { describe, expect, test } from 'vitest';
import { type Act, aJob, goesWrong, MINUTE, play, type Scene, SECOND } from './stage.ts';

const WARM: Scene = {
  host: { pools: [{ name: 'ios', max: 2, warm: 1 }] },
  jobs: [aJob({ atMs: 40 * SECOND, workMs: 2 * MINUTE })],
};
const PHASES = ['cloning', 'booting', 'warm', 'registering', 'idle', 'busy', 'stopping'] as const;

for (const [words, kind, downMs] of [
  ['is killed, and is back at once,', 'kill', SECOND],
  ['is killed, and is away for half a minute,', 'kill', 30 * SECOND],
  ['is stopped and started', 'terminate', 10 * SECOND],
  ['is replaced by another version', 'terminate', 200],
  ['is killed and loses its ledger', 'lose-ledger', SECOND],
] as const)
  describe(`the agent ${words}`, () => {
    test.each(PHASES)('while a runner is %s: its job is served, once', async (phase) => {
      const calm = await play(WARM);
      const scene = await play({
        ...WARM,
        incidents: goesWrong({ kind, atMs: calm.midOf(phase), downMs }),
      });
      expect(scene.results).toEqual(['succeeded']);
      expect(scene.mac('steps-begun')).toHaveLength(1);
      expect(scene.daemon('daemon-started')).toHaveLength(2);
    });
  });

describe('the agent is killed at', () => {
  const CALLS = ['list', 'hasImage', 'follow', 'deliver', 'verdict', 'lastWords', 'http', 'request'] as const;
  for (const [words, when, lateMs] of [
    ['before it begins', 'before', 0],
    ['as it has begun', 'after', 0],
    ['in the middle', 'after', 150],
  ] as const)
    test.each(CALLS)(`any of its first calls of %s, ${words}`, async (of) => {
      for (const call of [1, 3, 6]) {
        const scene = await play({
          ...WARM,
          incidents: goesWrong({ kind: 'kill-at-call', of, call, when, lateMs, downMs: 2 * SECOND }),
        });
        expect(scene.results).toEqual(['succeeded']);
        expect(scene.mac('steps-begun')).toHaveLength(1);
      }
    });

  test('every third of its calls: it comes to an end all the same', async () => {
    const kills = Array.from({ length: 12 }, (_, index) => {
      const moment = { of: null, call: 12 + 25 * index, when: 'before', lateMs: 0 } as const;
      return { kind: 'kill-at-call', ...moment, downMs: SECOND } as const;
    });
    const scene = await play({ ...WARM, incidents: goesWrong(...kills) });
    expect(scene.results).toEqual(['succeeded']);
    expect(scene.daemon('daemon-killed').length).toBeGreaterThan(3);
  });
});

test('a job that runs is taken up again within two seconds of the start', async () => {
  const scene = await play({
    jobs: [aJob({ workMs: 3 * MINUTE })],
    incidents: goesWrong({ kind: 'kill', atMs: MINUTE, downMs: 20 * SECOND }),
  });
  const [, startedMs = 0] = scene.daemon('daemon-started');
  const [adopted] = scene.audited('runner-adopted');
  expect((adopted?.atMs ?? Infinity) - startedMs).toBeLessThan(2 * SECOND);
});

describe('the host is drained', () => {
  const drain = (atMs: number, isDraining: boolean): Act => ({
    atMs,
    what({ hosts: [host] }) {
      const context = host?.service?.context;
      if (!context) return;
      context.desk.isDraining = isDraining;
      context.wake();
      void context.readAgain('registrations');
    },
  });

  test('while a job runs and one stands warm: the job ends, nothing new is taken, until it serves again', async () => {
    const scene = await play({
      ...WARM,
      jobs: [aJob({ atMs: 40 * SECOND, workMs: 2 * MINUTE }), aJob({ atMs: 90 * SECOND })],
      acts: [drain(80 * SECOND, true), drain(10 * MINUTE, false)],
    });
    expect(scene.results).toEqual(['succeeded', 'succeeded']);
    const between = ({ atMs }: { readonly atMs: number }) => atMs > 81 * SECOND && atMs < 10 * MINUTE;
    expect(scene.mac('vm-started').filter(between)).toEqual([]);
    expect(scene.github('job-assigned').filter(between)).toEqual([]);
    expect(scene.reportAt(9 * MINUTE)).toMatchObject({ runners: [], jobs: [] });
  });

  test.each(PHASES)('while a runner is %s: what GitHub has given is served, the rest goes', async (phase) => {
    const calm = await play(WARM);
    const scene = await play({
      ...WARM,
      acts: [drain(calm.midOf(phase), true), drain(10 * MINUTE, false)],
    });
    expect(scene.results).toEqual(['succeeded']);
    expect(scene.mac('steps-begun')).toHaveLength(1);
  });
});

describe('the disk takes no more of the ledger', () => {
  /** A gate waits for its verdict for a minute; so long may it last without harm to a job that is just starting. */
  const full = async (phase: (typeof PHASES)[number], forMs: number): Promise<void> => {
    const calm = await play(WARM);
    const fromMs = calm.midOf(phase);
    const scene = await play({
      ...WARM,
      jobs: [...(WARM.jobs ?? []), aJob({ atMs: 50 * SECOND, workMs: MINUTE })],
      ledgerFull: [fromMs, fromMs + forMs],
    });
    expect(scene.results).toEqual(['succeeded', 'succeeded']);
    expect(scene.mac('steps-begun')).toHaveLength(2);
    // Its queue may just be waiting for its next try.
    expect(scene.problem(/ledger/)?.untilMs ?? 0).toBeLessThan(fromMs + forMs + 75 * SECOND);
  };

  test.each(PHASES)('for forty seconds, while a runner is %s: jobs go on, all is taken up again', (phase) =>
    full(phase, 40 * SECOND),
  );

  test.each(['cloning', 'booting', 'busy', 'stopping'] as const)(
    'for two minutes, while a runner is %s: nothing is begun, what runs goes on',
    (phase) => full(phase, 2 * MINUTE),
  );
});
