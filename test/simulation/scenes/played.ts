/** What came of a scene, as its test asks for it. Times are milliseconds since the beginning. */
import { PHASES, type Phase, type StopReason } from '../../../src/core/runner.ts';
import type { StatusReport } from '../../../src/daemon/report.ts';
import type { GitHubEvent } from '../github/events.ts';
import type { HostFact } from '../host.ts';
import type { Fact } from '../story.ts';
import type { MacFact } from '../tart/facts.ts';
import { type JobOutcome, type Outcome, START_MS, type World } from '../world.ts';

interface PlayedOptions {
  readonly world: World;
  readonly outcome: Outcome;
  readonly facts: readonly Fact[];
  readonly reports: readonly Report[];
  readonly tell: () => string;
}

interface Report {
  readonly atMs: number;
  readonly report: StatusReport;
}

interface Audited {
  readonly atMs: number;
  readonly subject: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

const PHASES_AND_END = [...PHASES, 'gone'] as const;

/** One event may be of several types. */
type Told<T, E = GitHubEvent> = E extends GitHubEvent ? (T extends E['type'] ? E : never) : never;

type At<T> = T & { readonly atMs: number };

export class Played {
  readonly #options: PlayedOptions;

  constructor(options: PlayedOptions) {
    this.#options = options;
  }

  /** For whoever looks why a test fails. */
  get story(): string {
    return this.#options.tell();
  }

  get endedMs(): number {
    return this.#options.outcome.endedMs;
  }

  get jobs(): readonly JobOutcome[] {
    return this.#options.outcome.jobs;
  }

  /** The result of each job, in the order they were queued. */
  get results(): readonly (string | null)[] {
    return this.jobs.map(({ result }) => result);
  }

  /** Of a host's Mac; of the first, unless said. */
  mac<W extends MacFact['what']>(what: W, host = 0): readonly At<Extract<MacFact, { what: W }>>[] {
    return this.#options.facts.flatMap((fact) =>
      fact.of === 'mac' && fact.host === host && isWhat(fact.fact, what)
        ? [{ ...fact.fact, atMs: fact.atMs - START_MS }]
        : [],
    );
  }

  github<T extends GitHubEvent['type']>(type: T): readonly At<Told<T>>[] {
    return this.#options.facts.flatMap((fact) =>
      fact.of === 'github' && isType(fact.event, type) ? [{ ...fact.event, atMs: fact.atMs - START_MS }] : [],
    );
  }

  /** Times of what the daemon of the first host went through. */
  daemon(what: HostFact['what']): readonly number[] {
    return this.#options.facts.flatMap((fact) =>
      fact.of === 'daemon' && fact.host === 0 && fact.fact.what === what ? [fact.atMs - START_MS] : [],
    );
  }

  /** Why each runner of the first host ended, in the order they were made; null for one that stands. */
  get ends(): readonly (StopReason | null)[] {
    const { world } = this.#options;
    return this.mac('vm-cloned').map(({ vm }) => world.hosts[0]?.ledger.runner(vm)?.why ?? null);
  }

  /** What the audit stream of the first host has of a kind. Its times are those of the host's clock. */
  audited(what: string): readonly Audited[] {
    const ledger = this.#options.world.hosts[0]?.ledger;
    return (ledger?.auditAfter(0, 100_000) ?? [])
      .filter((event) => event.what === what)
      .map((event) => ({ ...event, atMs: event.atMs - START_MS }));
  }

  /** The middle of the first time that a runner of the first host is in that phase. */
  midOf(phase: Phase): number {
    const [begin] = this.audited(`runner-${phase}`);
    const ends = PHASES_AND_END.map((next) =>
      this.audited(`runner-${next}`).find(
        (end) => begin && end.subject === begin.subject && end.atMs > begin.atMs,
      ),
    );
    const endMs = Math.min(...ends.map((end) => end?.atMs ?? Number.POSITIVE_INFINITY));
    if (!begin || endMs === Number.POSITIVE_INFINITY) throw new Error(`no runner is ${phase}\n${this.story}`);
    return Math.floor((begin.atMs + endMs) / 2);
  }

  /** When a problem of these words was first and last seen; null: never. */
  problem(words: RegExp): { readonly fromMs: number; readonly untilMs: number } | null {
    return this.#span(({ problems }) => problems.some((problem) => words.test(problem)));
  }

  /** All problems ever told, each once. */
  get problems(): readonly string[] {
    return [...new Set(this.#options.reports.flatMap(({ report }) => report.problems))];
  }

  /** When this was first and last so. */
  seen(isSo: (report: StatusReport) => boolean): ReturnType<Played['problem']> {
    return this.#span(isSo);
  }

  /** What people see at that time. */
  reportAt(ms: number): StatusReport {
    const found = this.#options.reports.find(({ atMs }) => atMs >= ms);
    if (!found) throw new Error(`nobody looked after ${ms} ms`);
    return found.report;
  }

  /** The causes for which jobs waited, each once. */
  get causes(): readonly string[] {
    const all = this.#options.reports.flatMap(({ report }) => report.jobs.map(({ cause }) => cause));
    return [...new Set(all.filter((cause) => cause !== null))];
  }

  /** Capacities announced between two times, in order, repetitions left out. */
  announced(fromMs: number, toMs: number): readonly number[] {
    return this.github('capacity-announced')
      .filter(({ atMs }) => atMs >= fromMs && atMs < toMs)
      .map(({ capacity }) => capacity)
      .filter((capacity, index, all) => capacity !== all[index - 1]);
  }

  #span(isSo: (report: StatusReport) => boolean): ReturnType<Played['problem']> {
    const times = this.#options.reports.filter(({ report }) => isSo(report)).map(({ atMs }) => atMs);
    const [fromMs] = times;
    const untilMs = times.at(-1);
    return fromMs === undefined || untilMs === undefined ? null : { fromMs, untilMs };
  }
}

function isWhat<W extends MacFact['what']>(fact: MacFact, what: W): fact is Extract<MacFact, { what: W }> {
  return fact.what === what;
}

function isType<T extends GitHubEvent['type']>(event: GitHubEvent, type: T): event is Told<T> {
  return event.type === type;
}
