/** Rule 1: what must go whatever the demand is. */
import { describe, expect, test } from 'vitest';
import { plan } from '../../../src/core/plan.ts';
import { PHASES, type Phase, type Runner } from '../../../src/core/runner.ts';
import type { World } from '../../../src/core/world.ts';
import {
  aJob,
  aPool,
  aRegistration,
  aRunner,
  aWorld,
  jobs,
  known,
  LIMITS,
  MINUTE,
  NOW,
  SECOND,
  say,
  unknown,
} from '../../support/world.ts';

/** Demand that keeps one runner of any kind, so that nothing stops for being surplus. */
const KEPT = aPool('ios', { warm: 1, demand: jobs(aJob('1')) });

function stopsOf(runner: Runner, details: Parameters<typeof aWorld>[0] = {}): readonly string[] {
  const { steps } = plan(aWorld({ pools: [KEPT], runners: [runner], ...details }));
  return steps.filter((step) => step.do === 'stop').map(say);
}

const oldBy = (ms: number): Partial<Runner> => ({ sinceMs: NOW - ms });
const silent = (runner: Runner, ms: number): Partial<World> => ({
  silentSinceMs: new Map([[runner.name, NOW - ms]]),
});

test.each(PHASES.filter((phase) => phase !== 'cloning' && phase !== 'stopping'))(
  'a healthy runner that is %s stays',
  (phase) => expect(stopsOf(aRunner('a', phase))).toEqual([]),
);

test('a runner that is stopping is stopped again with its reason until it is gone, even when nothing can be read', () => {
  const runner = aRunner('a', 'stopping', { why: 'refused' });
  expect(stopsOf(runner)).toEqual(['stop ios/a: refused']);
  expect(stopsOf(runner, { vms: unknown, registrations: unknown })).toEqual(['stop ios/a: refused']);
});

test('a runner on which a step works is left alone', () => {
  const runner = aRunner('a', 'stopping');
  expect(stopsOf(runner, { inFlight: new Set([runner.name]) })).toEqual([]);
  const cloning = aRunner('a', 'cloning');
  expect(stopsOf(cloning, { inFlight: new Set([cloning.name]) })).toEqual([]);
});

test('a clone that no step works on was interrupted', () => {
  expect(stopsOf(aRunner('a', 'cloning'))).toEqual(['stop ios/a: interrupted']);
});

test('I3: a warm runner that had a job is stopped, and not claimed even while it cannot be', () => {
  const runner = aRunner('a', 'warm', { hadJob: true });
  expect(stopsOf(runner)).toEqual(['stop ios/a: job-done']);
  expect(plan(aWorld({ pools: [KEPT], runners: [runner], vms: unknown })).steps).toEqual([]);
});

describe('deadlines', () => {
  const rows: readonly [Phase, number, string][] = [
    ['booting', LIMITS.bootMs, 'boot-timeout'],
    ['registering', LIMITS.registerMs, 'register-timeout'],
    ['idle', LIMITS.idleMs, 'idle-timeout'],
  ];
  test.each(rows)('%s for %d ms ends with %s, a moment earlier does not', (phase, limitMs, why) => {
    expect(stopsOf(aRunner('a', phase, oldBy(limitMs)))).toEqual([`stop ios/a: ${why}`]);
    expect(stopsOf(aRunner('a', phase, oldBy(limitMs - 1)))).toEqual([]);
  });

  test.each(['registering', 'idle'] as const)(
    '%s past its deadline stays while GitHub calls it busy',
    (phase) => {
      const runner = aRunner('a', phase, oldBy(60 * MINUTE));
      const registrations = known([aRegistration(runner.name, { busy: true })]);
      expect(stopsOf(runner, { registrations })).toEqual([]);
    },
  );

  test('a job whose guest said it ended is over after the teardown time, whatever GitHub says', () => {
    const ended = (ms: number) => aRunner('a', 'busy', { jobEndedMs: NOW - ms });
    expect(stopsOf(ended(LIMITS.teardownMs), { registrations: unknown })).toEqual(['stop ios/a: job-done']);
    expect(stopsOf(ended(LIMITS.teardownMs - 1))).toEqual([]);
  });

  test.each([
    ['booting', 'createdMs'],
    ['warm', 'createdMs'],
    ['registering', 'sinceMs'],
    ['idle', 'sinceMs'],
    ['busy', 'sinceMs'],
  ] as const)(
    'the age limit ends a runner that is %s, by its %s, though GitHub cannot be read',
    (phase, since) => {
      const runner = aRunner('a', phase, { [since]: NOW - LIMITS.ageMs });
      expect(stopsOf(runner, { registrations: unknown })).toEqual(['stop ios/a: age-limit']);
      expect(stopsOf({ ...runner, [since]: NOW - LIMITS.ageMs + 1 }, { registrations: unknown })).toEqual([]);
    },
  );

  test.each(['registering', 'idle', 'busy'] as const)(
    'a runner that stood warm for long and is now %s has as much time as a fresh one',
    (phase) => {
      const runner = aRunner('a', phase, { createdMs: NOW - 2 * LIMITS.ageMs, sinceMs: NOW - 1_000 });
      expect(stopsOf(runner, { registrations: unknown })).toEqual([]);
    },
  );
});

describe('a VM that does not run', () => {
  const gone = known([]);

  test.each(['booting', 'warm', 'registering', 'idle'] as const)('ends a runner that is %s', (phase) => {
    expect(stopsOf(aRunner('a', phase), { vms: gone })).toEqual(['stop ios/a: vm-died']);
  });

  test('is not believed in the first seconds of a phase: the list may be older', () => {
    expect(stopsOf(aRunner('a', 'booting', oldBy(5 * SECOND - 1)), { vms: gone })).toEqual([]);
  });

  test('ends a busy runner only when GitHub does not see it online and busy', () => {
    const runner = aRunner('a', 'busy');
    const seen = (details: Parameters<typeof aRegistration>[1]) =>
      stopsOf(runner, { vms: gone, registrations: known([aRegistration(runner.name, details)]) });
    expect(seen({ status: 'online', busy: true })).toEqual([]);
    expect(seen({ status: 'offline', busy: true })).toEqual(['stop ios/a: vm-died']);
    expect(stopsOf(runner, { vms: gone, registrations: known([]) })).toEqual(['stop ios/a: vm-died']);
    expect(stopsOf(runner, { vms: gone, registrations: unknown })).toEqual([]);
  });
});

describe('a VM that does not run and whose channel is silent', () => {
  test('ends a busy runner, though GitHub sees it busy or cannot be read: two ways to it agree', () => {
    const runner = aRunner('a', 'busy');
    const seen = (silentMs: number, more = {}) =>
      stopsOf(runner, { ...silent(runner, silentMs), vms: known([]), ...more });
    const busy = { registrations: known([aRegistration(runner.name, { status: 'online', busy: true })]) };
    expect(seen(LIMITS.channelMs, busy)).toEqual(['stop ios/a: vm-died']);
    expect(seen(LIMITS.channelMs, { registrations: unknown })).toEqual(['stop ios/a: vm-died']);
    expect(seen(LIMITS.channelMs - 1, busy)).toEqual([]);
  });
});

describe('a job that never came before the gate', () => {
  const unjudged = (runner: Runner, ms: number) => ({ unjudgedSinceMs: new Map([[runner.name, NOW - ms]]) });

  test.each(['registering', 'idle'] as const)(
    'ends a runner that is %s after a minute, though it is busy',
    (phase) => {
      const runner = aRunner('a', phase);
      const busy = known([aRegistration(runner.name, { busy: true })]);
      expect(stopsOf(runner, { ...unjudged(runner, MINUTE), registrations: busy })).toEqual([
        'stop ios/a: refused',
      ]);
      expect(stopsOf(runner, { ...unjudged(runner, MINUTE), registrations: unknown })).toHaveLength(1);
      expect(stopsOf(runner, { ...unjudged(runner, MINUTE - 1), registrations: busy })).toEqual([]);
    },
  );

  test('is none once the guest has reported it', () => {
    const runner = aRunner('a', 'busy');
    expect(stopsOf(runner, unjudged(runner, 60 * MINUTE))).toEqual([]);
  });
});

describe('a silent channel', () => {
  test('ends a warm runner after its deadline', () => {
    const runner = aRunner('a', 'warm');
    expect(stopsOf(runner, silent(runner, LIMITS.channelMs))).toEqual(['stop ios/a: channel-lost']);
    expect(stopsOf(runner, silent(runner, LIMITS.channelMs - 1))).toEqual([]);
  });

  test('says nothing about a guest that is booting', () => {
    const runner = aRunner('a', 'booting');
    expect(stopsOf(runner, silent(runner, 60 * MINUTE))).toEqual([]);
  });

  test.each(['registering', 'idle', 'busy'] as const)(
    'ends a runner that is %s only when GitHub lost it too',
    (phase) => {
      const runner = aRunner('a', phase);
      const seen = (registrations: World['registrations']) =>
        stopsOf(runner, { ...silent(runner, LIMITS.channelMs), registrations });
      expect(seen(known([]))).toEqual(['stop ios/a: channel-lost']);
      expect(seen(known([aRegistration(runner.name, { status: 'offline' })]))).toEqual([
        'stop ios/a: runner-offline',
      ]);
      expect(seen(known([aRegistration(runner.name, { status: 'online' })]))).toEqual([]);
      expect(seen(known([aRegistration(runner.name, { status: 'offline', busy: true })]))).toEqual([]);
      expect(seen(unknown)).toEqual([]);
    },
  );
});

describe('a pool that is no longer configured', () => {
  const without = { pools: [] };
  test.each(['booting', 'warm', 'idle'] as const)('loses a runner that is %s', (phase) => {
    expect(stopsOf(aRunner('a', phase), without)).toEqual(['stop ios/a: pool-removed']);
  });
  test.each(['registering', 'busy'] as const)('keeps a runner that is %s', (phase) => {
    expect(stopsOf(aRunner('a', phase), without)).toEqual([]);
  });
  test('keeps an idle runner that GitHub may just have given a job', () => {
    const runner = aRunner('a', 'idle');
    expect(stopsOf(runner, { ...without, registrations: unknown })).toEqual([]);
    const registrations = known([aRegistration(runner.name, { busy: true })]);
    expect(stopsOf(runner, { ...without, registrations })).toEqual([]);
  });
});

describe('a drain', () => {
  const host = { isDraining: true };
  test.each(['booting', 'warm'] as const)(
    'stops a runner that is %s, also when the queue cannot be read',
    (phase) => {
      expect(stopsOf(aRunner('a', phase), { host })).toEqual(['stop ios/a: surplus']);
      const pools = [aPool('ios', { demand: unknown })];
      expect(stopsOf(aRunner('a', phase), { host, pools })).toEqual(['stop ios/a: surplus']);
    },
  );
  test.each(['registering', 'idle', 'busy'] as const)(
    'lets a runner that is %s for a job finish',
    (phase) => {
      expect(stopsOf(aRunner('a', phase), { host })).toEqual([]);
    },
  );
  test('stops an idle runner without a job at once', () => {
    const runner = aRunner('a', 'idle', { sinceMs: NOW });
    expect(stopsOf(runner, { host, pools: [aPool()] })).toEqual(['stop ios/a: surplus']);
  });
});
