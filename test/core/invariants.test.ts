/** The promises of the design, on arbitrary worlds. Titles begin with the invariant they guard; I5 is in `corroboration.test.ts`. */
import { expect, test } from 'vitest';
import { plan } from '../../src/core/plan.ts';
import { HOST_SUBJECT, type Step } from '../../src/core/step.ts';
import { arbitraryKnownWorld } from '../support/arbitrary-world.ts';
import { always, isUnjudged, MAY_HAVE_JOB, only, runnerNamed } from '../support/plan-checks.ts';
import { HOST } from '../support/world.ts';

function subjectOf(step: Step): string {
  switch (step.do) {
    case 'create':
      return `slot ${step.slot}`;
    case 'claim':
    case 'stop':
      return step.runner;
    case 'remove-vm':
      return step.vm;
    case 'deregister':
      return step.name;
    case 'kill-leftovers':
    case 'reboot-host':
      return HOST_SUBJECT;
  }
}

test('I1: with the new runners no more VMs can run than there are slots, foreign ones and ghosts counted', () => {
  always((world, { steps }) => {
    const { host } = world;
    // When it is due, one start may try the slot of one ghost: the framework refuses it if it is taken.
    const ghosts = Math.max(0, host.ghosts - (host.isProbeDue ? 1 : 0));
    const slots = only(steps, 'create').map(({ slot }) => slot);
    if (slots.length === 0) return;
    const own = new Set(world.runners.map(({ name }) => name));
    const strangers = world.vms.known
      ? world.vms.value.filter(({ name, state }) => state === 'running' && !own.has(name)).length
      : Number.POSITIVE_INFINITY;
    expect(world.runners.length + strangers + ghosts + slots.length).toBeLessThanOrEqual(host.slots);
    for (const slot of slots) {
      expect(world.runners.map((runner) => runner.slot)).not.toContain(slot);
      expect(slot).toBeLessThan(world.host.slots);
    }
  });
});

test('I1: a pool never gets more runners than its maximum', () => {
  always((world, { steps }) => {
    for (const pool of world.pools) {
      const created = only(steps, 'create').filter((step) => step.pool === pool.name).length;
      const leaving = new Set(only(steps, 'stop').map(({ runner }) => runner));
      const live = world.runners.filter(
        (r) => r.pool === pool.name && r.phase !== 'stopping' && !leaving.has(r.name),
      );
      if (created > 0) expect(live.length + created).toBeLessThanOrEqual(pool.max);
    }
  });
});

test('I2: no runner, VM, registration or slot gets two steps, and none in flight gets any', () => {
  always((world, { steps }) => {
    const subjects = steps.map(subjectOf);
    expect(new Set(subjects).size).toBe(subjects.length);
    for (const subject of subjects) expect(world.inFlight.has(subject)).toBe(false);
  });
});

test('I3: only a warm runner that never had a job is claimed, for a pool that wants one', () => {
  always((world, { steps }) => {
    for (const { runner, pool } of only(steps, 'claim')) {
      expect(runnerNamed(world, runner)).toMatchObject({ phase: 'warm', hadJob: false, pool });
    }
  });
});

test('I3: what ran a job and ended is stopped once the teardown time is over', () => {
  always((world, { steps }) => {
    const stopped = only(steps, 'stop').map(({ runner }) => runner);
    for (const { name, jobEndedMs } of world.runners) {
      const isOver = jobEndedMs !== null && world.nowMs - jobEndedMs >= world.limits.teardownMs;
      if (isOver && !world.inFlight.has(name)) expect(stopped).toContain(name);
    }
  }, arbitraryKnownWorld);
});

test('I4: nothing without our name is touched', () => {
  always((world, { steps }) => {
    for (const step of steps) {
      if (step.do === 'create') expect(world.pools.map(({ name }) => name)).toContain(step.pool);
      else if (subjectOf(step) !== HOST_SUBJECT) expect(subjectOf(step).startsWith(`mr-${HOST}-`)).toBe(true);
      if (step.do === 'stop') expect(runnerNamed(world, step.runner)).toBeDefined();
      if (step.do === 'remove-vm') expect(runnerNamed(world, step.vm)).toBeUndefined();
      if (step.do === 'deregister') expect(runnerNamed(world, step.name)).toBeUndefined();
    }
  });
});

test('a short disk creates nothing and keeps no warm runner that no job needs', () => {
  always((drawn) => {
    const world = { ...drawn, host: { ...drawn.host, isDiskShort: true } };
    const { steps } = plan(world);
    expect(only(steps, 'create')).toEqual([]);
    const stopped = new Set(only(steps, 'stop').map(({ runner }) => runner));
    const claimed = new Set(only(steps, 'claim').map(({ runner }) => runner));
    for (const { name, phase, pool } of world.runners) {
      if (phase !== 'warm' || world.inFlight.has(name) || claimed.has(name)) continue;
      if (world.pools.some((one) => one.name === pool && one.demand.known)) expect(stopped).toContain(name);
    }
  }, arbitraryKnownWorld);
});

test('a host is rebooted only when it is asked for and nothing runs or starts', () => {
  always((world, { steps }) => {
    if (only(steps, 'reboot-host').length === 0) return;
    expect(world.host.remedy).toBe('reboot-host');
    expect(world.runners).toEqual([]);
    expect(only(steps, 'create')).toEqual([]);
    expect(world.vms.known && world.vms.value.every(({ state }) => state !== 'running')).toBe(true);
  });
});

test('I6: a runner whose job has run for a minute without coming before the gate is stopped, and no other for that', () => {
  always((world, { steps }) => {
    const stopped = new Map(only(steps, 'stop').map(({ runner, why }) => [runner, why]));
    for (const runner of world.runners) {
      const { name, phase } = runner;
      const mustGo = MAY_HAVE_JOB.includes(phase) && isUnjudged(world, name) && !world.inFlight.has(name);
      if (mustGo) expect(stopped.has(name)).toBe(true);
      else if (phase !== 'stopping') expect(stopped.get(name)).not.toBe('refused');
    }
  }, arbitraryKnownWorld);
});

test('I9: every open job of a known pool is served by a runner or a step, or waits with exactly one cause', () => {
  always((world, { steps, waiting }) => {
    const ids = waiting.map(({ jobId }) => jobId);
    expect(new Set(ids).size).toBe(ids.length);
    const stops = new Set(only(steps, 'stop').map(({ runner }) => runner));
    for (const { name, demand } of world.pools) {
      if (!demand.known) continue;
      const unstarted = demand.value.jobs.filter((job) => job.startedMs === null && job.completedMs === null);
      const here = ids.filter((id) => unstarted.some((job) => job.id === id));
      const supply =
        world.runners.filter(
          (r) => r.pool === name && r.phase !== 'stopping' && (r.hadJob || !stops.has(r.name)),
        ).length + only(steps, 'create').filter((step) => step.pool === name).length;
      expect(unstarted.length - here.length).toBeLessThanOrEqual(
        supply + Math.max(0, demand.value.unconfirmed),
      );
      // The oldest are served first.
      expect(here.toSorted()).toEqual(
        unstarted
          .slice(unstarted.length - here.length)
          .map(({ id }) => id)
          .toSorted(),
      );
    }
  });
});

test('I9: no job waits for a slot while one is kept free or warm runners that nobody needs stand in its way', () => {
  always((world, { steps, waiting }) => {
    const waiters = waiting.filter(({ cause }) => cause === 'slot-busy').length;
    if (waiters === 0) return;
    expect(only(steps, 'create').filter(({ purpose }) => purpose === 'warm')).toEqual([]);
    const own = new Set(world.runners.map(({ name }) => name));
    if (!world.vms.known || world.vms.value.some(({ name }) => !own.has(name))) return;

    const stopped = new Set(only(steps, 'stop').map(({ runner }) => runner));
    const claimed = new Set(only(steps, 'claim').map(({ runner }) => runner));
    const readable = new Set(world.pools.filter(({ demand }) => demand.known).map(({ name }) => name));
    const leaving = world.runners.filter(({ name, phase }) => phase === 'stopping' || stopped.has(name));
    const standing = world.runners
      .filter(({ name, phase, pool }) => phase === 'warm' && readable.has(pool) && !world.inFlight.has(name))
      .filter(({ name }) => !stopped.has(name) && !claimed.has(name));
    const comingFree =
      world.host.slots - world.runners.length - only(steps, 'create').length + leaving.length;
    // Where more VMs run than there are slots, stopping all that stand may still free none.
    const isInVain = comingFree + standing.length <= 0;
    if (standing.length > 0 && !isInVain) expect(comingFree).toBeGreaterThanOrEqual(waiters);
  });
});

test('a drain creates and claims nothing', () => {
  always((drawn) => {
    const { steps } = plan({ ...drawn, host: { ...drawn.host, isDraining: true } });
    expect([...only(steps, 'create'), ...only(steps, 'claim')]).toEqual([]);
  });
});
