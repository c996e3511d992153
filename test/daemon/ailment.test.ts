/** What is wrong with the host as a whole, by what its starts say: no pool tries on meanwhile. */
import { expect, test } from 'vitest';
import { MacrunnerError } from '../../src/core/error.ts';
import { Ailment } from '../../src/daemon/ailment.ts';
import { create } from '../../src/daemon/create.ts';
import { daemonRig } from '../support/daemon-rig.ts';

const MINUTE_MS = 60_000;
const A_JOB = { do: 'create', pool: 'ios', slot: 0, purpose: 'job' } as const;
const LOCKED = new MacrunnerError('keychain-locked', 'tart run: VZErrorDomain Code=1', { hint: 'log in' });

test('a locked keychain makes the host unfit for five minutes, then one start may try', () => {
  const ailment = new Ailment();
  expect(ailment.failed(LOCKED, 0)).toBe(false);
  expect(ailment.unfit(0)).toBeNull();
  expect(ailment.failed(LOCKED, 0)).toBe(true);
  expect(ailment.unfit(0)).toBe('macOS does not let it (tart run: VZErrorDomain Code=1); log in');
  expect(ailment.unfit(5 * MINUTE_MS - 1)).not.toBeNull();
  expect(ailment.unfit(5 * MINUTE_MS)).toBeNull();
  expect(ailment.failed(LOCKED, 5 * MINUTE_MS)).toBe(false);
  expect(ailment.unfit(10 * MINUTE_MS - 1)).not.toBeNull();
});

test('one such failure between two good starts is an accident of one VM', () => {
  const ailment = new Ailment();
  for (const _ of [1, 2, 3]) {
    expect(ailment.failed(LOCKED, 0)).toBe(false);
    expect(ailment.started()).toBe(false);
    expect(ailment.unfit(0)).toBeNull();
  }
});

test('a tart that is too old says why, and what to do', () => {
  const ailment = new Ailment();
  const cause = new Error('it has no exec');
  ailment.failed(
    new MacrunnerError('host-unfit', 'tart 2.20.0 is too old', { hint: 'upgrade it', cause }),
    0,
  );
  expect(ailment.unfit(0)).toBe('tart 2.20.0 is too old: it has no exec; upgrade it');
});

test.each([
  'vm-start-failed',
  'vm-limit',
  'vm-held',
  'image-missing',
  'disk-full',
  'command-missing',
] as const)('%s says nothing about the host as a whole', (code) => {
  const ailment = new Ailment();
  expect(ailment.failed(new MacrunnerError(code, 'no'), 0)).toBe(false);
  expect(ailment.unfit(0)).toBeNull();
});

test('starts that find the keychain locked end it for every pool, one that succeeds makes all well', async () => {
  using rig = await daemonRig();
  rig.script.start = () => Promise.reject(LOCKED);
  await create(rig.context, A_JOB);
  await create(rig.context, A_JOB);
  expect(rig.context.desk.ailment.unfit(rig.clock.nowMs)).toContain('log in');
  expect(rig.lines.filter((line) => line.includes('this host can start no VM'))).toHaveLength(1);
  rig.script.start = async () => ({});
  await create(rig.context, { ...A_JOB, slot: 1 });
  expect(rig.context.desk.ailment.unfit(rig.clock.nowMs)).toBeNull();
  const told = rig.ledger.auditAfter(0, 99).map(({ what }) => what);
  expect(told.filter((what) => what.startsWith('host-'))).toEqual(['host-unfit', 'host-fit']);
});
