/**
 * Arbitrary worlds: well-formed (names and slots are unique), otherwise as contradictory as readings taken at different
 * moments can be. Small numbers on purpose: rules meet at the edges of small hosts.
 */
import fc from 'fast-check';
import type { Job } from '../../src/core/job.ts';
import { PHASES, type Phase, type Runner } from '../../src/core/runner.ts';
import { HOST_SUBJECT } from '../../src/core/step.ts';
import type { HostView, PoolView, Reading, Registration, Vm, World } from '../../src/core/world.ts';
import { aJob, aName, aRunner, HOST, known, LIMITS, MINUTE, NOW, SECOND, unknown } from './world.ts';

const POOLS = ['ios', 'mac', 'vision'] as const;
const REMOVED_POOL = 'old';
/** `warm` should be impossible; the plan must not rely on it. */
const MAY_BE_USED: readonly Phase[] = ['warm', 'stopping'];

const MAY_BE_TOLD_DONE: readonly Phase[] = ['registering', 'idle', 'busy'];

/** Names that look like ours and are not. */
const FOREIGN_NAMES = [
  'dev-box',
  `mr-${HOST}`,
  `mr-${HOST}0-ios-00000001`,
  'mr-zzz999-ios-00000001',
] as const;

/** How long things may take: the limits of the configuration, and the rules' own. */
export const LENGTHS = [...Object.values(LIMITS), 5 * SECOND, 15 * SECOND, MINUTE] as const;

const round = fc.constantFrom(0, SECOND, 6 * SECOND, 20 * SECOND, 2 * MINUTE, 10 * MINUTE, 7 * 60 * MINUTE);
/** So that they are over just now, or soon. */
const nearEnd = fc
  .tuple(fc.constantFrom(...LENGTHS), fc.constantFrom(1, 0, -1, -SECOND, -7 * SECOND, -40 * SECOND))
  .map(([lengthMs, ms]) => Math.max(0, lengthMs + ms));
const ago = fc.oneof({ weight: 2, arbitrary: round }, { weight: 1, arbitrary: nearEnd });
const age = ago.map((ms) => NOW - ms);
/** GitHub's clock may be ahead of ours. */
const queued = fc.oneof({ weight: 4, arbitrary: age }, { weight: 1, arbitrary: fc.constant(NOW + SECOND) });
const vmState = fc.constantFrom('running', 'running', 'stopped', null);
const record = fc.option(fc.record({ status: fc.constantFrom('online', 'offline'), busy: fc.boolean() }), {
  nil: null,
});

/** A thing with our name and what the two lists say of it. */
const presence = fc.record({ vm: vmState, record });

const seenRunner = fc
  .record({
    pool: fc.constantFrom(...POOLS, REMOVED_POOL),
    phase: fc.constantFrom(...PHASES, 'warm'),
    createdMs: age,
    sinceMs: age,
    hadJob: fc.boolean(),
    jobEndedMs: fc.option(age, { nil: null }),
    toldDoneMs: fc.option(age, { nil: null }),
    isInFlight: fc.boolean(),
    silentSinceMs: fc.option(age, { nil: null }),
    heardMs: fc.option(age, { nil: null }),
    unjudgedSinceMs: fc.option(age, { nil: null }),
    unlistedSinceMs: fc.option(age, { nil: null }),
    presence,
  })
  .map((seen) => ({
    ...seen,
    hadJob: seen.phase === 'busy' || (MAY_BE_USED.includes(seen.phase) && seen.hadJob),
  }));

const job = fc.record({
  state: fc.constantFrom('waiting', 'waiting', 'started', 'completed'),
  queuedMs: queued,
});

const demand = fc.record({
  jobs: fc.array(job, { maxLength: 4 }),
  assigned: fc.nat(5),
  unconfirmed: fc.integer({ min: -1, max: 2 }),
});

const pool = fc.record({
  max: fc.integer({ min: 0, max: 3 }),
  warm: fc.nat(2),
  retryAtMs: fc.constantFrom(0, 0, NOW - SECOND, NOW + SECOND, NOW + MINUTE),
  image: fc.constantFrom('ready', 'ready', 'ready', 'missing', 'unknown'),
  announced: fc.nat(3),
  stranded: fc.nat(2),
  demand: fc.oneof({ weight: 4, arbitrary: demand }, { weight: 1, arbitrary: fc.constant(null) }),
});

const isRead = fc.constantFrom(true, true, true, false);

const parts = fc.record({
  slots: fc.integer({ min: 1, max: 4 }),
  isDraining: fc.constantFrom(false, false, false, true),
  unfit: fc.constantFrom(null, null, null, 'its disk cannot be read'),
  isDiskShort: fc.constantFrom(false, false, false, true),
  ghosts: fc.constantFrom(0, 0, 0, 1, 2),
  isProbeDue: fc.boolean(),
  remedy: fc.constantFrom(null, 'kill-leftovers', 'reboot-host'),
  isHostInFlight: fc.constantFrom(false, false, false, true),
  pools: fc.array(pool, { minLength: 1, maxLength: POOLS.length }),
  runners: fc.array(seenRunner, { maxLength: 4 }),
  orphans: fc.array(
    fc.record({ presence, isInFlight: fc.boolean(), unlistedSinceMs: fc.option(age, { nil: null }) }),
    { maxLength: 2 },
  ),
  foreign: fc.subarray([...FOREIGN_NAMES]),
  foreignState: fc.constantFrom('running', 'stopped'),
  vmsRead: isRead,
  registrationsRead: isRead,
  registrationsBeganMs: fc.constantFrom(SECOND, 15 * SECOND, MINUTE).map((ms) => NOW - ms),
});
type Parts = typeof parts extends fc.Arbitrary<infer T> ? T : never;

export const arbitraryWorld: fc.Arbitrary<World> = parts.map(assemble);

/** As `arbitraryWorld`, with every reading known, and none that the guests contradict. */
export const arbitraryKnownWorld: fc.Arbitrary<World> = parts
  .filter(({ pools }) => pools.every((view) => view.demand !== null))
  .map((drawn) => assemble({ ...drawn, vmsRead: true, registrationsRead: true }))
  .map((world) => ({ ...world, heardMs: new Map() }));

function assemble(drawn: Parts): World {
  const runners = drawn.runners.map((seen, slot): Runner => {
    const { pool: poolName, phase, createdMs, sinceMs, hadJob, jobEndedMs, toldDoneMs } = seen;
    const ended = phase === 'busy' ? jobEndedMs : null;
    const told = MAY_BE_TOLD_DONE.includes(phase) ? toldDoneMs : null;
    return aRunner(String(slot), phase, {
      pool: poolName,
      slot,
      createdMs,
      sinceMs,
      hadJob,
      jobEndedMs: ended,
      toldDoneMs: told,
    });
  });
  const named = [
    ...drawn.runners.map((seen, index) => ({ name: runners[index]?.name ?? '', ...seen })),
    ...drawn.orphans.map((orphan, index) => ({
      name: aName(`9${index}`),
      ...{ silentSinceMs: null, heardMs: null, unjudgedSinceMs: null },
      ...orphan,
    })),
  ];
  const vms = named.flatMap(({ name, presence: { vm } }): readonly Vm[] => (vm ? [{ name, state: vm }] : []));
  const foreignVms = drawn.foreign.map((name): Vm => ({ name, state: drawn.foreignState }));
  const records = named.flatMap(({ name, presence: { record: entry } }, id): readonly Registration[] =>
    entry ? [{ id, name, ...entry }] : [],
  );
  const foreignRecords = drawn.foreign.map(
    (name, id): Registration => ({ id: 100 + id, name, status: 'online', busy: false }),
  );
  const read = <T>(isKnown: boolean, value: T): Reading<T> => (isKnown ? known(value) : unknown);
  return {
    nowMs: NOW,
    host: hostOf(drawn),
    limits: LIMITS,
    pools: drawn.pools.map((view, index) => assemblePool(view, POOLS[index] ?? 'extra')),
    runners,
    inFlight: new Set([
      ...named.filter(({ isInFlight }) => isInFlight).map(({ name }) => name),
      ...(drawn.isHostInFlight ? [HOST_SUBJECT] : []),
    ]),
    silentSinceMs: moments(named, ({ silentSinceMs }) => silentSinceMs),
    heardMs: moments(named, ({ heardMs }) => heardMs),
    unjudgedSinceMs: moments(named, ({ unjudgedSinceMs }) => unjudgedSinceMs),
    unlistedSinceMs: moments(named, ({ unlistedSinceMs }) => unlistedSinceMs),
    registrationsBeganMs: drawn.registrationsBeganMs,
    vms: read(drawn.vmsRead, [...vms, ...foreignVms]),
    registrations: read(drawn.registrationsRead, [...records, ...foreignRecords]),
  };
}

function hostOf({ slots, isDraining, unfit, isDiskShort, ghosts, isProbeDue, remedy }: Parts): HostView {
  const haunted = { ghosts, isProbeDue: ghosts > 0 && isProbeDue, remedy: ghosts > 0 ? remedy : null };
  return { id: HOST, slots, isDraining, unfit, isDiskShort, ...haunted };
}

function moments<T extends { readonly name: string }>(
  named: readonly T[],
  pick: (one: T) => number | null,
): ReadonlyMap<string, number> {
  return new Map(
    named.flatMap((one) => {
      const atMs = pick(one);
      return atMs === null ? [] : [[one.name, atMs] as const];
    }),
  );
}

function assemblePool(view: Parts['pools'][number], name: string): PoolView {
  if (view.demand === null) return { ...view, name, demand: unknown };
  const list = view.demand.jobs
    .map((entry, index): Job => {
      const at = { pool: name, queuedMs: entry.queuedMs };
      const started = { startedMs: NOW - SECOND, runner: aName('77', name) };
      if (entry.state === 'waiting') return aJob(`${name}-${index}`, at);
      const completedMs = entry.state === 'completed' ? NOW : null;
      return aJob(`${name}-${index}`, { ...at, ...started, completedMs });
    })
    .toSorted((a, b) => a.queuedMs - b.queuedMs);
  return { ...view, name, demand: known({ ...view.demand, jobs: list }) };
}
