/** Which names GitHub's list lacks, and since when. */
import { expect, test } from 'vitest';
import { isUnlistedTwice, watchUnlisted } from '../../src/core/unlisted.ts';
import { aName, aRegistration, aRunner, aVm, aWorld, known, NOW, SECOND, unknown } from '../support/world.ts';

type Details = Parameters<typeof aWorld>[0];
const NONE = new Map<string, number>();
const began = (ms: number) => ({ registrationsBeganMs: NOW - ms });
const idle = aRunner('a', 'idle', { registrationId: 7 });
const watch = (before: ReadonlyMap<string, number>, details: Details) => [
  ...watchUnlisted(before, aWorld({ registrations: known([]), ...began(SECOND), ...details })),
];

test.each(['registering', 'idle'] as const)('a runner that is %s with a credential is noticed', (phase) => {
  expect(watch(NONE, { runners: [{ ...idle, phase }] })).toEqual([[idle.name, NOW - SECOND]]);
});

test.each(['warm', 'busy', 'stopping'] as const)('a runner that is %s is not', (phase) => {
  expect(watch(NONE, { runners: [{ ...idle, phase }] })).toEqual([]);
});

test('one that has no credential yet is not', () => {
  expect(watch(NONE, { runners: [{ ...idle, phase: 'registering', registrationId: null }] })).toEqual([]);
});

test('VMs with our name that the ledger does not know are noticed, those of others are not', () => {
  const vms = known([aVm(aName('z')), aVm('dev-box')]);
  expect(watch(NONE, { vms })).toEqual([[aName('z'), NOW - SECOND]]);
});

test('the first reading counts, a reading that lists it again begins anew', () => {
  const before = new Map([[idle.name, NOW - 30 * SECOND]]);
  expect(watch(before, { runners: [idle] })).toEqual([[idle.name, NOW - 30 * SECOND]]);
  expect(watch(before, { runners: [idle], registrations: known([aRegistration(idle.name)]) })).toEqual([]);
});

test('what could not be read changes nothing', () => {
  const before = new Map([[idle.name, NOW - 30 * SECOND]]);
  expect(watch(before, { runners: [idle], registrations: unknown })).toEqual([...before]);
  expect(watch(before, { runners: [idle], vms: unknown })).toEqual([...before]);
});

test('two readings count as two when they began five seconds apart', () => {
  const unlistedSinceMs = new Map([[idle.name, NOW - 6 * SECOND]]);
  expect(isUnlistedTwice(idle.name, aWorld({ unlistedSinceMs, ...began(SECOND) }))).toBe(true);
  expect(isUnlistedTwice(idle.name, aWorld({ unlistedSinceMs, ...began(SECOND + 1) }))).toBe(false);
  expect(isUnlistedTwice(aName('b'), aWorld({ unlistedSinceMs }))).toBe(false);
});
