/** Rule 1: what has our name and no ledger knows. */
import { expect, test } from 'vitest';
import { plan } from '../../../src/core/plan.ts';
import {
  aName,
  aRegistration,
  aVm,
  aWorld,
  HOST,
  known,
  MINUTE,
  NOW,
  SECOND,
  say,
  unknown,
} from '../../support/world.ts';

const ORPHAN = aName('a');
/** GitHub's list has lacked it twice. */
const unlistedSinceMs = new Map([[ORPHAN, NOW - MINUTE]]);
const steps = (details: Parameters<typeof aWorld>[0]): readonly string[] =>
  plan(aWorld({ unlistedSinceMs, ...details })).steps.map(say);

test.each(['running', 'suspended', 'stopped'] as const)('an orphan VM that is %s is removed', (state) => {
  expect(steps({ vms: known([aVm(ORPHAN, state)]) })).toEqual(['remove-vm ios/a']);
});

test('an orphan VM without a record is removed only after a second look', () => {
  const vms = known([aVm(ORPHAN)]);
  expect(steps({ vms, unlistedSinceMs: new Map([[ORPHAN, NOW - SECOND]]) })).toEqual([]);
  expect(steps({ vms, unlistedSinceMs: new Map() })).toEqual([]);
});

test('an orphan VM with a record needs none: its record is removed first, which GitHub refuses if it is busy', () => {
  const registrations = known([aRegistration(ORPHAN)]);
  expect(plan(aWorld({ vms: known([aVm(ORPHAN)]), registrations })).steps).toEqual([
    { do: 'remove-vm', vm: ORPHAN, registrationId: 7 },
  ]);
});

test('an orphan VM stays while GitHub calls its runner busy or cannot be asked', () => {
  const vms = known([aVm(ORPHAN)]);
  expect(steps({ vms, registrations: known([aRegistration(ORPHAN, { busy: true })]) })).toEqual([]);
  expect(steps({ vms, registrations: unknown })).toEqual([]);
});

test('an orphan registration is deregistered once its VM is gone', () => {
  const registrations = known([aRegistration(ORPHAN)]);
  expect(steps({ registrations })).toEqual(['deregister ios/a']);
  expect(steps({ registrations, vms: known([aVm(ORPHAN)]) })).toEqual(['remove-vm ios/a']);
  expect(steps({ registrations, vms: unknown })).toEqual([]);
});

test('an orphan registration that is busy stays', () => {
  expect(steps({ registrations: known([aRegistration(ORPHAN, { busy: true })]) })).toEqual([]);
});

test('an orphan that is being removed is left alone', () => {
  expect(steps({ vms: known([aVm(ORPHAN)]), inFlight: new Set([ORPHAN]) })).toEqual([]);
});

test.each(['dev-box', `mr-${HOST}`, `mr-${HOST}x-ios-00000001`, 'mr-zzz999-ios-00000001'])(
  'I4: "%s" is not ours and is never touched',
  (name) =>
    expect(steps({ vms: known([aVm(name)]), registrations: known([aRegistration(name)]) })).toEqual([]),
);
