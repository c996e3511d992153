/** I5, on arbitrary worlds: what is unknown, or said by one source alone, ends nothing that may have a job. */
import { expect, test } from 'vitest';
import { plan } from '../../src/core/plan.ts';
import {
  always,
  busyRecords,
  isSilent,
  isUnjudged,
  MAY_HAVE_JOB,
  newStops,
  only,
  runnerNamed,
} from '../support/plan-checks.ts';
import { known, unknown } from '../support/world.ts';

test('I5: an unknown VM list creates nothing and destroys nothing', () => {
  always((drawn) => {
    const world = { ...drawn, vms: unknown };
    const { steps } = plan(world);
    expect(newStops(world, steps)).toEqual([]);
    // Leftovers are looked for by other means than the list.
    const allowed = ['stop', 'claim', 'kill-leftovers'];
    expect(steps.filter(({ do: kind }) => !allowed.includes(kind))).toEqual([]);
  });
});

test('I5: unknown registrations destroy no orphan, and no runner that may have a job but by its word, age, two ways to its VM, or unjudged', () => {
  always((drawn) => {
    const world = { ...drawn, registrations: unknown };
    const { steps } = plan(world);
    expect([...only(steps, 'remove-vm'), ...only(steps, 'deregister')]).toEqual([]);
    for (const { runner, why } of newStops(world, steps)) {
      if (!MAY_HAVE_JOB.includes(runnerNamed(world, runner)?.phase ?? '')) continue;
      expect(['age-limit', 'job-done', 'outlived-job', 'vm-died', 'refused']).toContain(why);
      if (why === 'vm-died' || why === 'outlived-job') expect(isSilent(world, runner)).toBe(true);
      if (why === 'refused') expect(isUnjudged(world, runner)).toBe(true);
    }
  });
});

test('I5: unknown demand starts nothing for the pool and takes nothing from it for want of work', () => {
  always((drawn) => {
    const world = { ...drawn, pools: drawn.pools.map((pool) => ({ ...pool, demand: unknown })) };
    const { steps, waiting } = plan(world);
    expect([...only(steps, 'create'), ...only(steps, 'claim'), ...waiting]).toEqual([]);
    const idlers = newStops(world, steps).filter(({ why }) =>
      ['surplus', 'evicted', 'idle-timeout', 'disk-pressure', 'host-reboot'].includes(why),
    );
    // A drain is an order, no reading: it may stop what has no credential yet.
    if (!world.host.isDraining) expect(idlers).toEqual([]);
    for (const { runner } of idlers) expect(MAY_HAVE_JOB).not.toContain(runnerNamed(world, runner)?.phase);
  });
});

test('I5: a VM list that every guest we hear contradicts is unknown', () => {
  always((drawn) => {
    const heardMs = new Map(drawn.runners.map(({ name }) => [name, drawn.nowMs]));
    const isAlive = drawn.runners.some(({ phase }) => phase !== 'stopping');
    const world = { ...drawn, heardMs, silentSinceMs: new Map(), vms: known([]) };
    const { steps } = plan(world);
    if (isAlive) expect(steps).toEqual(plan({ ...world, vms: unknown }).steps);
  });
});

test('I5: a runner that we hear is not taken for dead', () => {
  always((world, { steps }) => {
    const died = newStops(world, steps).filter(({ why }) => why === 'vm-died');
    for (const { runner } of died) {
      const isHeard = world.nowMs - (world.heardMs.get(runner) ?? 0) < 60_000;
      expect(isHeard && !world.silentSinceMs.has(runner)).toBe(false);
    }
  });
});

test('I5: one list of GitHub that lacks a runner or an orphan VM removes nothing', () => {
  always((drawn) => {
    const unlistedSinceMs = new Map([...drawn.unlistedSinceMs.keys()].map((name) => [name, drawn.nowMs]));
    const world = { ...drawn, registrations: known([]), unlistedSinceMs };
    const { steps } = plan(world);
    expect(only(steps, 'remove-vm')).toEqual([]);
    expect(only(steps, 'stop').filter(({ why }) => why === 'registration-gone')).toEqual([]);
  });
});

test('two sources: what GitHub told done is ended after the teardown time, by a record read since or by silence', () => {
  always((world, { steps }) => {
    const outlived = newStops(world, steps).filter(({ why }) => why === 'outlived-job');
    for (const { runner } of outlived) {
      const toldMs = runnerNamed(world, runner)?.toldDoneMs ?? world.nowMs;
      expect(world.nowMs - toldMs).toBeGreaterThanOrEqual(world.limits.teardownMs);
      const isReadSince = world.registrations.known && world.registrationsBeganMs > toldMs;
      expect(isSilent(world, runner) || (isReadSince && !busyRecords(world).has(runner))).toBe(true);
    }
  });
});

test('two sources: a runner whose record, read since, is online and busy never goes because its job was told done', () => {
  always((world, { steps }) => {
    const busy = busyRecords(world);
    for (const { runner, why } of newStops(world, steps)) {
      const toldMs = runnerNamed(world, runner)?.toldDoneMs ?? world.nowMs;
      const isAtWork = busy.get(runner)?.status === 'online' && world.registrationsBeganMs > toldMs;
      if (isAtWork) expect(why).not.toBe('outlived-job');
    }
  });
});

test('two sources: what GitHub calls busy is stopped only by its own word, by age, unjudged, or with its VM gone and offline or silent', () => {
  always((world, { steps }) => {
    const busy = busyRecords(world);
    for (const { runner, why } of newStops(world, steps)) {
      const record = busy.get(runner);
      if (!record || !MAY_HAVE_JOB.includes(runnerNamed(world, runner)?.phase ?? '')) continue;
      expect(['age-limit', 'job-done', 'outlived-job', 'vm-died', 'refused']).toContain(why);
      if (why === 'outlived-job') expect(isSilent(world, runner)).toBe(true);
      if (why === 'refused') expect(isUnjudged(world, runner)).toBe(true);
      if (why === 'vm-died') expect(record.status === 'offline' || isSilent(world, runner)).toBe(true);
    }
    for (const step of steps) expect(step.do === 'remove-vm' && busy.has(step.vm)).toBe(false);
  });
});
