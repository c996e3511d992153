/** Rules 2, 3 and 5: claims, new runners for jobs, new runners to stand warm. */
import { describe, expect, test } from 'vitest';
import { plan } from '../../../src/core/plan.ts';
import {
  aJob,
  aName,
  aPool,
  aRunner,
  aVm,
  aWorld,
  jobs,
  known,
  MINUTE,
  NOW,
  SECOND,
  say,
  unknown,
} from '../../support/world.ts';

type Details = Parameters<typeof aWorld>[0];
const steps = (details: Details): readonly string[] => plan(aWorld(details)).steps.map(say);
const oneJob = aPool('ios', { demand: jobs(aJob('1')) });
const twoJobs = aPool('ios', { demand: jobs(aJob('1'), aJob('2')) });

test('a quiet world wants nothing', () => expect(plan(aWorld())).toEqual({ steps: [], waiting: [] }));

describe('a job', () => {
  test('takes a warm runner, the longest warm first', () => {
    const runners = [
      aRunner('a', 'warm', { slot: 0, sinceMs: NOW - 5 * SECOND }),
      aRunner('b', 'warm', { slot: 1, sinceMs: NOW - 9 * SECOND }),
    ];
    expect(steps({ pools: [{ ...oneJob, warm: 2 }], runners })).toEqual(['claim ios/b']);
  });

  test.each(['booting', 'registering', 'idle', 'busy'] as const)(
    'is covered by a runner that is %s',
    (phase) => {
      expect(plan(aWorld({ pools: [oneJob], runners: [aRunner('a', phase)] }))).toEqual({
        steps: [],
        waiting: [],
      });
    },
  );

  test('is covered by a clone and by a claim that are in flight', () => {
    for (const phase of ['cloning', 'warm'] as const) {
      const runner = aRunner('a', phase);
      const world = aWorld({ pools: [oneJob], runners: [runner], inFlight: new Set([runner.name]) });
      expect(plan(world)).toEqual({ steps: [], waiting: [] });
    }
  });

  test('without any runner gets a new one', () => {
    expect(steps({ pools: [oneJob] })).toEqual(['create ios in 0 for job']);
  });

  test("gets a new one beside the first job's", () => {
    expect(steps({ pools: [twoJobs], runners: [aRunner('a', 'busy', { slot: 1 })] })).toEqual([
      'create ios in 0 for job',
    ]);
  });

  test('that GitHub only counted gets a new one too', () => {
    const pool = aPool('ios', { demand: known({ jobs: [], assigned: 2, unconfirmed: 0 }) });
    expect(steps({ pools: [pool] })).toEqual(['create ios in 0 for job', 'create ios in 1 for job']);
  });

  test('that has ended, unknown to GitHub, gets none', () => {
    const pool = aPool('ios', { demand: known({ jobs: [aJob('1')], assigned: 1, unconfirmed: 1 }) });
    expect(plan(aWorld({ pools: [pool] }))).toEqual({ steps: [], waiting: [] });
  });

  test('gets its own runner beside one whose job GitHub has told completed', () => {
    const pool = aPool('ios', { demand: known({ jobs: [aJob('2')], assigned: 1, unconfirmed: -1 }) });
    expect(steps({ pools: [pool], runners: [aRunner('a', 'busy')] })).toEqual(['create ios in 1 for job']);
  });

  test('whose busy VM dies gets no second runner, GitHub fails it', () => {
    const pool = aPool('ios', { demand: jobs(aJob('1', { startedMs: NOW, runner: aName('a') })) });
    const world = aWorld({
      pools: [pool],
      runners: [aRunner('a', 'busy')],
      vms: known([]),
      registrations: known([]),
    });
    expect(plan(world).steps.map(say)).toEqual(['stop ios/a: vm-died']);
  });

  test('whose idle runner must go gets a replacement at once', () => {
    const runners = [aRunner('a', 'idle', { sinceMs: NOW - 60 * MINUTE })];
    expect(steps({ pools: [oneJob], runners })).toEqual([
      'stop ios/a: idle-timeout',
      'create ios in 1 for job',
    ]);
  });
});

describe('slots', () => {
  test("a runner that is stopping holds its slot, but does not count against the pool's maximum", () => {
    const runners = [aRunner('a', 'stopping', { slot: 0 })];
    expect(steps({ pools: [{ ...twoJobs, max: 1 }], runners })).toEqual([
      'stop ios/a: no-job',
      'create ios in 1 for job',
    ]);
  });

  test('I1: a foreign VM takes the room of one slot, a stopped one none', () => {
    expect(steps({ pools: [twoJobs], vms: known([aVm('dev-box')]) })).toEqual(['create ios in 0 for job']);
    expect(steps({ pools: [twoJobs], vms: known([aVm('dev-box', 'stopped')]) })).toHaveLength(2);
  });

  test('I1: an orphan of ours takes the room of one slot until it is gone', () => {
    const unlistedSinceMs = new Map([[aName('z'), NOW - MINUTE]]);
    expect(steps({ pools: [twoJobs], vms: known([aVm(aName('z'))]), unlistedSinceMs })).toEqual([
      'remove-vm ios/z',
      'create ios in 0 for job',
    ]);
  });

  test('I1: a runner in a slot that the configuration took away still counts', () => {
    expect(
      steps({ host: { slots: 1 }, pools: [twoJobs], runners: [aRunner('a', 'busy', { slot: 1 })] }),
    ).toEqual([]);
  });
});

describe('between pools', () => {
  const ios = aPool('ios', { demand: jobs(aJob('1', { queuedMs: 1 }), aJob('2', { queuedMs: 2 })) });
  const mac = aPool('mac', { demand: jobs(aJob('3', { pool: 'mac', queuedMs: 3 })) });

  test('each gets one before one gets two', () => {
    expect(steps({ pools: [ios, mac] })).toEqual(['create ios in 0 for job', 'create mac in 1 for job']);
  });

  test('the one with fewer runners comes first', () => {
    expect(steps({ pools: [ios, mac], runners: [aRunner('a', 'busy')] })).toEqual([
      'create mac in 1 for job',
    ]);
  });

  test('among equals the oldest job comes first', () => {
    expect(steps({ host: { slots: 1 }, pools: [mac, ios] })).toEqual(['create ios in 0 for job']);
  });

  test('a job that GitHub only counted is as young as can be', () => {
    const counted = aPool('ios', { demand: known({ jobs: [], assigned: 1, unconfirmed: 0 }) });
    expect(steps({ host: { slots: 1 }, pools: [counted, mac] })).toEqual(['create mac in 0 for job']);
  });
});

describe('the warm count', () => {
  const warm = aPool('ios', { warm: 1 });
  test('is kept', () => expect(steps({ pools: [warm] })).toEqual(['create ios in 0 for warm']));

  test.each(['booting', 'warm'] as const)('is met by a runner that is %s', (phase) => {
    expect(steps({ pools: [warm], runners: [aRunner('a', phase)] })).toEqual([]);
  });

  test('is refilled beside the claim', () => {
    expect(steps({ pools: [{ ...oneJob, warm: 1 }], runners: [aRunner('a', 'warm')] })).toEqual([
      'claim ios/a',
      'create ios in 1 for warm',
    ]);
  });

  test('comes after jobs', () => {
    expect(steps({ pools: [aPool('mac', { warm: 2 }), oneJob] })).toEqual([
      'create ios in 0 for job',
      'create mac in 1 for warm',
    ]);
  });

  test("never exceeds the pool's maximum", () => {
    const pool = aPool('ios', { warm: 1, max: 1, demand: jobs(aJob('1')) });
    expect(steps({ pools: [pool], runners: [aRunner('a', 'busy')] })).toEqual([]);
  });

  test('is shared fairly', () => {
    const pools = [aPool('ios', { warm: 2 }), aPool('mac', { warm: 2 })];
    expect(steps({ pools })).toEqual(['create ios in 0 for warm', 'create mac in 1 for warm']);
  });

  test('is kept for a pool whose demand is known, whatever is known of others', () => {
    const pools = [aPool('ios', { warm: 1, demand: unknown }), aPool('mac', { warm: 1 })];
    expect(steps({ pools })).toEqual(['create mac in 0 for warm']);
  });

  test.each<[string, Details]>([
    ['draining', { host: { isDraining: true } }],
    ['the host is unfit', { host: { unfit: 'disk below floor' } }],
    ['the VMs are unknown', { vms: unknown }],
    ['the image is missing', { pools: [{ ...warm, image: 'missing' }] }],
    ['the pool backs off', { pools: [{ ...warm, retryAtMs: NOW + 1 }] }],
  ])('rests while %s', (_, details) => expect(steps({ pools: [warm], ...details })).toEqual([]));
});
