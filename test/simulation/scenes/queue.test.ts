/** What goes wrong with a pool's queue: its scale set, its session, its messages and counts. */
import { describe, expect, test } from 'vitest';
import { type Act, aJob, goesWrong, MINUTE, play, type Scene, SECOND } from './stage.ts';

const ONE_SLOT = { slots: 1, pools: [{ name: 'ios', max: 1, warm: 0 }] } as const;

describe('GitHub deletes the scale set', () => {
  test('of an idle pool: made anew, and the next job comes', async () => {
    const scene = await play({
      jobs: [aJob({ atMs: 5 * MINUTE })],
      incidents: goesWrong({ kind: 'delete-set', pool: 0, atMs: MINUTE }),
    });
    expect(scene.results).toEqual(['succeeded']);
    expect(scene.jobs[0]?.waitedMs).toBeLessThan(MINUTE);
    expect(scene.github('set-created')).toHaveLength(2);
  });

  test('while jobs wait for it: the new one picks them up', async () => {
    const scene = await play({
      host: ONE_SLOT,
      jobs: [aJob({ workMs: 3 * MINUTE }), aJob(), aJob()],
      incidents: goesWrong({ kind: 'delete-set', pool: 0, atMs: 2 * MINUTE }),
    });
    expect(scene.results).toEqual(['succeeded', 'succeeded', 'succeeded']);
  });

  test('while a VM boots for its job: the job is served, and what was begun twice is given up', async () => {
    const calm = await play({});
    const scene = await play({
      incidents: goesWrong({ kind: 'delete-set', pool: 0, atMs: calm.midOf('booting') }),
    });
    expect(scene.results).toEqual(['succeeded']);
    expect(scene.ends.filter((why) => why !== 'job-done').length).toBeLessThanOrEqual(1);
  });

  test('while a runner of it stands idle: that one goes, the job is served by one of the new set', async () => {
    const calm = await play({});
    const scene = await play({
      incidents: goesWrong({ kind: 'delete-set', pool: 0, atMs: calm.midOf('idle') }),
    });
    expect(scene.results).toEqual(['succeeded']);
  });

  test('while a job runs: it runs to its end', async () => {
    const scene = await play({
      jobs: [aJob({ workMs: 5 * MINUTE })],
      incidents: goesWrong({ kind: 'delete-set', pool: 0, atMs: 2 * MINUTE }),
    });
    expect(scene.mac('steps-ended').map(({ how }) => how)).toEqual(['succeeded']);
    expect(scene.ends).toEqual(['job-done']);
  });
});

describe('a session', () => {
  const conflict = JSON.stringify({
    typeName: 'GitHub.Actions.Runtime.WebApi.RunnerScaleSetSessionConflictException, GitHub.Actions',
    message: 'The runner scale set already has an active session.',
  });
  const held = (forMs: number): Scene => ({
    jobs: [aJob({ atMs: 2 * MINUTE })],
    incidents: goesWrong(
      { kind: 'kill-session', pool: 0, atMs: MINUTE },
      {
        ...{ kind: 'github-calls', routes: ['create-session'], chance: 1, atMs: MINUTE, forMs },
        fault: { status: 409, body: conflict },
      },
    ),
  });
  const isJustAfter = ({ atMs }: { readonly atMs: number }) => atMs >= MINUTE && atMs < MINUTE + 10 * SECOND;
  const ALARM = /another listener has held the session since/;

  test('is held by another for seven minutes: it is waited for, and after five somebody is called', async () => {
    const scene = await play(held(7 * MINUTE));
    expect(scene.results).toEqual(['succeeded']);
    const alarm = scene.problem(ALARM);
    expect(alarm?.fromMs).toBeGreaterThanOrEqual(6 * MINUTE);
    expect(alarm?.fromMs).toBeLessThan(8 * MINUTE);
    expect(alarm?.untilMs).toBeLessThan(10 * MINUTE);
  });

  test('is held by another for two minutes: nobody is called', async () => {
    const scene = await play(held(2 * MINUTE));
    expect(scene.results).toEqual(['succeeded']);
    expect(scene.problem(ALARM)).toBeNull();
  });

  test('of an earlier life lingers, which nobody remembers: it lapses, nobody is called', async () => {
    const scene = await play({
      jobs: [aJob({ atMs: 70 * SECOND })],
      incidents: goesWrong({ kind: 'lose-ledger', atMs: MINUTE, downMs: SECOND }),
    });
    expect(scene.results).toEqual(['succeeded']);
    expect(scene.problem(ALARM)).toBeNull();
  });

  test('is forgotten by GitHub in the middle of everything: another is opened, nothing told is lost', async () => {
    const scene = await play({
      jobs: [aJob({ workMs: 2 * MINUTE }), aJob({ atMs: 61 * SECOND })],
      incidents: goesWrong({ kind: 'kill-session', pool: 0, atMs: MINUTE }),
    });
    expect(scene.results).toEqual(['succeeded', 'succeeded']);
    expect(scene.github('session-opened').some(isJustAfter)).toBe(true);
  });

  test('has its token refused before its time: renewed in place', async () => {
    const scene = await play({
      jobs: [aJob({ workMs: 2 * MINUTE }), aJob({ atMs: 61 * SECOND })],
      incidents: goesWrong({ kind: 'expire-tokens', atMs: MINUTE }),
    });
    expect(scene.results).toEqual(['succeeded', 'succeeded']);
    expect(scene.github('session-opened').some(isJustAfter)).toBe(false);
  });
});

describe('messages', () => {
  const jobs = [aJob({ workMs: 2 * MINUTE }), aJob({ atMs: 40 * SECOND }), aJob({ atMs: 50 * SECOND })];

  test('come in any order: the same end', async () => {
    const scene = await play({ jobs, github: { isReordering: true } });
    expect(scene.results).toEqual(['succeeded', 'succeeded', 'succeeded']);
    expect(scene.mac('vm-cloned').length).toBeLessThanOrEqual(4);
  });

  test('are told again later: no job is served twice', async () => {
    const scene = await play({
      jobs,
      incidents: goesWrong(
        ...[30, 65, 90, 150].map((s) => ({ kind: 'replay', pool: 0, atMs: s * SECOND }) as const),
      ),
    });
    expect(scene.mac('vm-cloned')).toHaveLength(3);
    expect(scene.github('message-delivered').some(({ isAgain }) => isAgain)).toBe(true);
  });

  test('are acknowledged twice: the second refusal disturbs nothing', async () => {
    const scene = await play({
      jobs,
      incidents: goesWrong({
        ...{ kind: 'github-calls', routes: ['ack'], fault: 'duplicate', chance: 1 },
        ...{ atMs: 0, forMs: 10 * MINUTE },
      }),
    });
    expect(scene.results).toEqual(['succeeded', 'succeeded', 'succeeded']);
    expect(scene.problem(/cannot hear/)).toBeNull();
  });

  const push = (body: string, type?: string): readonly Act[] => [
    { atMs: 30 * SECOND, what: ({ github }) => void github.pushMessage('mr-host00-ios', body, type) },
  ];

  test.each([
    ['have no body', ''],
    ['tell of things that nobody knows', '[{"messageType":"JobPaused"}]'],
    ['lack what a job must have', '[{"messageType":"JobAssigned"}]'],
  ])('%s: passed over, and the next are heard', async (_, body) => {
    const scene = await play({ jobs, acts: push(body) });
    expect(scene.results).toEqual(['succeeded', 'succeeded', 'succeeded']);
    expect(scene.problem(/cannot hear/)).toBeNull();
  });

  test.each([
    ['are of a type that nobody knows', '[]', 'SomethingNew'],
    ['are no list', '{"all":"else"}', undefined],
  ] as const)('%s: said aloud and not acknowledged, and what runs goes on', async (_, body, type) => {
    const scene = await play({
      jobs,
      acts: push(body, type),
      // Nothing else ends it, short of a version of ours that can read them.
      incidents: goesWrong({ kind: 'delete-set', pool: 0, atMs: 10 * MINUTE }),
    });
    expect(scene.results).toEqual(['succeeded', 'succeeded', 'succeeded']);
    expect(scene.problem(/Pool ios cannot hear GitHub: .*message/)).not.toBeNull();
    const [pushed] = scene.github('message-pushed');
    const acked = scene.github('message-acked').filter(({ atMs }) => atMs < 10 * MINUTE);
    expect(acked.map(({ messageId }) => messageId)).not.toContain(pushed?.messageId);
  });
});

describe('what GitHub tells of jobs', () => {
  const jobs = [aJob(), aJob({ atMs: 11 * SECOND }), aJob({ atMs: 2 * MINUTE })];

  test('has counts that lag behind: no runner too many, and none too few', async () => {
    const scene = await play({ jobs, github: { statisticsLag: true } });
    expect(scene.results).toEqual(['succeeded', 'succeeded', 'succeeded']);
    expect(scene.mac('vm-cloned')).toHaveLength(3);
  });

  test('lacks their completions: they are closed by the count', async () => {
    const scene = await play({ jobs, github: { completion: 'never' } });
    expect(scene.mac('vm-cloned').length).toBeLessThanOrEqual(4);
  });

  test('has their completions a minute late: their slots are used before', async () => {
    const scene = await play({ host: ONE_SLOT, jobs, github: { completion: 'late' } });
    expect(scene.results).toEqual(['succeeded', 'succeeded', 'succeeded']);
  });

  test('is said to two hosts that share labels, one of which dies: the other serves what it had not begun', async () => {
    const pools = [{ name: 'ios', max: 2, warm: 0 }] as const;
    const scene = await play({
      hosts: ['host00', 'host01'].map((id) => ({ id, slots: 2, limit: 2, pools })),
      github: { lapseMs: 2 * MINUTE },
      jobs: [aJob(), aJob(), aJob({ atMs: 30 * SECOND }), aJob({ atMs: 30 * SECOND })],
      incidents: goesWrong({ kind: 'kill', atMs: 10 * SECOND + 50, downMs: 30 * MINUTE }),
    });
    expect(scene.results).toEqual(['succeeded', 'succeeded', 'succeeded', 'succeeded']);
    expect(Math.max(...scene.jobs.map(({ waitedMs }) => waitedMs ?? 0))).toBeLessThan(5 * MINUTE);
  });

  test('comes as offers that must be acquired (GHES): each is acquired once, whatever answer is lost', async () => {
    const scene = await play({
      jobs,
      github: { backend: 'acquire' },
      incidents: goesWrong({
        ...{ kind: 'github-calls', routes: ['acquire-jobs'], fault: 'lost-reply', chance: 1 },
        ...{ atMs: 0, forMs: MINUTE },
      }),
    });
    expect(scene.results).toEqual(['succeeded', 'succeeded', 'succeeded']);
    expect(scene.mac('vm-cloned')).toHaveLength(3);
  });
});
