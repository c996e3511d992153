/** The beginning of a runner: created, then given its credential; what fails costs the pool a wait. */
import { expect, test } from 'vitest';
import { MacrunnerError } from '../../src/core/error.ts';
import { claim } from '../../src/daemon/claim.ts';
import { create } from '../../src/daemon/create.ts';
import { stop } from '../../src/daemon/stop.ts';
import { daemonRig } from '../support/daemon-rig.ts';
import { aRunner } from '../support/ledger-rig.ts';

const NAME = aRunner().name;
const A_JOB = { do: 'create', pool: 'ios', slot: 1, purpose: 'job' } as const;

test('a VM is cloned, sized and started under a name of ours, in the slot that was decided', async () => {
  using rig = await daemonRig();
  await create(rig.context, A_JOB);
  const [runner] = rig.ledger.runners();
  expect(runner).toMatchObject({
    name: expect.stringMatching(/^mr-abc123-ios-[a-z0-9]{8}$/),
    slot: 1,
    phase: 'booting',
  });
  expect(rig.asked.map((what) => what.split(' ')[0])).toEqual(['clone', 'configure', 'start']);
});

test('it is in the ledger and in flight before its clone begins', async () => {
  using rig = await daemonRig();
  const seen: unknown[] = [];
  rig.script.clone = async () => {
    seen.push(
      rig.ledger.runners()[0]?.phase,
      rig.ledger.openIntents()[0]?.what,
      rig.context.desk.inFlight.size,
    );
    return {};
  };
  await create(rig.context, A_JOB);
  expect(seen).toEqual(['cloning', 'create', 1]);
});

test.each([
  ['clone', 'clone-failed', 'disk-full'],
  ['start', 'start-failed', 'vm-start-failed'],
] as const)('a %s that fails ends the runner as %s, and its pool waits', async (verb, why, code) => {
  using rig = await daemonRig();
  rig.script[verb] = async () => {
    throw new MacrunnerError(code, 'no');
  };
  await create(rig.context, A_JOB);
  expect(rig.ledger.runners()).toMatchObject([{ phase: 'stopping', why }]);
  expect(rig.context.desk.trouble('ios')).toMatchObject({ failures: 1 });
});

test('a warm runner is given a credential that stands nowhere on this host', async () => {
  using rig = await daemonRig([{ name: 'ios', environment: { LANG: 'C' } }]);
  rig.ledger.saveRunner(aRunner({ phase: 'warm' }));
  await claim(rig.context, { do: 'claim', runner: NAME, pool: 'ios' });
  expect(rig.asked).toEqual([`mint ${NAME}`, `deliver ${NAME}`]);
  expect(rig.given).toEqual([{ jitConfig: 'jit-secret-of-this-run', environment: { LANG: 'C' } }]);
  expect(rig.secrets).toEqual(['jit-secret-of-this-run']);
  expect(rig.ledger.runner(NAME)).toMatchObject({ phase: 'registering', registrationId: 7 });
  const kept = JSON.stringify([rig.ledger.timeline(NAME), rig.ledger.auditAfter(0, 100), rig.lines]);
  expect(kept).not.toContain('jit-secret');
});

test('a credential is remembered for as long as its runner lives, however many there were before', async () => {
  using rig = await daemonRig();
  for (const name of [NAME, `${NAME.slice(0, -1)}x`]) {
    rig.ledger.saveRunner(aRunner({ name, phase: 'warm' }));
    await claim(rig.context, { do: 'claim', runner: name, pool: 'ios' });
    expect(rig.secrets).toEqual(['jit-secret-of-this-run']);
    await stop(rig.context, { do: 'stop', runner: name, why: 'job-done' });
    expect(rig.secrets).toEqual([]);
  }
});

test('a credential that cannot be minted ends the runner: its VM may have seen half of it', async () => {
  using rig = await daemonRig();
  rig.ledger.saveRunner(aRunner({ phase: 'warm' }));
  rig.script.mint = async () => {
    throw new MacrunnerError('github-unavailable', '502');
  };
  await claim(rig.context, { do: 'claim', runner: NAME, pool: 'ios' });
  expect(rig.ledger.runner(NAME)).toMatchObject({ phase: 'stopping', why: 'register-failed' });
});

test('a delivery without an answer may have arrived: the runner is left to its deadline', async () => {
  using rig = await daemonRig();
  rig.ledger.saveRunner(aRunner({ phase: 'warm' }));
  rig.script.deliver = async () => {
    throw new MacrunnerError('guest-unreachable', 'no answer');
  };
  await claim(rig.context, { do: 'claim', runner: NAME, pool: 'ios' });
  expect(rig.ledger.runner(NAME)).toMatchObject({ phase: 'registering', registrationId: 7 });
});

test('a guest that refuses its credential has no runner: it is ended at once', async () => {
  using rig = await daemonRig();
  rig.ledger.saveRunner(aRunner({ phase: 'warm' }));
  rig.script.deliver = async () => {
    throw new MacrunnerError('guest-refused', 'one was given already');
  };
  await claim(rig.context, { do: 'claim', runner: NAME, pool: 'ios' });
  expect(rig.ledger.runner(NAME)).toMatchObject({ phase: 'stopping', why: 'register-failed' });
});
