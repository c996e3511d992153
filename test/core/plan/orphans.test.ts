/**
 * Whatever fell out of step with the rest: each kind has one rule, with one name, and one source alone never ends what may
 * have a job. A row tells the state, the one step that follows, and what must be missing for nothing to follow.
 */
import { describe, expect, test } from 'vitest';
import { plan } from '../../../src/core/plan.ts';
import type { Runner } from '../../../src/core/runner.ts';
import type { World } from '../../../src/core/world.ts';
import {
  aJob,
  aName,
  aPool,
  aRegistration,
  aRunner,
  aVm,
  aWorld,
  jobs,
  known,
  LIMITS,
  MINUTE,
  NOW,
  SECOND,
  say,
} from '../../support/world.ts';

type Details = Parameters<typeof aWorld>[0];

interface Row {
  readonly name: string;
  readonly world: Details;
  readonly step: string;
  /** In such a world it stays. */
  readonly stays: Readonly<Record<string, Details>>;
}

/** Demand that keeps one runner of any kind, so that nothing stops for being surplus. */
const KEPT = [aPool('ios', { warm: 1, demand: jobs(aJob('1')) })];
const A = aName('a');

const record = (details: Parameters<typeof aRegistration>[1]): World['registrations'] =>
  known([aRegistration(A, details)]);
const silent = { silentSinceMs: new Map([[A, NOW - LIMITS.channelMs]]) };
const heard = { heardMs: new Map([[A, NOW - SECOND]]) };
const twice = { unlistedSinceMs: new Map([[A, NOW - MINUTE]]), registrations: known([]) };
const once = { unlistedSinceMs: new Map([[A, NOW - SECOND]]), registrations: known([]) };
const one = (phase: Runner['phase'], details: Partial<Runner> = {}) => ({
  runners: [aRunner('a', phase, { registrationId: 7, ...details })],
});
const told = one('busy', { toldDoneMs: NOW - LIMITS.teardownMs });

const ROWS: readonly Row[] = [
  {
    name: 'a VM without a ledger entry',
    world: { vms: known([aVm(A)]), ...twice },
    step: 'remove-vm ios/a',
    stays: {
      'GitHub lacked it once only': once,
      'a job runs there': { registrations: record({ busy: true }) },
    },
  },
  {
    name: 'a ledger entry without a VM',
    world: { ...one('busy'), vms: known([]), registrations: record({ status: 'offline', busy: true }) },
    step: 'stop ios/a: vm-died',
    stays: {
      'GitHub sees it at work': { registrations: record({ status: 'online', busy: true }) },
      'its guest speaks': heard,
    },
  },
  {
    name: 'a record at GitHub without a VM',
    world: { registrations: record({ status: 'offline' }) },
    step: 'deregister ios/a',
    stays: { 'a job runs there': { registrations: record({ busy: true }) } },
  },
  {
    name: 'a VM whose registration vanished',
    world: { ...one('idle'), ...twice },
    step: 'stop ios/a: registration-gone',
    stays: {
      'GitHub lacked it once only': once,
      'it is busy': one('busy'),
      'it has just been given its credential': one('registering', { sinceMs: NOW - 10 * SECOND }),
    },
  },
  {
    name: 'a runner that is offline at GitHub',
    world: { ...one('idle'), ...silent, registrations: record({ status: 'offline' }) },
    step: 'stop ios/a: runner-offline',
    stays: {
      'its guest speaks': { silentSinceMs: new Map(), ...heard },
      'a job runs there': { registrations: record({ status: 'offline', busy: true }) },
    },
  },
  {
    name: 'a runner that never took a job',
    world: one('idle', { sinceMs: NOW - LIMITS.idleMs }),
    step: 'stop ios/a: idle-timeout',
    stays: { 'a job runs there': { registrations: record({ busy: true }) } },
  },
  {
    name: 'a runner that finished by its own word and whose VM lives',
    world: one('busy', { jobEndedMs: NOW - LIMITS.teardownMs }),
    step: 'stop ios/a: job-done',
    stays: { 'it may still tear itself down': one('busy', { jobEndedMs: NOW - LIMITS.teardownMs + 1 }) },
  },
  {
    name: "a runner that finished by GitHub's word and whose VM lives",
    world: { ...told, registrations: record({ busy: false }) },
    step: 'stop ios/a: outlived-job',
    stays: {
      'GitHub still sees it at work': { registrations: record({ busy: true }) },
      'the record is older than the word': { registrationsBeganMs: NOW - LIMITS.teardownMs },
    },
  },
];

const steps = (details: Details): readonly string[] =>
  plan(aWorld({ pools: KEPT, ...details }))
    .steps.map(say)
    .filter((step) => step.includes('ios/a'));

describe.each(ROWS)('$name', ({ world, step, stays }) => {
  test(`ends in one step: ${step}`, () => expect(steps(world)).toEqual([step]));
  test.each(Object.entries(stays))('stays while %s', (_, change) => {
    expect(steps({ ...world, ...change })).toEqual([]);
  });
});

describe('GitHub told that the job is over, the guest says nothing of it', () => {
  const seen = (details: Details): readonly string[] => steps({ ...told, ...details });
  const unread = { registrationsBeganMs: NOW - MINUTE, registrations: record({ busy: true }) };

  test('a record that is gone agrees', () => {
    expect(seen({ registrations: known([]) })).toEqual(['stop ios/a: outlived-job']);
  });
  test('a silent guest agrees, where the record was not read since or is offline', () => {
    expect(seen({ ...silent, ...unread })).toEqual(['stop ios/a: outlived-job']);
    expect(seen({ ...silent, registrations: record({ status: 'offline', busy: true }) })).toHaveLength(1);
  });
  test('a silent guest that GitHub sees online and at work is not ended, until it is too old', () => {
    const busy = { ...silent, registrations: record({ status: 'online', busy: true }) };
    expect(seen(busy)).toEqual([]);
    const [runner] = told.runners;
    const old = runner ? [{ ...runner, sinceMs: NOW - LIMITS.ageMs }] : [];
    expect(seen({ ...busy, runners: old })).toEqual(['stop ios/a: age-limit']);
  });
  test.each(['registering', 'idle'] as const)(
    'a runner that is %s goes too: its job went past us',
    (phase) => {
      const runners = one(phase, { toldDoneMs: NOW - LIMITS.teardownMs });
      expect(seen({ ...runners, registrations: record({ busy: false }) })).toEqual([
        'stop ios/a: outlived-job',
      ]);
    },
  );
});

describe('a VM list that the guests contradict', () => {
  const runners = [aRunner('a', 'busy', { slot: 0 }), aRunner('b', 'idle', { slot: 1 })];
  const heardMs = new Map(runners.map(({ name }) => [name, NOW - SECOND]));
  const gone = { runners, vms: known([]), registrations: known([]) };
  const all = (details: Details): readonly string[] => plan(aWorld(details)).steps.map(say);

  test('is not believed when it lacks all that we hear, about nobody', () => {
    expect(all({ ...gone, heardMs })).toEqual([]);
    expect(plan(aWorld({ ...gone, heardMs, host: { slots: 3 }, pools: KEPT })).waiting).toEqual([]);
    expect(all({ ...gone, heardMs, runners: [...runners, aRunner('c', 'warm', { slot: 2 })] })).toEqual([]);
  });
  test('is not believed about the one that we hear when it lacks only that', () => {
    const vms = known([aVm(aName('b'))]);
    expect(all({ ...gone, vms, heardMs, pools: KEPT })).not.toContain('stop ios/a: vm-died');
    expect(all({ ...gone, vms, pools: KEPT })).toContain('stop ios/a: vm-died');
  });
  test('is believed when nobody was heard for a minute, or since the channel broke', () => {
    const longAgo = new Map(runners.map(({ name }) => [name, NOW - MINUTE]));
    const both = ['stop ios/a: vm-died', 'stop ios/b: vm-died'];
    expect(all({ ...gone, heardMs: longAgo })).toEqual(both);
    const silentSinceMs = new Map(runners.map(({ name }) => [name, NOW]));
    expect(all({ ...gone, heardMs, silentSinceMs })).toEqual(both);
  });
});
