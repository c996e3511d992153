/** Runners found again without a ledger. */
import { expect, test } from 'vitest';
import { plan } from '../../src/core/plan.ts';
import { rebuildRunners } from '../../src/core/rebuild.ts';
import type { Registration, Vm } from '../../src/core/world.ts';
import { aName, aPool, aRegistration, aVm, aWorld, HOST, known, NOW } from '../support/world.ts';

const [A, B, C, D] = [aName('a'), aName('b'), aName('c'), aName('d')];

function rebuild(vms: readonly Vm[], registrations: readonly Registration[]) {
  return rebuildRunners(HOST, [aPool()], vms, registrations, NOW);
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
    { phase: 'stopping', why: 'interrupted', hadJob: false, slot: 3 },
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

test('a pool that is no longer configured keeps its busy runner and loses its idle one', () => {
  const old = [aName('a', 'old'), aName('b', 'old')] as const;
  const runners = rebuild(
    old.map((name) => aVm(name)),
    [aRegistration(old[0], { busy: true }), aRegistration(old[1])],
  );
  expect(runners.map(({ phase, why }) => [phase, why])).toEqual([
    ['busy', null],
    ['stopping', 'pool-removed'],
  ]);
});

test('I4: VMs of others are left out', () => {
  expect(rebuild([aVm('dev-box'), aVm('mr-zzz999-ios-00000001'), aVm(`mr-${HOST}-odd`)], [])).toEqual([]);
});

test('a rebuilt host goes on: its plan stops only what was left over', () => {
  const vms = [aVm(A), aVm(B, 'stopped')];
  const registrations = [aRegistration(A, { busy: true })];
  const { steps } = plan(
    aWorld({ runners: rebuild(vms, registrations), vms: known(vms), registrations: known(registrations) }),
  );
  expect(steps).toEqual([{ do: 'stop', runner: B, why: 'interrupted' }]);
});
