/** Makes a scenario from a seed: small worlds, in which few things go wrong, but any of them with any other. */
import type { Fault as GitHubFault, Route } from './github/faults.ts';
import { createRandom, type Random } from './random.ts';
import type { HostPlan, Incident, JobPlan, PoolPlan, Scenario } from './scenario.ts';
import type { GuestScript, Fault as MacFault } from './tart/settings.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

export function generateScenario(seed: number): Scenario {
  const random = createRandom(seed, 'scenario');
  const hosts = Array.from({ length: random.chance(0.1) ? 2 : 1 }, (_, index) => aHost(random, index));
  const spanMs = random.pick([20, 60, 150]) * SECOND;
  const jobs = Array.from({ length: random.int(1, 5) }, () => aJob(random, hosts, spanMs));
  const incidents = Array.from({ length: random.int(0, 5) }, () => anIncident(random, hosts, spanMs));
  return { seed, github: settingsOf(random), hosts, jobs, incidents };
}

function aHost(random: Random, index: number): HostPlan {
  const slots = random.chance(0.8) ? 2 : 1;
  const pools: PoolPlan[] = Array.from({ length: random.int(1, 2) }, (_, nth) => ({
    name: nth === 0 ? 'ios' : 'mac',
    max: random.int(1, slots),
    warm: 0,
  }));
  const first = pools[0];
  if (first && random.chance(0.3)) pools[0] = { ...first, warm: 1 };
  return { id: `host0${index}`, slots, limit: random.chance(0.7) ? slots : 4, pools };
}

function aJob(random: Random, hosts: readonly HostPlan[], spanMs: number): JobPlan {
  const pools = hosts.flatMap((host) => host.pools.map(({ name }) => name));
  return {
    atMs: random.int(0, spanMs),
    pool: pools[random.int(0, pools.length - 1)] ?? 'ios',
    workMs: random.pick([1, 5, 20, 90]) * SECOND,
    result: random.chance(0.85) ? 'succeeded' : 'failed',
    cancelAfterMs: random.chance(0.15) ? random.int(0, 90) * SECOND : null,
  };
}

function settingsOf(random: Random): Scenario['github'] {
  return {
    backend: random.chance(0.8) ? 'assign' : 'acquire',
    startedWakes: random.chance(0.5),
    capacityZero: random.chance(0.5) ? 'held' : 'never',
    completion: random.chance(0.8) ? 'prompt' : 'late',
    statisticsLag: random.chance(0.2),
    isReordering: random.chance(0.2),
    unknownAgentDelete: random.chance(0.5) ? 204 : 404,
  };
}

type Maker = (
  random: Random,
  at: { readonly host: number; readonly atMs: number },
  hosts: readonly HostPlan[],
) => Incident;

function anIncident(random: Random, hosts: readonly HostPlan[], spanMs: number): Incident {
  const at = { host: random.int(0, hosts.length - 1), atMs: random.int(0, spanMs + 30 * SECOND) };
  return random.pick(MAKERS)(random, at, hosts);
}

/** Calls whose end in the middle matters most. */
const DEEDS = ['clone', 'start', 'deliver', 'verdict', 'stop', 'delete'] as const;

const kill: Maker = (random, { host }) => {
  const of = random.chance(0.4) ? random.pick(DEEDS) : null;
  const call = random.int(1, of === null ? 120 : 4);
  const when = random.chance(0.5) ? 'before' : 'after';
  const lateMs = when === 'before' ? 0 : random.pick([0, 100, 500, 3_000]);
  return { kind: 'kill-at-call', host, call, of, when, lateMs, downMs: someDownMs(random) };
};

/** Kills come first: they are what everything else is combined with. */
const MAKERS: readonly [Maker, ...Maker[]] = [
  kill,
  kill,
  kill,
  kill,
  (random, at) => ({
    kind: random.pick(['kill', 'terminate', 'lose-ledger']),
    ...at,
    downMs: someDownMs(random),
  }),
  githubCalls,
  githubCalls,
  macCalls,
  macCalls,
  (random, at) => ({
    ...{ kind: 'outage', ...at, of: random.pick(['github', 'host']) },
    ...{ andRunners: random.chance(0.4), forMs: random.pick([5, 60, 200]) * SECOND },
  }),
  (random, at) => ({
    kind: random.pick(['delete-set', 'kill-session', 'replay', 'kill-session', 'replay']),
    ...at,
    pool: random.int(0, 1),
  }),
  (_, at) => ({ kind: 'expire-tokens', ...at }),
  (random, at) => ({
    kind: random.pick(['crash', 'forget-runner', 'complete-early']),
    ...at,
    nth: random.int(0, 1),
  }),
  (random, at) => ({
    ...{ kind: random.pick(['silence', 'misread', 'stubborn']), ...at, nth: random.int(0, 1) },
    forMs: random.pick([2, 20, 100]) * SECOND,
  }),
  (random, at) => ({
    kind: random.pick(['ghost', 'foreign', 'disk-full', 'keychain', 'sleep']),
    ...{ ...at, forMs: random.pick([2, 30, 200]) * SECOND },
  }),
  (random, at) => ({ kind: 'set-clock', ...at, byMs: random.pick([-60, -1, 1, 60, 1_440]) * MINUTE }),
  (random, at) => ({ kind: 'reboot', ...at, downMs: random.int(10, 60) * SECOND }),
  (random, { host }) => ({ kind: 'guest', host, nth: random.int(0, 2), script: aGuest(random) }),
];

function someDownMs(random: Random): number {
  return random.pick([100, 1_000, 5_000, 40_000]);
}

const ROUTES: readonly [readonly Route[] | null, ...(readonly Route[] | null)[]] = [
  null,
  ['poll'],
  ['ack'],
  ['generate-jit-config'],
  ['delete-agent'],
  ['create-session', 'refresh-session'],
  ['list-runners'],
  ['acquire-jobs'],
];

const GITHUB_FAULTS: readonly [GitHubFault, ...GitHubFault[]] = [
  'lost-request',
  'lost-reply',
  'reset',
  'reset-reply',
  'duplicate',
  2_000,
  { replyAfterMs: 3_000 },
  { status: 500 },
  { status: 503, headers: { 'retry-after': '2' } },
  { status: 429, headers: { 'retry-after': '5' } },
  { status: 401 },
];

function githubCalls(random: Random, at: { readonly host: number; readonly atMs: number }): Incident {
  return {
    ...{ kind: 'github-calls', ...at, routes: random.pick(ROUTES), fault: random.pick(GITHUB_FAULTS) },
    ...{ chance: random.pick([0.3, 1]), forMs: random.pick([2, 20, 90]) * SECOND },
  };
}

const METHODS: readonly [readonly string[] | null, ...(readonly string[] | null)[]] = [
  null,
  ['list'],
  ['clone'],
  ['start'],
  ['stop', 'delete'],
  ['follow'],
  ['deliver'],
  ['verdict'],
];

const MAC_FAULTS: readonly [MacFault | 'error', ...(MacFault | 'error')[]] = [
  'error',
  'error',
  'lost-request',
  'lost-reply',
  3_000,
  'no-effect',
];

/** A list may lie, too. */
const LIST_FAULTS: readonly [MacFault | 'error', ...(MacFault | 'error')[]] = ['error', 'empty', 'stopped'];

function macCalls(random: Random, at: { readonly host: number; readonly atMs: number }): Incident {
  const methods = random.pick(METHODS);
  const faults = methods?.includes('list') ? LIST_FAULTS : MAC_FAULTS;
  return {
    ...{ kind: 'mac-calls', ...at, methods, fault: random.pick(faults) },
    ...{ chance: random.pick([0.3, 1]), forMs: random.pick([2, 20, 60]) * SECOND },
  };
}

function aGuest(random: Random): Partial<GuestScript> {
  return random.pick<Partial<GuestScript>>([
    { bootMs: null },
    { bootMs: 50 * SECOND },
    { neverOnline: true },
    { exit: { when: 'connecting', afterMs: 500, code: 1 } },
    { exit: { when: 'connecting', afterMs: 500, code: 7 } },
    { exit: { when: 'idle', afterMs: 1_000, code: 0 } },
    { exit: { when: 'busy', afterMs: 2_000, code: 2 } },
    { powerOffMs: 8 * SECOND },
    { noticesRemoval: false },
  ]);
}
