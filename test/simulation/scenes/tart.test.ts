/** What goes wrong between the agent and its VMs: a list that fails or lies, stops without effect, starts that fail. */
import { describe, expect, test } from 'vitest';
import { aJob, goesWrong, MINUTE, play, SECOND } from './stage.ts';

const HALF_MADE = 'mr-host00-ios-half0000';
const WARM = { pools: [{ name: 'ios', max: 2, warm: 1 }] } as const;
const BUSY_AND_WARM = { host: WARM, jobs: [aJob({ atMs: 30 * SECOND, workMs: 8 * MINUTE })] } as const;

describe('while a job runs and a runner stands warm, for four minutes the list of VMs', () => {
  const lasting = { kind: 'mac-calls', methods: ['list'], chance: 1 } as const;
  const span = { atMs: 2 * MINUTE, forMs: 4 * MINUTE } as const;

  test('fails: VMs are unknown, nothing is stopped and nothing started', async () => {
    const scene = await play({
      ...BUSY_AND_WARM,
      incidents: goesWrong({ ...lasting, ...span, fault: 'error' }),
    });
    expect(scene.results).toEqual(['succeeded']);
    expect(scene.ends).toEqual(['job-done', null]);
    expect(scene.problem(/VMs are unknown/)?.untilMs).toBeLessThan(7 * MINUTE);
  });

  test.each([
    ['has no answer', 'lost-reply'],
    ['is empty', 'empty'],
    ['calls all VMs stopped', 'stopped'],
  ] as const)('%s: nobody is taken for dead', async (_, fault) => {
    const scene = await play({ ...BUSY_AND_WARM, incidents: goesWrong({ ...lasting, ...span, fault }) });
    expect(scene.results).toEqual(['succeeded']);
    expect(scene.ends).toEqual(['job-done', null]);
    const words =
      fault === 'lost-reply' ? /VMs are unknown/ : /Tart lists none of the VMs whose guests speak/;
    expect(scene.problem(words)?.untilMs).toBeLessThan(8 * MINUTE);
  });

  test('takes the VM with the job for stopped: its guest speaks, so it stays', async () => {
    const scene = await play({
      ...BUSY_AND_WARM,
      incidents: goesWrong({ kind: 'misread', ...span, nth: 0 }),
    });
    expect(scene.results).toEqual(['succeeded']);
    expect(scene.ends[0]).toBe('job-done');
  });
});

describe('a VM that is to be stopped', () => {
  const one = { host: { slots: 1, pools: [{ name: 'ios', max: 1, warm: 0 }] } } as const;
  const jobs = [aJob(), aJob()] as const;

  test('and is reported stopped without effect: it keeps its slot until it is really gone', async () => {
    const scene = await play({
      ...one,
      jobs,
      incidents: goesWrong({
        ...{ kind: 'mac-calls', methods: ['stop'], fault: 'no-effect', chance: 1 },
        ...{ atMs: 0, forMs: 3 * MINUTE },
      }),
    });
    expect(scene.results).toEqual(['succeeded', 'succeeded']);
    expect(scene.mac('vm-started')[1]?.atMs).toBeGreaterThan(scene.mac('vm-stopped')[0]?.atMs ?? Infinity);
    expect(scene.mac('vm-stopped')[0]?.atMs).toBeGreaterThan(3 * MINUTE);
  });

  test('and does not hear its power-off: it is killed after seconds', async () => {
    const scene = await play({
      ...one,
      jobs,
      incidents: goesWrong({ kind: 'stubborn', nth: 0, atMs: 40 * SECOND, forMs: 10 * MINUTE }),
    });
    expect(scene.results).toEqual(['succeeded', 'succeeded']);
    const exitMs = scene.mac('runner-exited')[0]?.atMs ?? 0;
    expect((scene.mac('vm-stopped')[0]?.atMs ?? Infinity) - exitMs).toBeLessThan(10 * SECOND);
  });

  test('and cannot even be killed: its slot is given to nobody, and it is tried until it goes', async () => {
    const scene = await play({
      ...one,
      jobs,
      acts: [
        {
          atMs: 40 * SECOND,
          what: ({ hosts: [host] }) => {
            const [vm] = host?.ledger.runners() ?? [];
            if (vm) host?.mac.levers.makeStubborn(vm.name, 5 * MINUTE, true);
          },
        },
      ],
    });
    expect(scene.results).toEqual(['succeeded', 'succeeded']);
    expect(scene.mac('vm-stopped')[0]?.atMs).toBeGreaterThan(5 * MINUTE);
    expect(scene.mac('vm-started')[1]?.atMs).toBeGreaterThan(scene.mac('vm-stopped')[0]?.atMs ?? Infinity);
  });
});

describe('the agent is killed', () => {
  const moments = [
    ['before', 'before', 0],
    ['as it begins', 'after', 0],
    ['in the middle of', 'after', 120],
  ] as const;

  for (const [words, when, lateMs] of moments)
    test.each(['clone', 'configure', 'start', 'stop', 'delete'])(
      `${words} the call of %s: its job is served, and nothing of the VM is left`,
      async (of) => {
        const scene = await play({
          incidents: goesWrong({
            ...{ kind: 'kill-at-call', of, call: 1 },
            ...{ when, lateMs, downMs: 3 * SECOND },
          }),
        });
        expect(scene.results).toEqual(['succeeded']);
        expect(scene.daemon('daemon-killed')).toHaveLength(1);
      },
    );

  test('in a clone that leaves a directory which Tart does not list: it is swept away', async () => {
    const scene = await play({
      acts: [{ atMs: SECOND, what: ({ hosts }) => hosts[0]?.mac.halve(HALF_MADE) }],
      incidents: goesWrong({ kind: 'kill', atMs: 2 * SECOND, downMs: SECOND }),
    });
    expect(scene.results).toEqual(['succeeded']);
    expect(scene.audited('debris-removed').map(({ subject }) => subject)).toEqual([HALF_MADE]);
  });
});

describe('for two minutes', () => {
  const span = { atMs: 0, forMs: 2 * MINUTE } as const;

  test.each(['clone', 'configure', 'start'])(
    '%s fails: tried ever more seldom, then served',
    async (method) => {
      const scene = await play({
        incidents: goesWrong({ kind: 'mac-calls', methods: [method], chance: 1, fault: 'error', ...span }),
      });
      expect(scene.results).toEqual(['succeeded']);
      const failed = scene.ends.filter((why) => why === 'clone-failed' || why === 'start-failed');
      expect(failed.length).toBeLessThanOrEqual(6);
      expect(scene.problem(/starts failed in a row/)).not.toBeNull();
      expect(scene.causes).toEqual(['backing-off']);
    },
  );

  test('files of a VM are held by a process that is dying: started again after a rest', async () => {
    const scene = await play({
      acts: [
        { atMs: 0, what: ({ hosts }) => hosts[0]?.mac.levers.breakStarts('auxiliary-lock') },
        { atMs: 2 * MINUTE, what: ({ hosts }) => hosts[0]?.mac.levers.breakStarts(null) },
      ],
    });
    expect(scene.results).toEqual(['succeeded']);
    expect(scene.mac('start-refused').length).toBeLessThanOrEqual(18);
  });

  test('the golden image is gone: said so, and used again as soon as it is back', async () => {
    const scene = await play({
      acts: [
        { atMs: SECOND, what: ({ hosts }) => hosts[0]?.mac.remove('template') },
        { atMs: 2 * MINUTE, what: ({ hosts }) => hosts[0]?.mac.add('template', false) },
      ],
    });
    expect(scene.results).toEqual(['succeeded']);
    expect(scene.problem(/image template is not on this host/)).not.toBeNull();
    expect(scene.causes).toContain('image-missing');
    expect(scene.mac('vm-cloned')[0]?.atMs).toBeLessThan(2 * MINUTE + 20 * SECOND);
  });

  test('no exec into a guest is answered: the warm runner is replaced, the job that runs is not touched', async () => {
    const scene = await play({
      ...BUSY_AND_WARM,
      incidents: goesWrong({
        ...{ kind: 'mac-calls', methods: ['follow'], fault: 'error', chance: 1 },
        ...{ atMs: 2 * MINUTE, forMs: 2 * MINUTE },
      }),
    });
    expect(scene.results).toEqual(['succeeded']);
  });
});
