/** The world that the plan is given: what the daemon did since a listing began counts as read. */
import { expect, test } from 'vitest';
import type { Registration, Vm } from '../../src/core/world.ts';
import { observe, type Senses } from '../../src/daemon/observe.ts';
import { RepeatedReading } from '../../src/daemon/reading.ts';
import { daemonRig } from '../support/daemon-rig.ts';
import { aRunner } from '../support/ledger-rig.ts';

type Rig = Awaited<ReturnType<typeof daemonRig>>;

async function sensesOf(
  rig: Rig,
  vms: readonly Vm[] | Error,
  registrations: readonly Registration[] = [],
): Promise<Senses> {
  const made = <T>(value: T | Error) =>
    new RepeatedReading<T>({
      what: 'it',
      staleMs: 1_000_000,
      steadyMs: rig.context.steadyMs,
      onRead: () => undefined,
      read: async () => {
        if (value instanceof Error) throw value;
        return value;
      },
    });
  const senses = {
    vms: made(vms),
    registrations: made(registrations),
    images: made<ReadonlySet<string>>(new Set()),
  };
  await Promise.all(
    [senses.vms, senses.registrations, senses.images].map((r) => r.refresh(rig.context.signal)),
  );
  return { ...senses, unfit: () => null, diskShort: () => null, isRebootHour: () => false, warm: () => 0 };
}

test('a VM that was started after the listing began counts as running', async () => {
  using rig = await daemonRig();
  const senses = await sensesOf(rig, []);
  rig.ledger.saveRunner(aRunner({ phase: 'booting', sinceMs: rig.clock.nowMs + 5 }));
  expect(observe(rig.context, senses).vms).toEqual({
    known: true,
    value: [{ name: aRunner().name, state: 'running' }],
  });
});

test('a VM that is missing from a listing that began after its start is missing', async () => {
  using rig = await daemonRig();
  rig.ledger.saveRunner(aRunner({ phase: 'booting', sinceMs: rig.clock.nowMs - 5 }));
  const senses = await sensesOf(rig, []);
  expect(observe(rig.context, senses).vms).toEqual({ known: true, value: [] });
});

test('a VM that we deleted after the listing began is not taken for an orphan', async () => {
  using rig = await daemonRig();
  const name = aRunner().name;
  rig.ledger.saveRunner(aRunner({ phase: 'stopping', why: 'job-done' }));
  const senses = await sensesOf(rig, [{ name, state: 'running' }]);
  rig.ledger.markGone(name, rig.clock.nowMs + 5);
  expect(observe(rig.context, senses).vms).toEqual({ known: true, value: [] });
});

test('a runner that moved after GitHub was read counts as busy, whatever the list says', async () => {
  using rig = await daemonRig();
  const idle = { id: 7, name: aRunner().name, status: 'online', busy: false } as const;
  rig.ledger.saveRunner(aRunner({ phase: 'idle', registrationId: 7, sinceMs: rig.clock.nowMs - 1 }));
  const senses = await sensesOf(rig, [], [idle]);
  expect(observe(rig.context, senses).registrations).toEqual({ known: true, value: [idle] });
  rig.ledger.saveRunner(aRunner({ phase: 'busy', registrationId: 7, sinceMs: rig.clock.nowMs }));
  expect(observe(rig.context, senses).registrations).toEqual({
    known: true,
    value: [{ ...idle, busy: true }],
  });
});

test('a record that we removed after GitHub was read is not taken for an orphan', async () => {
  using rig = await daemonRig();
  const name = aRunner().name;
  rig.ledger.saveRunner(aRunner({ phase: 'stopping', why: 'job-done' }));
  const senses = await sensesOf(rig, [], [{ id: 7, name, status: 'offline', busy: false }]);
  rig.ledger.markGone(name, rig.clock.nowMs + 5);
  expect(observe(rig.context, senses).registrations).toEqual({ known: true, value: [] });
});

test('a listing that failed is unknown, whatever we did', async () => {
  using rig = await daemonRig();
  rig.ledger.saveRunner(aRunner({ phase: 'busy' }));
  const senses = await sensesOf(rig, new Error('tart hangs'));
  expect(observe(rig.context, senses).vms.known).toBe(false);
});
