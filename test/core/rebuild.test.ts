/** Runners found again without a ledger. */
import { expect, test } from 'vitest';
import { plan } from '../../src/core/plan.ts';
import { rebuildRunners } from '../../src/core/rebuild.ts';
import type { Registration, Vm } from '../../src/core/world.ts';
import { aName, aRegistration, aVm, aWorld, HOST, known, NOW } from '../support/world.ts';

const [A, B, C, D] = [aName('a'), aName('b'), aName('c'), aName('d')];

function rebuild(vms: readonly Vm[], registrations: readonly Registration[]) {
  return rebuildRunners(HOST, vms, registrations, NOW);
}

test('what GitHub knows of a running VM says in which phase it is', () => {
  const runners = rebuild(
    [A, B, C, D].map((name) => aVm(name)),
    [
      aRegistration(A, { id: 11, busy: true }),
      aRegistration(B, { status: 'online' }),
      aRegistration(C, { status: 'offline' }),
    ],
  );
  expect(runners.map(({ phase, why, hadJob, slot }) => ({ phase, why, hadJob, slot }))).toEqual([
    { phase: 'busy', why: null, hadJob: true, slot: 0 },
    { phase: 'idle', why: null, hadJob: false, slot: 1 },
    { phase: 'registering', why: null, hadJob: false, slot: 2 },
  ]);
  expect(runners[0]).toMatchObject({
    name: A,
    pool: 'ios',
    registrationId: 11,
    createdMs: NOW,
    sinceMs: NOW,
  });
});

test('VMs that do not run are stopped, and take the slots after those that do', () => {
  const runners = rebuild([aVm(A, 'stopped'), aVm(B)], [aRegistration(B)]);
  expect(runners.map(({ name, phase, slot }) => [name, phase, slot])).toEqual([
    [B, 'idle', 0],
    [A, 'stopping', 1],
  ]);
});

test('I5: a VM that runs without a record is left to the plan, which looks twice before it removes an orphan', () => {
  expect(rebuild([aVm(A)], [])).toEqual([]);
  const unread = aWorld({ vms: known([aVm(A)]), registrations: known([]) });
  expect(plan(unread).steps).toEqual([]);
});

test('a VM that GitHub calls busy is kept though Tart lists it as stopped', () => {
  const [runner] = rebuild([aVm(A, 'stopped')], [aRegistration(A, { busy: true })]);
  expect(runner).toMatchObject({ phase: 'busy', why: null });
});

test('a VM that does not run and has no record is stopped', () => {
  expect(rebuild([aVm(A, 'stopped')], [])[0]).toMatchObject({ phase: 'stopping', registrationId: null });
});

test('the runners of a pool that is no longer configured are kept as well: the plan ends those without a job', () => {
  const old = [aName('a', 'old'), aName('b', 'old')] as const;
  const registrations = [aRegistration(old[0], { busy: true }), aRegistration(old[1])];
  const vms = old.map((name) => aVm(name));
  const runners = rebuild(vms, registrations);
  expect(runners.map(({ phase }) => phase)).toEqual(['busy', 'idle']);
  const world = aWorld({ nowMs: NOW + 1, runners, vms: known(vms), registrations: known(registrations) });
  expect(plan(world).steps).toEqual([{ do: 'stop', runner: old[1], why: 'pool-removed' }]);
});

test('I4: VMs of others are left out', () => {
  expect(rebuild([aVm('dev-box'), aVm('mr-zzz999-ios-00000001'), aVm(`mr-${HOST}-odd`)], [])).toEqual([]);
});

test('a rebuilt host goes on: its plan stops only what was left over', () => {
  const vms = [aVm(A), aVm(B, 'stopped')];
  const registrations = [aRegistration(A, { busy: true }), aRegistration(B)];
  const { steps } = plan(
    aWorld({ runners: rebuild(vms, registrations), vms: known(vms), registrations: known(registrations) }),
  );
  expect(steps).toEqual([{ do: 'stop', runner: B, why: 'interrupted' }]);
});
