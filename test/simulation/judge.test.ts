/** Each invariant, broken by facts that were made by hand in a world where nothing else happens. */
import pino from 'pino';
import { expect, test } from 'vitest';
import type { GitHubEvent } from './github/events.ts';
import type { Invariant } from './invariants.ts';
import { createMemoryLedger } from './ledger/memory-ledger.ts';
import type { Incident, Scenario } from './scenario.ts';
import type { MacFact } from './tart/facts.ts';
import { createWorld, type World } from './world.ts';

const VM = 'mr-host00-ios-00000001';
const SET = 'mr-host00-ios';
const JOB = { job: 'job-1', jobId: 'job-1' } as const;

function aWorld(incidents: readonly Incident[] = []): World {
  const hosts = [{ id: 'host00', slots: 2, limit: 4, pools: [{ name: 'ios', max: 2, warm: 0 }] }];
  const scenario: Scenario = { seed: 16, github: {}, hosts, jobs: [], incidents };
  return createWorld(scenario, {
    makeLedger: () => createMemoryLedger(),
    log: pino({ level: 'silent' }),
    configs: new Map(),
  });
}

function onMac({ judge, time }: World, ...facts: readonly MacFact[]): void {
  for (const fact of facts) judge.hear({ of: 'mac', atMs: time.now(), host: 0, fact });
}

function atGitHub({ judge, time }: World, ...events: readonly GitHubEvent[]): void {
  for (const event of events) judge.hear({ of: 'github', atMs: time.now(), event });
}

function broken({ judge }: World): readonly Invariant[] {
  return judge.violations.map(({ invariant }) => invariant);
}

const registered = (registrationId: number): GitHubEvent => ({
  ...{ type: 'registered', atMs: 0, set: SET, runner: VM, registrationId },
});
const credential: MacFact = { what: 'credential-delivered', vm: VM, jitConfig: 'jit' };
const allowed: MacFact = { what: 'verdict-given', vm: VM, n: 1, allowed: true };
const begun = (key: string): MacFact => ({ what: 'steps-begun', vm: VM, key, jobId: key });
const started = (job: string): GitHubEvent => ({
  ...{ type: 'job-started', atMs: 0, job, jobId: job, set: SET, runner: VM },
});

test('I1: one VM more than there are slots', () => {
  const world = aWorld();
  const starts = (nth: number) =>
    onMac(world, { what: 'vm-started', vm: `mr-host00-ios-0000000${nth}`, counted: nth, limit: 4 });
  for (const nth of [1, 2]) starts(nth);
  onMac(world, { what: 'vm-stopped', vm: VM, by: 'daemon', why: 'stop' });
  starts(3);
  expect(broken(world)).toEqual([]);
  starts(4);
  expect(broken(world)).toEqual(['I1']);
});

test('I2: two registrations at once, but not one after the other', () => {
  const world = aWorld();
  const gone: GitHubEvent = {
    ...{ type: 'unregistered', atMs: 0, set: SET, runner: VM, registrationId: 1, why: 'asked' },
  };
  atGitHub(world, registered(1), gone, registered(2));
  expect(broken(world)).toEqual([]);
  atGitHub(world, registered(3));
  expect(broken(world)).toEqual(['I2']);
});

test('I2: a second job for one registration, and a second credential', () => {
  const world = aWorld();
  atGitHub(world, started('job-1'), started('job-2'));
  onMac(world, credential, credential);
  expect(broken(world)).toEqual(['I2', 'I2']);
});

test('I3: a VM that had a job is to have another', () => {
  const world = aWorld();
  onMac(world, allowed, begun('job-1'), { what: 'steps-ended', vm: VM, key: 'job-1', how: 'succeeded' });
  expect(broken(world)).toEqual([]);
  onMac(world, begun('job-2'));
  expect(broken(world)).toEqual(['I3']);
});

test("I4: somebody else's VM is touched, or lost to a clone", () => {
  const world = aWorld();
  onMac(world, { what: 'foreign-touched', vm: 'theirs', method: 'stop' });
  onMac(world, { what: 'vm-cloned', vm: VM, image: 'template', replaced: true });
  expect(broken(world)).toEqual(['I4', 'I4']);
});

test('I5: a VM is made while the list of VMs cannot be read', async () => {
  const world = aWorld();
  const call = (method: string) => ({ port: 'hypervisor', method, vm: null }) as const;
  world.judge.called(0, call('list'), new Error('no list'));
  world.time.after(1_000, () => world.judge.called(0, call('clone'), null));
  await world.time.step(Number.POSITIVE_INFINITY);
  expect(broken(world)).toEqual(['I5']);
});

test('I6: steps begin at a gate that nobody opened', () => {
  const world = aWorld();
  onMac(world, begun('job-1'));
  expect(broken(world)).toEqual(['I6']);
});

test('I7: a credential in the audit stream', () => {
  const world = aWorld();
  const host = world.hosts[0];
  host?.secrets.add('jit-of-vm-1');
  host?.ledger.audit(0, 'runner-registering', VM, { credential: 'jit-of-vm-1' });
  world.judge.conclude(true);
  expect(broken(world)).toEqual(['I7']);
});

test('I8: more is announced than there are slots', () => {
  const world = aWorld();
  world.hosts[0]?.start();
  const announced = (capacity: number): GitHubEvent => ({
    ...{ type: 'capacity-announced', atMs: 0, set: SET, capacity },
  });
  atGitHub(world, announced(2));
  expect(broken(world)).toEqual([]);
  atGitHub(world, announced(3));
  expect(broken(world)).toEqual(['I8']);
});

test('I9: a message is acknowledged that no ledger knows', () => {
  const world = aWorld();
  const entries = [{ type: 'JobAssigned', jobId: 'job-1' }] as const;
  const about = { atMs: 0, set: SET, messageId: 1 };
  atGitHub(world, { type: 'message-delivered', ...about, isAgain: false, entries });
  atGitHub(world, { type: 'message-acked', ...about });
  expect(broken(world)).toEqual(['I9']);
});

test('I10: the daemon ends a VM while a job runs on it; a VM that ends by itself is no fault', () => {
  const incident = { kind: 'crash', host: 0, atMs: 0, nth: 0 } as const;
  for (const by of ['itself', 'daemon'] as const) {
    const world = aWorld([incident]);
    world.github.queueJob({ labels: ['ios'] });
    onMac(world, allowed, begun(JOB.job), { what: 'vm-stopped', vm: VM, by, why: 'stop' });
    expect(broken(world)).toEqual(by === 'itself' ? [] : ['I10']);
  }
});

test('liveness: more calls than a daemon makes that waits between them', () => {
  const world = aWorld();
  for (let nth = 0; nth < 301; nth += 1) world.judge.asked('host00');
  expect(broken(world)).toEqual(['liveness']);
});

test('liveness: something is left when all is calm', () => {
  const world = aWorld();
  world.judge.conclude(false);
  expect(broken(world)).toEqual(['liveness']);
});
