/**
 * What the judge remembers of each job, and whether it came to the end that its plan says. A job may end otherwise only
 * for a reason that lies outside of the daemon: its VM died, GitHub lost sight of its runner, somebody cancelled it.
 */
import type { JobView } from './github/simulated-github.ts';
import { calmFromMs, type Incident, type JobPlan, type Scenario } from './scenario.ts';
import type { GateRefusal } from './tart/facts.ts';

interface JobLife {
  runs: number;
  beganMs: number | null;
  completedMs: number | null;
  readonly excuses: Set<string>;
}

/** Incidents after which any job may have been ended by GitHub or by its VM. */
const HARMFUL: ReadonlySet<Incident['kind']> = new Set([
  'reboot',
  'crash',
  'forget-runner',
  'guest',
  'delete-set',
]);

/**
 * How long its gate may in sum be out of the daemon's reach, for its verdict to come in time: the gate waits for a minute,
 * and whatever is cut off is tried anew.
 */
const MOST_UNREACHED_MS = 20_000;
/** What a call costs whose answer is lost. */
const LOST_CALL_MS = 45_000;

export class JobLives {
  readonly #lives = new Map<string, JobLife>();
  readonly #mayHarm: boolean;
  readonly #hidesRunners: boolean;
  readonly #lies: boolean;
  readonly #missesVerdicts: boolean;
  readonly #calmMs: number;

  constructor(scenario: Scenario) {
    const { incidents } = scenario;
    this.#mayHarm = incidents.some(({ kind }) => HARMFUL.has(kind));
    this.#hidesRunners = incidents.some((incident) => incident.kind === 'outage' && incident.andRunners);
    this.#lies =
      incidents.some(({ kind }) => kind === 'misread') && incidents.some(({ kind }) => kind === 'silence');
    this.#missesVerdicts = incidents.reduce((sum, each) => sum + unreachedMs(each), 0) > MOST_UNREACHED_MS;
    this.#calmMs = calmFromMs(scenario);
  }

  /** Answers how often it has run. */
  began(key: string, atMs: number): number {
    const life = this.#of(key);
    life.runs += 1;
    life.beganMs ??= atMs;
    return life.runs;
  }

  beganMs(key: string): number | null {
    return this.#lives.get(key)?.beganMs ?? null;
  }

  completed(key: string, atMs: number): void {
    this.#of(key).completedMs = atMs;
  }

  excuse(key: string, why: string): void {
    this.#of(key).excuses.add(why);
  }

  /** Its gate kept it out. The product allows every job: for want of its word is an excuse only if it could not be heard. */
  refused(key: string, why: GateRefusal): void {
    if (why === 'cancelled' || (why === 'no-verdict' && this.#missesVerdicts)) this.excuse(key, why);
  }

  /** Where two sources lie about the same VM at once, nobody can know better. */
  mayBeHarmed(_vm: string): boolean {
    return this.#lies || this.#hidesRunners;
  }

  whyWrong(job: JobView, plan: JobPlan | undefined): string | null {
    if (job.status !== 'completed') return `is ${job.status}`;
    if (plan?.cancelAfterMs !== null && job.result === 'canceled') return null;
    if (job.ending === 'finished' && job.result === plan?.result) return null;
    const { excuses, beganMs } = this.#of(job.key);
    // A job whose gate could not be heard is ended after a minute, on purpose.
    if (job.ending === 'runner-lost' && beganMs === null && this.#missesVerdicts) return null;
    if (job.ending !== 'given-up' && (excuses.size > 0 || this.#mayHarm || this.#hidesRunners)) return null;
    return `ended as ${job.result} (${job.ending}), planned was ${plan?.result}; calm since ${this.#calmMs} ms`;
  }

  #of(key: string): JobLife {
    const known = this.#lives.get(key);
    if (known) return known;
    const life: JobLife = { runs: 0, beganMs: null, completedMs: null, excuses: new Set() };
    this.#lives.set(key, life);
    return life;
  }
}

/** How long an incident keeps the daemon from a guest. */
function unreachedMs(incident: Incident): number {
  switch (incident.kind) {
    case 'kill-at-call':
    case 'kill':
    case 'terminate':
    case 'lose-ledger':
    case 'reboot':
      return incident.downMs;
    case 'silence':
    case 'misread':
    case 'sleep':
      return incident.forMs;
    case 'mac-calls':
      return incident.forMs + LOST_CALL_MS;
    default:
      return 0;
  }
}
