/**
 * Worlds for tests of the core: a valid, quiet one with the details that a test names. Arbitrary worlds for property
 * tests are in `arbitrary-world.ts`.
 */
import type { Job } from '../../src/core/job.ts';
import type { Phase, Runner } from '../../src/core/runner.ts';
import type { Step } from '../../src/core/step.ts';
import type { Demand, PoolView, Reading, Registration, Vm, World } from '../../src/core/world.ts';

export const NOW = 1_800_000_000_000;
export const HOST = 'abc123';
export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;

export const known = <T>(value: T): Reading<T> => ({ known: true, value });
export const unknown: Reading<never> = { known: false, why: 'the test says so' };

export const LIMITS = {
  bootMs: 3 * MINUTE,
  channelMs: 2 * MINUTE,
  registerMs: MINUTE,
  idleMs: 5 * MINUTE,
  teardownMs: 30 * SECOND,
  ageMs: 6 * 60 * MINUTE,
} as const;

/** Two slots, and nothing wrong with it. */
export const A_HOST: World['host'] = {
  ...{ id: HOST, slots: 2, isDraining: false, unfit: null, isDiskShort: false },
  ...{ ghosts: 0, isProbeDue: false, remedy: null },
};

/** No runner was noticed for anything. */
export const NOTHING_NOTICED = {
  silentSinceMs: new Map<string, number>(),
  heardMs: new Map<string, number>(),
  unjudgedSinceMs: new Map<string, number>(),
  unlistedSinceMs: new Map<string, number>(),
} as const;

/** One of our names; `id` becomes its random part. */
export function aName(id: string, pool = 'ios'): string {
  return `mr-${HOST}-${pool}-${id.padStart(8, '0')}`;
}

/** A runner of pool `ios`, a minute in its phase. */
export function aRunner(id: string, phase: Phase, details: Partial<Runner> = {}): Runner {
  return {
    name: aName(id, details.pool),
    pool: 'ios',
    slot: 0,
    phase,
    createdMs: NOW - 10 * MINUTE,
    sinceMs: NOW - MINUTE / 2,
    registrationId: null,
    hadJob: phase === 'busy',
    jobEndedMs: null,
    toldDoneMs: null,
    why: phase === 'stopping' ? 'no-job' : null,
    ...details,
  };
}

export function aJob(id: string, details: Partial<Job> = {}): Job {
  return {
    id,
    pool: 'ios',
    repository: 'acme/app',
    displayName: `job ${id}`,
    workflowRunId: 1,
    workflowRef: 'acme/app/.github/workflows/ci.yml@refs/heads/main',
    event: 'push',
    queuedMs: NOW - 10 * SECOND,
    assignedMs: NOW - 5 * SECOND,
    startedMs: null,
    completedMs: null,
    runner: null,
    result: null,
    ...details,
  };
}

/** Demand of just these jobs, as GitHub counts them too. */
export function jobs(...list: readonly Job[]): Reading<Demand> {
  return known({ jobs: list, assigned: list.length, unconfirmed: 0 });
}

export function aPool(name = 'ios', details: Partial<PoolView> = {}): PoolView {
  return {
    name,
    max: 2,
    warm: 0,
    retryAtMs: 0,
    image: 'ready',
    announced: 1,
    stranded: 0,
    demand: jobs(),
    ...details,
  };
}

/**
 * A host of two slots and one pool. VMs and registrations agree with the runners unless given: from `booting` on a VM
 * runs, from `registering` on a registration exists, online and busy as the phase says.
 */
export function aWorld(
  details: Partial<Omit<World, 'host'>> & { host?: Partial<World['host']> } = {},
): World {
  const runners = details.runners ?? [];
  return {
    nowMs: NOW,
    limits: LIMITS,
    pools: [aPool()],
    runners,
    inFlight: new Set(),
    ...NOTHING_NOTICED,
    vms: known(runners.filter(({ phase }) => phase !== 'cloning').map(({ name }) => aVm(name))),
    registrations: known(runners.flatMap(matchingRegistration)),
    registrationsBeganMs: NOW - SECOND,
    ...details,
    host: { ...A_HOST, ...details.host },
  };
}

export function aVm(name: string, state: Vm['state'] = 'running'): Vm {
  return { name, state };
}

export function aRegistration(name: string, details: Partial<Registration> = {}): Registration {
  return { id: 7, name, status: 'online', busy: false, ...details };
}

/** `stop ios/a surplus`-like lines, short enough to compare whole plans. */
export function say(step: Step): string {
  switch (step.do) {
    case 'create':
      return `create ${step.pool} in ${step.slot} for ${step.purpose}`;
    case 'claim':
      return `claim ${shortName(step.runner)}`;
    case 'stop':
      return `stop ${shortName(step.runner)}: ${step.why}`;
    case 'remove-vm':
      return `remove-vm ${shortName(step.vm)}`;
    case 'deregister':
      return `deregister ${shortName(step.name)}`;
    case 'kill-leftovers':
    case 'reboot-host':
      return step.do;
  }
}

function shortName(name: string): string {
  return name.replace(/^mr-[a-z0-9]{6}-(.+)-0*([a-z0-9]+)$/, '$1/$2');
}

/** What GitHub says of a runner with which all is well. */
export function matchingRegistration(runner: Runner): readonly Registration[] {
  const { name, phase } = runner;
  if (phase !== 'registering' && phase !== 'idle' && phase !== 'busy') return [];
  return [
    aRegistration(name, { status: phase === 'registering' ? 'offline' : 'online', busy: phase === 'busy' }),
  ];
}
