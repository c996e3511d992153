/** What goes wrong with single calls to GitHub: refused, limited, broken, empty, or answered to nobody. */
import { describe, expect, test } from 'vitest';
import type { Fault, Route } from '../github/faults.ts';
import { aJob, aJobForNothing, goesWrong, MINUTE, play, type Scene, SECOND } from './stage.ts';

/** One job runs all the while, one comes in the middle of it. */
const BUSY: Scene = { jobs: [aJob({ workMs: 8 * MINUTE }), aJob({ atMs: 3 * MINUTE })] };

function calls(routes: readonly Route[] | null, fault: Fault, forMs = 4 * MINUTE, atMs = MINUTE, chance = 1) {
  return { kind: 'github-calls', routes, fault, chance, atMs, forMs } as const;
}

describe('for four minutes', () => {
  test.each([
    ['every call is refused for its token (401)', { status: 401 }],
    ['every call is forbidden (403)', { status: 403 }],
    ['every call fails (500)', { status: 500 }],
    ['every call fails with words instead of JSON (502)', { status: 502, body: '<html>Bad Gateway</html>' }],
    ['GitHub asks for patience (503, Retry-After)', { status: 503, headers: { 'retry-after': '20' } }],
    ['GitHub limits the rate (429, Retry-After)', { status: 429, headers: { 'retry-after': '60' } }],
    [
      'a secondary limit is hit (403, in words)',
      { status: 403, body: '{"message":"You have exceeded a secondary rate limit."}' },
    ],
    ['every connection breaks', 'reset'],
    ['every answer is lost', 'lost-reply'],
    ['every answer is cut off', { status: 200, body: '{"value":[{"id":1' }],
    ['every answer is late', { replyAfterMs: 10 * SECOND }],
  ] as const)('%s: jobs go on, none is lost, nothing is done for want of an answer', async (_, fault) => {
    const scene = await play({ ...BUSY, incidents: goesWrong(calls(null, fault)) });
    expect(scene.results).toEqual(['succeeded', 'succeeded']);
    expect(
      scene.ends.every((why) => why === 'job-done' || why === 'surplus' || why === 'register-failed'),
    ).toBe(true);
    // When it is over the queue is taken up within the longest wait.
    expect(scene.mac('steps-begun').at(-1)?.atMs).toBeLessThan(8 * MINUTE);
  });

  test.each([
    ['has no body (200)', { status: 200, body: '' }],
    ['is empty (202)', { status: 202 }],
    ['is unreadable', { status: 200, body: '{"messageId":' }],
    ['begins with a mark of its byte order', { status: 200, body: '\uFEFF' }],
  ] as const)('every answer to a poll %s: what waits at GitHub comes afterwards', async (_, fault) => {
    const scene = await play({ ...BUSY, incidents: goesWrong(calls(['poll'], fault)) });
    expect(scene.results).toEqual(['succeeded', 'succeeded']);
    expect(scene.mac('vm-cloned')).toHaveLength(2);
  });
});

test('polls have no answer for ten minutes: that is told by its age, and nothing is created or destroyed', async () => {
  const scene = await play({
    host: { pools: [{ name: 'ios', max: 2, warm: 1 }] },
    jobs: [aJob({ workMs: 14 * MINUTE }), aJob({ atMs: 5 * MINUTE })],
    incidents: goesWrong(calls(['poll'], 'lost-reply', 10 * MINUTE, 2 * MINUTE)),
  });
  expect(scene.results).toEqual(['succeeded', 'succeeded']);
  expect(scene.problem(/cannot hear GitHub: (3 polls in a row|no word)/)?.fromMs).toBeLessThan(7 * MINUTE);
  const within = ({ atMs }: { readonly atMs: number }) => atMs > 2 * MINUTE + SECOND && atMs < 12 * MINUTE;
  expect(scene.mac('vm-cloned').filter(within)).toEqual([]);
  expect(scene.mac('vm-stopped').filter(within)).toEqual([]);
});

test('a session is opened without saying where its queue is: closed again, tried on, said aloud', async () => {
  const body = JSON.stringify({
    sessionId: '00000000-0000-4000-8000-0000000000ff',
    messageQueueUrl: '',
    messageQueueAccessToken: '',
    statistics: { totalAssignedJobs: 0 },
  });
  const scene = await play({
    jobs: [aJob({ atMs: MINUTE })],
    incidents: goesWrong(calls(['create-session'], { status: 200, body }, 5 * MINUTE, 0)),
  });
  expect(scene.results).toEqual(['succeeded']);
  expect(scene.problem(/cannot hear GitHub: .*without saying where its queue is/)?.untilMs).toBeLessThan(
    7 * MINUTE,
  );
});

test('an outage as on 2026-07-25: polls fail, sessions have no queue, then the scale set is gone', async () => {
  const empty = '{"sessionId":"00000000-0000-4000-8000-0000000000fe","messageQueueUrl":""}';
  const scene = await play({
    ...BUSY,
    incidents: goesWrong(
      calls(['poll'], { status: 500 }, 4 * MINUTE, 2 * MINUTE),
      { kind: 'kill-session', pool: 0, atMs: 2 * MINUTE },
      calls(['create-session'], { status: 200, body: empty }, 3 * MINUTE, 2 * MINUTE),
      { kind: 'delete-set', pool: 0, atMs: 5 * MINUTE },
    ),
  });
  expect(scene.results).toEqual(['succeeded', 'succeeded']);
  expect(scene.github('set-created')).toHaveLength(2);
});

describe('the answer is lost', () => {
  const lost = { chance: 1, fault: 'lost-reply', atMs: 0, forMs: MINUTE } as const;

  test('to a minting: the record that nobody knows of is removed, and the job served by another', async () => {
    const scene = await play({
      incidents: goesWrong(calls(['generate-jit-config'], 'lost-reply', 2 * MINUTE, 0)),
    });
    expect(scene.results).toEqual(['succeeded']);
    expect(scene.github('unregistered').map(({ why }) => why)).toContain('asked');
  });

  test.each(['reset-reply', 'duplicate'] as const)(
    'to a minting, so that its name is taken when it is made again (%s): freed, and used',
    async (fault) => {
      const scene = await play({
        incidents: goesWrong(calls(['generate-jit-config'], fault, 15 * SECOND, 10 * SECOND)),
      });
      expect(scene.results).toEqual(['succeeded']);
      expect(scene.mac('steps-begun')).toHaveLength(1);
    },
  );

  test('to a delivery: it arrived, so the runner is left alone and serves its job', async () => {
    const scene = await play({ incidents: goesWrong({ kind: 'mac-calls', methods: ['deliver'], ...lost }) });
    expect(scene.results).toEqual(['succeeded']);
    expect(scene.ends).toEqual(['job-done']);
    expect(scene.mac('credential-delivered')).toHaveLength(1);
  });

  test('to a delivery that never arrived: ended at its deadline, its job served by another', async () => {
    const scene = await play({
      incidents: goesWrong({ kind: 'mac-calls', methods: ['deliver'], ...lost, fault: 'lost-request' }),
    });
    expect(scene.results).toEqual(['succeeded']);
    expect(scene.ends[0]).toBe('register-timeout');
  });

  test('to a verdict: given again, the job has one', async () => {
    const scene = await play({ incidents: goesWrong({ kind: 'mac-calls', methods: ['verdict'], ...lost }) });
    expect(scene.results).toEqual(['succeeded']);
    expect(scene.mac('steps-begun')).toHaveLength(1);
  });

  test('to an acknowledgement: the message comes again to a ledger that knows it', async () => {
    const scene = await play({ ...BUSY, incidents: goesWrong(calls(['ack'], 'lost-reply')) });
    expect(scene.results).toEqual(['succeeded', 'succeeded']);
    expect(scene.mac('vm-cloned')).toHaveLength(2);
  });

  test('to the removal of a record: asked again, gone is as good as removed', async () => {
    const { job } = await aJobForNothing();
    const scene = await play({
      jobs: [job],
      github: { unknownAgentDelete: 404 },
      incidents: goesWrong(calls(['delete-agent'], 'reset-reply', MINUTE, 0)),
    });
    // Its runner may tell of its own end before the answer is heard.
    expect(scene.ends[0]).toMatch(/surplus|no-job/);
  });
});

test('a removal is refused because a job runs there: its VM stays, and the job runs', async () => {
  const body = JSON.stringify({
    typeName: 'GitHub.DistributedTask.WebApi.JobStillRunningException, GitHub.DistributedTask.WebApi',
    message: 'The runner is still running a job.',
  });
  const { job, idleMs } = await aJobForNothing();
  const scene = await play({
    // Nobody needs its runner, so it is to go; then it takes the next job after all.
    jobs: [job, aJob({ atMs: idleMs + 40 * SECOND })],
    incidents: goesWrong(calls(['delete-agent'], { status: 400, body }, 2 * MINUTE, 0)),
  });
  expect(scene.results).toEqual(['canceled', 'succeeded']);
  expect(scene.mac('vm-cloned')).toHaveLength(1);
  expect(scene.ends).toEqual(['job-done']);
});
