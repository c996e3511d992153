/** What GitHub makes of what is announced: capacity of 0, several pools, several hosts, jobs that it keeps to itself. */
import { expect, test } from 'vitest';
import { aJob, goesWrong, MINUTE, play, SECOND } from './stage.ts';

test.each(['held', 'never'] as const)(
  'jobs queued while a set announces 0 are %s by GitHub: a full host serves all of them in the end',
  async (capacityZero) => {
    const scene = await play({
      host: {
        slots: 1,
        pools: [
          { name: 'ios', max: 1, warm: 0 },
          { name: 'mac', max: 1, warm: 0 },
        ],
      },
      github: { capacityZero },
      jobs: [
        aJob({ workMs: 2 * MINUTE }),
        aJob({ atMs: MINUTE, pool: 'mac' }),
        aJob({ atMs: 70 * SECOND, pool: 'mac' }),
        aJob({ atMs: 80 * SECOND }),
      ],
    });
    expect(scene.results).toEqual(['succeeded', 'succeeded', 'succeeded', 'succeeded']);
    expect(scene.github('capacity-announced').some(({ capacity }) => capacity === 0)).toBe(false);
  },
);

test('a warm runner of one pool is in the way of a job of another: it makes way at once', async () => {
  const scene = await play({
    host: {
      slots: 1,
      pools: [
        { name: 'ios', max: 1, warm: 1 },
        { name: 'mac', max: 1, warm: 0 },
      ],
    },
    jobs: [aJob({ atMs: MINUTE, pool: 'mac' })],
  });
  expect(scene.results).toEqual(['succeeded']);
  expect(scene.ends[0]).toBe('evicted');
  expect(scene.jobs[0]?.waitedMs).toBeLessThan(MINUTE);
});

test('the end of a job is told twice: the slot is counted once', async () => {
  const scene = await play({
    host: { slots: 1, pools: [{ name: 'ios', max: 1, warm: 0 }] },
    jobs: [aJob(), aJob({ atMs: 90 * SECOND, workMs: MINUTE }), aJob({ atMs: 95 * SECOND })],
    acts: [80, 110, 140].map((s) => ({
      atMs: s * SECOND,
      what: ({ github }) => void github.completeAgain('job-1'),
    })),
  });
  expect(scene.results).toEqual(['succeeded', 'succeeded', 'succeeded']);
  expect(scene.mac('vm-cloned')).toHaveLength(3);
});

test('a job that GitHub gives to nobody for want of a listener comes as soon as there is one', async () => {
  const scene = await play({
    jobs: [aJob({ atMs: 2 * MINUTE })],
    incidents: goesWrong({ kind: 'kill', atMs: MINUTE, downMs: 30 * MINUTE }),
  });
  expect(scene.results).toEqual(['succeeded']);
  const [, startedMs = 0] = scene.daemon('daemon-started');
  expect((scene.mac('steps-begun')[0]?.atMs ?? Infinity) - startedMs).toBeLessThan(30 * SECOND);
});

test('a job with its runner outlasts the agent, which comes back after half an hour: all is cleaned up', async () => {
  const scene = await play({
    jobs: [aJob({ workMs: 5 * MINUTE })],
    incidents: goesWrong({ kind: 'kill', atMs: MINUTE, downMs: 30 * MINUTE }),
  });
  expect(scene.results).toEqual(['succeeded']);
  expect(scene.mac('vm-stopped')[0]?.by).toBe('itself');
});

test('two hosts share labels and few slots: each job runs once, on either', async () => {
  const pools = [{ name: 'ios', max: 1, warm: 0 }] as const;
  const scene = await play({
    hosts: ['host00', 'host01'].map((id) => ({ id, slots: 1, limit: 2, pools })),
    jobs: Array.from({ length: 6 }, (_, index) => aJob({ atMs: (10 + 3 * index) * SECOND })),
  });
  expect(scene.results).toEqual(Array.from({ length: 6 }, () => 'succeeded'));
  expect(scene.mac('steps-begun', 0).length + scene.mac('steps-begun', 1).length).toBe(6);
  expect(scene.mac('steps-begun', 1).length).toBeGreaterThan(0);
});
