/** The clock of deadlines under everything that is done to the host's. */
import { expect, test } from 'vitest';
import { SteadyClock } from '../../src/daemon/steady-clock.ts';
import { systemTime } from '../../src/lib/time.ts';

const HOUR = 3_600_000;

function host(boot: string | null = 'boot-1') {
  const clocks = { wallMs: 1_800_000_000_000, steadyMs: 50_000 };
  const time = { ...systemTime, wallMs: () => clocks.wallMs, steadyMs: () => clocks.steadyMs };
  return {
    clocks,
    pass(ms: number) {
      clocks.wallMs += ms;
      clocks.steadyMs += ms;
    },
    clock: (last: ConstructorParameters<typeof SteadyClock>[2] = null, of = boot, notBeforeMs = 0) =>
      new SteadyClock(time, of, last, notBeforeMs),
  };
}

test('it begins as the time of day and passes with it', () => {
  const { clock: make, clocks, pass } = host();
  const clock = make();
  expect(clock.nowMs()).toBe(clocks.wallMs);
  pass(5_000);
  expect(clock.look()).toBeNull();
  expect(clock.nowMs()).toBe(clocks.wallMs);
});

test.each([
  ['forwards', HOUR],
  ['backwards', -HOUR],
])("setting the host's clock %s is noticed, and changes nothing", (_, ms) => {
  const { clock: make, clocks, pass } = host();
  const clock = make();
  const before = clock.nowMs();
  clocks.wallMs += ms;
  pass(1_000);
  expect(clock.look()).toEqual({ what: 'clock-set', ms });
  expect(clock.nowMs()).toBe(before + 1_000);
  pass(1_000);
  expect(clock.look()).toBeNull();
});

test('it stands still while the host sleeps', () => {
  const { clock: make, pass } = host();
  const clock = make();
  const before = clock.nowMs();
  pass(8 * HOUR);
  expect(clock.look()).toEqual({ what: 'slept', ms: 8 * HOUR });
  expect(clock.nowMs()).toBe(before);
});

test('on the same boot the next life goes on, whatever the time of day says now', () => {
  const { clock: make, clocks, pass } = host();
  const first = make();
  pass(1_000);
  const before = first.nowMs();
  clocks.wallMs += 24 * HOUR;
  pass(2_000);
  expect(make(first.anchor).nowMs()).toBe(before + 2_000);
});

test('after a boot, or where boots have no names, it begins anew', () => {
  const { clock: make, clocks, pass } = host();
  const first = make();
  clocks.wallMs += 24 * HOUR;
  pass(1_000);
  expect(make(first.anchor, 'boot-2').nowMs()).toBe(clocks.wallMs);
  expect(make({ boot: null, offsetMs: 7 }, null).nowMs()).toBe(clocks.wallMs);
});

test('it never begins before a time that it has shown, however the clock was set', () => {
  const { clock: make, clocks } = host();
  const shownMs = clocks.wallMs;
  clocks.wallMs -= HOUR;
  expect(make(null, 'boot-2', shownMs).nowMs()).toBe(shownMs);
});
