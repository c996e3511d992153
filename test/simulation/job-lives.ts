/**
 * What the judge remembers of each job, and whether it came to the end that its plan says. A job may end otherwise only
 * for a reason that lies outside of the daemon: its VM died, GitHub lost sight of its runner, somebody cancelled it.
 */
import type { JobView } from './github/simulated-github.ts';
import { calmFromMs, type Incident, type JobPlan, type Scenario } from './scenario.ts';

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

export class JobLives {
  readonly #lives = new Map<string, JobLife>();
  readonly #mayHarm: boolean;
  readonly #hidesRunners: boolean;
  readonly #lies: boolean;
  readonly #calmMs: number;

  constructor(scenario: Scenario) {
    const { incidents } = scenario;
    this.#mayHarm = incidents.some(({ kind }) => HARMFUL.has(kind));
    this.#hidesRunners = incidents.some((incident) => incident.kind === 'outage' && incident.andRunners);
    this.#lies =
      incidents.some(({ kind }) => kind === 'misread') && incidents.some(({ kind }) => kind === 'silence');
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

  /** Where two sources lie about the same VM at once, nobody can know better. */
  mayBeHarmed(_vm: string): boolean {
    return this.#lies || this.#hidesRunners;
  }

  whyWrong(job: JobView, plan: JobPlan | undefined): string | null {
    if (job.status !== 'completed') return `is ${job.status}`;
    if (plan?.cancelAfterMs !== null && job.result === 'canceled') return null;
    if (job.ending === 'finished' && job.result === plan?.result) return null;
    const { excuses } = this.#of(job.key);
    if (excuses.size > 0 || this.#mayHarm || this.#hidesRunners) return null;
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
