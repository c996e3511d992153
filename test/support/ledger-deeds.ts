/** Arbitrary deeds on a ledger, over few names and moments, so that they meet; and all that can be asked of one. */
import fc from 'fast-check';
import type { Job } from '../../src/core/job.ts';
import type { QueueMessage } from '../../src/core/ports.ts';
import { PHASES, type Runner } from '../../src/core/runner.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { aJob, aMessage } from './ledger-rig.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const NOW_MS = 3 * DAY_MS;

const POOLS = ['ios', 'mac'] as const;
const RUNNERS = ['r1', 'r2', 'r3'] as const;
const JOBS = ['j1', 'j2', 'j22', 'k'] as const;

const atMs = fc.constantFrom(
  ...[-DAY_MS - 1, -DAY_MS, -61 * MINUTE_MS, -60 * MINUTE_MS, -1, 0, 1, MINUTE_MS].map((ms) => NOW_MS + ms),
);
const maybeMs = fc.option(atMs);
const pool = fc.constantFrom(...POOLS);
const name = fc.constantFrom(...RUNNERS);
const jobId = fc.constantFrom(...JOBS);
const result = fc.constantFrom('succeeded', 'failed', 'canceled', 'canceled');
const detail = fc.constantFrom({}, { n: 1 }, { deep: { list: [1, null, 'x'] }, none: undefined, minus: -0 });

const runner = fc.record({
  name,
  pool,
  slot: fc.nat(1),
  phase: fc.constantFrom(...PHASES, 'stopping', 'stopping', 'busy'),
  createdMs: atMs,
  sinceMs: atMs,
  registrationId: fc.option(fc.nat(9)),
  hadJob: fc.boolean(),
  jobEndedMs: maybeMs,
  toldDoneMs: maybeMs,
  why: fc.constantFrom(null, 'job-done', 'vm-died'),
});

const announced: fc.Arbitrary<Job> = fc
  .record({ id: jobId, queuedMs: atMs, assignedMs: atMs, displayName: fc.constantFrom('build', 'test') })
  .map(aJob);

const message: fc.Arbitrary<QueueMessage> = fc.record({
  messageId: fc.nat(2),
  assigned: fc.array(announced, { maxLength: 2 }),
  started: fc.array(fc.record({ jobId, runner: name, atMs }), { maxLength: 1 }),
  completed: fc.array(fc.record({ jobId, runner: fc.option(name), result, atMs }), { maxLength: 1 }),
  assignedCount: fc.nat(3),
});

const session = fc.record({ setId: fc.nat(3), id: jobId });

/** What is done, and in words for a failing test; its answer must be the same on every ledger. */
interface Deed {
  readonly words: string;
  readonly on: (ledger: Ledger) => unknown;
}

function deed<T>(word: string, drawn: fc.Arbitrary<T>, on: (ledger: Ledger, value: T) => unknown) {
  return drawn.map((value): Deed => {
    const words = `${word} ${JSON.stringify(value)}`;
    return { words, on: (ledger) => on(ledger, value) };
  });
}

/** Weighed so that runners and jobs come to their ends, and are still remembered then. */
const single: fc.Arbitrary<Deed> = fc.oneof(
  weighing(
    8,
    deed('save', runner, (ledger, value) => ledger.saveRunner(value)),
  ),
  weighing(
    10,
    deed('hear', fc.tuple(pool, message, atMs), (ledger, news) => ledger.recordMessage(...news)),
  ),
  weighing(
    2,
    deed('hear nothing', fc.tuple(pool, fc.nat(1), atMs), (ledger, [own, messageId, at]) =>
      ledger.recordMessage(own, aMessage({ messageId }), at),
    ),
  ),
  weighing(
    4,
    deed('gone', fc.tuple(name, atMs), (ledger, told) => ledger.markGone(...told)),
  ),
  weighing(
    2,
    deed('take event', fc.tuple(name, fc.nat(4)), (ledger, told) => ledger.setLastEventNumber(...told)),
  ),
  weighing(
    1,
    deed('close', fc.tuple(jobId, result, atMs), (ledger, told) => ledger.closeJob(...told)),
  ),
  weighing(
    1,
    deed('note', fc.tuple(name, atMs, jobId, detail), (ledger, told) => ledger.note(...told)),
  ),
  weighing(
    1,
    deed('audit', fc.tuple(atMs, jobId, name, detail), (ledger, told) => ledger.audit(...told).seq),
  ),
  weighing(
    1,
    deed('begin', fc.tuple(jobId, name, detail, atMs), (ledger, told) => ledger.beginIntent(...told)),
  ),
  weighing(
    1,
    deed('end', fc.tuple(fc.nat(4), jobId, atMs), (ledger, told) => ledger.endIntent(...told)),
  ),
  weighing(
    1,
    deed('session', fc.tuple(pool, fc.option(session)), (ledger, told) => ledger.setOpenSession(...told)),
  ),
  weighing(
    1,
    deed('prune', fc.record({ steadyMs: atMs, wallMs: atMs }), (ledger, before) => ledger.prune(before)),
  ),
  weighing(1, deed('save broken', runner, saveBroken)),
  weighing(2, deed('ask', fc.constant(null), allThatIsTold)),
);

function weighing<T>(weight: number, arbitrary: fc.Arbitrary<T>) {
  return { weight, arbitrary };
}

function saveBroken(ledger: Ledger, value: Runner): unknown {
  return attempt(() => ledger.saveRunner({ ...value, sinceMs: value.sinceMs + 0.5 }));
}

const together: fc.Arbitrary<Deed> = fc
  .record({ parts: fc.array(single, { maxLength: 5 }), isBroken: fc.boolean() })
  .map(({ parts, isBroken }) => ({
    words: `${isBroken ? 'broken' : 'whole'} { ${parts.map(({ words }) => words).join('; ')} }`,
    on: (ledger) =>
      attempt(() =>
        ledger.transaction(() => {
          const answers = parts.map((part) => ledger.transaction(() => part.on(ledger)));
          if (isBroken) throw new Error('broken');
          return answers;
        }),
      ),
  }));

export const deeds: fc.Arbitrary<readonly Deed[]> = fc.array(
  fc.oneof(weighing(4, single), weighing(1, together)),
  { maxLength: 40, size: 'max' },
);

function attempt(work: () => unknown): unknown {
  try {
    return work();
  } catch {
    return 'failed';
  }
}

/** Everything that can be asked of a ledger about these names. */
export function allThatIsTold(ledger: Ledger) {
  return {
    runners: ledger.runners(),
    past: [ledger.pastRunners(10), ledger.pastRunners(1)],
    jobs: [ledger.openJobs(), ledger.recentJobs(10), ledger.recentJobs(2), ledger.recentJobs(-1)],
    found: [ledger.job('j'), ledger.job('j2'), ledger.job('')],
    intents: ledger.openIntents(),
    events: [ledger.auditAfter(0, 100), ledger.auditAfter(1, 1), ledger.auditAfter(-5, -1)],
    lastEvent: ledger.lastAuditSeq(),
    latestMs: ledger.latestMs(),
    heardMs: JOBS.map((id) => ledger.heardMs(id)),
    ofPools: POOLS.map((own) => [
      ledger.openJobs(own),
      [0, 1, -61 * MINUTE_MS, DAY_MS].map((ms) => [
        ledger.unconfirmed(own, NOW_MS + ms),
        ledger.stranded(own, NOW_MS + ms),
      ]),
      ledger.openSession(own),
    ]),
    ofRunners: RUNNERS.map((own) => [
      ledger.runner(own),
      ledger.jobsOfRunner(own),
      ledger.timeline(own),
      ledger.lastEventNumber(own),
    ]),
  };
}
