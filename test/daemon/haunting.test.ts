/** What starts, ends and leftovers of VMs tell of ghosts, and what is done about them. */
import { expect, test } from 'vitest';
import { MacrunnerError } from '../../src/core/error.ts';
import { type Ghosts, weighGhosts } from '../../src/core/ghosts.ts';
import { HOST_SUBJECT } from '../../src/core/step.ts';
import { create } from '../../src/daemon/create.ts';
import { killLeftovers, rebootHost } from '../../src/daemon/haunting.ts';
import { stop } from '../../src/daemon/stop.ts';
import { daemonRig } from '../support/daemon-rig.ts';
import { aRunner } from '../support/ledger-rig.ts';

type Rig = Awaited<ReturnType<typeof daemonRig>>;

const A_JOB = { do: 'create', pool: 'ios', slot: 0, purpose: 'job' } as const;
const MINUTE_MS = 60_000;
const told = (rig: Rig) => rig.ledger.auditAfter(0, 99).map(({ what }) => what);

function refuse(rig: Rig, running: number): void {
  rig.script.start = () => Promise.reject(new MacrunnerError('vm-limit', 'exceeds the system limit'));
  const answer = Array.from({ length: running }, (_, nth) => ({ name: `dev-${nth}`, state: 'running' }));
  rig.script.list = async () => ({ answer });
}

/** Ghosts that were waited for in vain, so that leftovers are to be looked for. */
function stubborn(rig: Rig): Ghosts | null {
  const refused = { type: 'refused', running: 1, slots: 2 } as const;
  return weighGhosts(weighGhosts(null, refused, rig.clock.nowMs), refused, rig.clock.nowMs + MINUTE_MS);
}

test('a start that the limit refuses while fewer run tells of ghosts, and does not hold its pool back', async () => {
  using rig = await daemonRig();
  refuse(rig, 1);
  await create(rig.context, A_JOB);
  expect(rig.context.desk.ghosts).toMatchObject({ count: 1, rung: 'wait' });
  expect(rig.ledger.runners()).toMatchObject([{ phase: 'stopping', why: 'vm-limit' }]);
  expect(rig.context.desk.trouble('ios').failures).toBe(0);
  expect(told(rig)).toContain('ghost-vms');
});

test('one that is refused because all slots are seen taken tells of none', async () => {
  using rig = await daemonRig();
  refuse(rig, 2);
  await create(rig.context, A_JOB);
  expect(rig.context.desk.ghosts).toBeNull();
  expect(rig.ledger.runners()).toMatchObject([{ why: 'vm-limit' }]);
});

test('where nobody knows what runs nothing is concluded, and the pool waits as after any failure', async () => {
  using rig = await daemonRig();
  refuse(rig, 0);
  rig.script.list = () => Promise.reject(new Error('no'));
  await create(rig.context, A_JOB);
  expect(rig.context.desk.ghosts).toBeNull();
  expect(rig.ledger.runners()).toMatchObject([{ why: 'start-failed' }]);
  expect(rig.context.desk.trouble('ios').failures).toBe(1);
});

test('a start that goes well is the end of them', async () => {
  using rig = await daemonRig();
  refuse(rig, 1);
  await create(rig.context, A_JOB);
  rig.script.start = async () => ({});
  rig.script.list = async () => ({ answer: ['dev-0', 'ours'].map((name) => ({ name, state: 'running' })) });
  await create(rig.context, { ...A_JOB, slot: 1 });
  expect(rig.context.desk.ghosts).toBeNull();
  expect(told(rig)).toContain('ghosts-gone');
});

test('a start that goes well while another VM only tries, and is listed already, is no end of them', async () => {
  using rig = await daemonRig();
  refuse(rig, 1);
  await create(rig.context, A_JOB);
  expect(rig.context.desk.ghosts).toMatchObject({ count: 1 });
  const trying = aRunner({ phase: 'booting' }).name;
  rig.ledger.saveRunner(aRunner({ phase: 'booting' }));
  rig.context.desk.inFlight.add(trying);
  rig.script.start = async () => ({});
  rig.script.list = async () => ({ answer: ['ours', trying].map((name) => ({ name, state: 'running' })) });
  await create(rig.context, { ...A_JOB, slot: 1 });
  expect(rig.context.desk.ghosts).toMatchObject({ count: 1 });
});

test('the end of a VM that ran lets a quarantined slot be tried soon, that of one which was refused does not', async () => {
  using rig = await daemonRig();
  const { desk } = rig.context;
  desk.ghosts = weighGhosts(stubborn(rig), { type: 'leftovers-killed', killed: 0 }, rig.clock.nowMs);
  rig.ledger.saveRunner(aRunner({ phase: 'stopping', why: 'vm-limit' }));
  await stop(rig.context, { do: 'stop', runner: aRunner().name, why: 'vm-limit' });
  expect(desk.ghosts?.retryAtMs).toBe(rig.clock.nowMs + 5 * MINUTE_MS);
  const ran = aRunner({ name: 'mr-abc123-ios-00000002', phase: 'stopping', why: 'job-done' });
  rig.ledger.saveRunner(ran);
  await stop(rig.context, { do: 'stop', runner: ran.name, why: 'job-done' });
  expect(desk.ghosts?.retryAtMs).toBe(rig.clock.nowMs + 3_000);
});

test('leftovers are killed, but for those of runners that may live', async () => {
  using rig = await daemonRig();
  rig.context.desk.ghosts = stubborn(rig);
  rig.ledger.saveRunner(aRunner({ phase: 'busy', hadJob: true }));
  const answer = [
    { pid: 11, vm: 'mr-abc123-ios-0000dead' },
    { pid: 12, vm: aRunner().name },
  ];
  rig.script.leftovers = async () => ({ answer });
  await killLeftovers(rig.context);
  expect(rig.asked.filter((what) => what.startsWith('kill'))).toEqual(['kill-leftover 11']);
  expect(rig.context.desk.ghosts).toMatchObject({ rung: 'wait', wereKilled: true });
  expect(told(rig)).toContain('leftover-killed');
});

test('leftovers that cannot be looked for are as none: the slot is quarantined, and somebody called', async () => {
  using rig = await daemonRig();
  rig.context.desk.ghosts = stubborn(rig);
  rig.script.leftovers = () => Promise.reject(new Error('no lsof'));
  await killLeftovers(rig.context);
  expect(rig.context.desk.ghosts).toMatchObject({ rung: 'quarantine' });
  expect(rig.lines.some((line) => line.includes('macOS counts VMs that cannot be seen'))).toBe(true);
});

test('a reboot is told before it is ordered, and not ordered again soon', async () => {
  using rig = await daemonRig();
  const ordered: string[] = [];
  const reboot = async () => void ordered.push(...told(rig));
  await rebootHost({ ...rig.context, reboot });
  expect(ordered).toEqual(['host-reboot']);
  expect(rig.context.desk.handsOff(rig.clock.nowMs)).toContain(HOST_SUBJECT);
});
