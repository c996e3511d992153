/** What a plan does about ghosts, a short disk, and a host that is to be rebooted. */
import { describe, expect, test } from 'vitest';
import { plan } from '../../../src/core/plan.ts';
import { HOST_SUBJECT } from '../../../src/core/step.ts';
import { aJob, aName, aPool, aRunner, aVm, aWorld, jobs, known, say, unknown } from '../../support/world.ts';

type Details = Parameters<typeof aWorld>[0];
const steps = (details: Details): readonly string[] => plan(aWorld(details)).steps.map(say);
const withJobs = (...ids: readonly string[]) => aPool('ios', { demand: jobs(...ids.map((id) => aJob(id))) });

describe('ghosts', () => {
  test('hold their slots', () => {
    expect(steps({ host: { ghosts: 1 }, pools: [withJobs('1', '2')] })).toEqual(['create ios in 0 for job']);
    expect(steps({ host: { ghosts: 2 }, pools: [withJobs('1')] })).toEqual([]);
  });

  test('are tried by a job when it is time, one at a time', () => {
    const host = { ghosts: 2, isProbeDue: true };
    expect(steps({ host, pools: [withJobs('1', '2')] })).toEqual(['create ios in 0 for job']);
  });

  test('are tried for nothing when no job comes and all other slots are taken', () => {
    const host = { ghosts: 1, isProbeDue: true };
    const runners = [aRunner('a', 'busy')];
    const pools = [withJobs('1')];
    expect(steps({ host, runners, pools })).toEqual(['create ios in 1 for probe']);
    expect(steps({ host })).toEqual([]);
    expect(steps({ host, runners: [aRunner('a', 'stopping')] })).toEqual(['stop ios/a: no-job']);
    expect(steps({ host: { ghosts: 1 }, runners, pools })).toEqual([]);
  });

  test.each<[string, Details]>([
    ['in a drain', { host: { ghosts: 2, isProbeDue: true, isDraining: true } }],
    ['with a short disk', { host: { ghosts: 2, isProbeDue: true, isDiskShort: true } }],
    ['while VMs are unknown', { host: { ghosts: 2, isProbeDue: true }, vms: unknown }],
    ['before a reboot', { host: { ghosts: 2, isProbeDue: true, remedy: 'reboot-host' }, vms: unknown }],
  ])('are not tried %s', (_, details) => expect(steps(details)).toEqual([]));

  test('make a warm runner of another pool go when a job needs its slot', () => {
    const pools = [aPool('ios', { warm: 1 }), aPool('mac', { demand: jobs(aJob('1', { pool: 'mac' })) })];
    expect(steps({ host: { ghosts: 1 }, pools, runners: [aRunner('a', 'warm')] })).toEqual([
      'stop ios/a: evicted',
    ]);
  });
});

describe('leftovers', () => {
  const host = { ghosts: 1, remedy: 'kill-leftovers' } as const;
  test('are killed when the ladder says so, also while VMs are unknown', () => {
    expect(steps({ host })).toEqual(['kill-leftovers']);
    expect(steps({ host, vms: unknown })).toEqual(['kill-leftovers']);
  });
  test('are not killed twice at a time', () => {
    expect(steps({ host, inFlight: new Set([HOST_SUBJECT]) })).toEqual([]);
  });
});

describe('a reboot', () => {
  const host = { ghosts: 2, remedy: 'reboot-host' } as const;
  test('is ordered when nothing runs', () => expect(steps({ host })).toEqual(['reboot-host']));

  test.each<[string, Details]>([
    ['a job runs', { runners: [aRunner('a', 'busy')], pools: [withJobs('1')] }],
    ['a VM of others runs', { vms: known([aVm('dev-box')]) }],
    ['nobody knows what runs', { vms: unknown }],
    ['an orphan is being removed', { inFlight: new Set([aName('z')]) }],
  ])('waits while %s', (_, details) => expect(steps({ host, ...details })).not.toContain('reboot-host'));

  test('waits for a job that can be served', () => {
    expect(steps({ host: { ...host, ghosts: 1 }, pools: [withJobs('1')] })).toEqual([
      'create ios in 0 for job',
    ]);
  });

  test('is not kept waiting by warm runners', () => {
    const pools = [aPool('ios', { warm: 2 })];
    const runners = [aRunner('a', 'warm', { slot: 0 }), aRunner('b', 'booting', { slot: 1 })];
    expect(steps({ host, pools, runners })).toEqual(['stop ios/a: host-reboot', 'stop ios/b: host-reboot']);
    expect(steps({ host, pools })).toEqual(['reboot-host']);
  });
});

describe('a short disk', () => {
  const host = { isDiskShort: true };
  const pools = [aPool('ios', { warm: 2 })];

  test('creates nothing, and evicts what stands warm or comes for nothing', () => {
    expect(steps({ host, pools })).toEqual([]);
    const runners = [aRunner('a', 'warm', { slot: 0 }), aRunner('b', 'booting', { slot: 1 })];
    expect(steps({ host, pools, runners })).toEqual([
      'stop ios/a: disk-pressure',
      'stop ios/b: disk-pressure',
    ]);
  });

  test('a warm runner that a job needs still gets it', () => {
    const runners = [aRunner('a', 'warm')];
    expect(steps({ host, pools: [withJobs('1')], runners })).toEqual(['claim ios/a']);
  });

  test('what has a credential finishes', () => {
    const runners = [aRunner('a', 'registering', { slot: 0 }), aRunner('b', 'busy', { slot: 1 })];
    expect(steps({ host, pools: [withJobs('1', '2')], runners })).toEqual([]);
  });

  test('nothing is evicted on a demand or a list that is unknown', () => {
    const runners = [aRunner('a', 'warm')];
    expect(steps({ host, pools, runners, vms: unknown })).toEqual([]);
    expect(steps({ host, pools: [aPool('ios', { demand: unknown })], runners })).toEqual([]);
  });
});
