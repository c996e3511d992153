/**
 * Watches a world and says which of the design's invariants a fact breaks. It knows the truth of all sides, and asks the
 * daemon only what it announces. I11 and I12 are judged where there are sockets; the rest is here, by name.
 */
import type { GitHubEvent } from './github/events.ts';
import type { SimulatedGitHub } from './github/simulated-github.ts';
import type { SimulatedHost } from './host.ts';
import type { Invariant } from './invariants.ts';
import { JobLives } from './job-lives.ts';
import { whatRemains } from './rest.ts';
import type { JobPlan, Scenario } from './scenario.ts';
import type { Fact } from './story.ts';
import type { MacFact } from './tart/facts.ts';
import type { VirtualTime } from './virtual-time.ts';
import { VmLives } from './vm-lives.ts';
import type { JobOutcome } from './world.ts';

export interface Violation {
  readonly invariant: Invariant;
  readonly what: string;
  readonly atMs: number;
}

interface JudgeOptions {
  readonly scenario: Scenario;
  readonly time: VirtualTime;
  readonly startMs: number;
  readonly hosts: readonly SimulatedHost[];
  readonly jobPlans: ReadonlyMap<string, JobPlan>;
}

/** A list that was taken before somebody else's VM began may still be believed for so long. */
const FOREIGN_NEWS_MS = 60_000;

export class Judge {
  readonly violations: Violation[] = [];
  readonly #options: JudgeOptions;
  readonly #vms = new VmLives();
  readonly #jobs: JobLives;
  #github: SimulatedGitHub | null = null;
  #foreignSinceMs = Number.NEGATIVE_INFINITY;

  constructor(options: JudgeOptions) {
    this.#options = options;
    this.#jobs = new JobLives(options.scenario);
  }

  watch(github: SimulatedGitHub): void {
    this.#github = github;
  }

  hear(fact: Fact): void {
    if (fact.of === 'github') this.#hearGitHub(fact.event);
    else if (fact.of === 'mac') this.#hearMac(fact.host, fact.fact);
  }

  /** After every step of the world: what holds at any moment. */
  look(): void {
    for (const { service } of this.#options.hosts) {
      if (!service) continue;
      const { waiting } = service.context.desk;
      if (waiting.length < 2) continue;
      const ids = new Set(waiting.map(({ jobId }) => jobId));
      if (ids.size < waiting.length) this.#broken('I9', 'a job waits for two causes at once');
    }
  }

  isAtRest(): boolean {
    return this.#remains().length === 0;
  }

  livelock(): void {
    this.#broken('liveness', 'the world turns in circles');
  }

  /** At the end: nothing may be left, and every job must have come to the end that its plan says. */
  conclude(isAtRest: boolean): void {
    if (!isAtRest) this.#broken('liveness', `the world does not come to rest: ${this.#remains().join('; ')}`);
    for (const job of this.#github?.jobs() ?? []) {
      const why = this.#jobs.whyWrong(job, this.#options.jobPlans.get(job.key));
      if (why !== null) this.#broken('I9', `${job.key} ${why}`);
    }
    for (const host of this.#options.hosts) this.#lookForSecrets(host);
  }

  jobOutcomes(): readonly JobOutcome[] {
    return [...(this.#github?.jobs() ?? [])].map(({ key, result, ending, queuedMs }) => {
      const beganMs = this.#jobs.beganMs(key);
      return { key, result, ending, waitedMs: beganMs === null ? null : beganMs - queuedMs };
    });
  }

  #remains(): readonly string[] {
    const { hosts, scenario } = this.#options;
    return this.#github ? whatRemains(this.#github, hosts, scenario) : [];
  }

  #hearGitHub(event: GitHubEvent): void {
    switch (event.type) {
      case 'registered': {
        const count = this.#vms.registered(event.runner);
        if (count > 1) this.#broken('I2', `${event.runner} has ${count} registrations`);
        return;
      }
      case 'unregistered':
        this.#vms.unregistered(event.runner);
        return;
      case 'job-started':
        if (this.#vms.jobStarted(event.runner) > 1)
          this.#broken('I2', `${event.runner} was given a second job`);
        return;
      case 'capacity-announced':
        this.#judgeCapacity(event.set, event.capacity);
        return;
      case 'job-completed':
        this.#jobs.completed(event.job, this.#options.time.now());
        return;
      default:
    }
  }

  #hearMac(host: number, fact: MacFact): void {
    switch (fact.what) {
      case 'foreign-touched':
        this.#broken('I4', `${fact.method} of ${fact.vm}, which is not ours`);
        return;
      case 'vm-cloned':
        if (fact.replaced) this.#broken('I4', `a clone took the place of ${fact.vm}`);
        this.#vms.cloned(fact.vm);
        return;
      case 'vm-started':
        this.#judgeStart(host, fact.vm);
        return;
      case 'credential-delivered':
        if (this.#vms.credentialGiven(fact.vm) > 1) this.#broken('I2', `${fact.vm} took a second credential`);
        return;
      case 'verdict-given':
        this.#vms.judged(fact.vm, fact.allowed);
        return;
      case 'steps-begun': {
        if (!this.#vms.isAllowed(fact.vm)) this.#broken('I6', `${fact.key} ran on ${fact.vm} unasked`);
        if (this.#vms.stepsBegan(fact.vm, fact.key) > 1) this.#broken('I3', `${fact.vm} ran a second job`);
        const runs = this.#jobs.began(fact.key, this.#options.time.now());
        if (runs > 1) this.#broken('I2', `${fact.key} ran ${runs} times`);
        return;
      }
      case 'steps-ended':
        this.#vms.stepsEnded(fact.vm);
        return;
      case 'gate-refused':
        this.#jobs.excuse(fact.key, `refused-${fact.why}`);
        return;
      case 'vm-stopped':
        this.#judgeStop(fact.vm, fact.by, fact.why);
        return;
      default:
    }
  }

  #judgeStart(host: number, name: string): void {
    const mac = this.#options.hosts[host]?.mac;
    const slots = this.#options.scenario.hosts[host]?.slots ?? 0;
    const nowMs = this.#options.time.now();
    if (!name.startsWith('mr-')) {
      this.#foreignSinceMs = nowMs;
      return;
    }
    const running = mac?.truth().filter((vm) => vm.state === 'running').length ?? 0;
    if (running > slots && nowMs - this.#foreignSinceMs > FOREIGN_NEWS_MS)
      this.#broken('I1', `${running} VMs run in ${slots} slots`);
  }

  #judgeStop(name: string, by: 'daemon' | 'itself', why: string): void {
    const key = this.#vms.jobOn(name);
    if (key === null) return;
    if (by === 'itself') {
      this.#jobs.excuse(key, why);
      return;
    }
    const isOver = this.#github?.job(key).status === 'completed';
    if (!isOver && !this.#jobs.mayBeHarmed(name))
      this.#broken('I10', `${name} was stopped while ${key} ran on it`);
  }

  /** The sum of what a host announces, the floor of one per pool apart, and what GitHub has yet to fail. */
  #judgeCapacity(set: string, capacity: number): void {
    const host = this.#options.scenario.hosts.findIndex(({ id }) => set.startsWith(`mr-${id}-`));
    const plan = this.#options.scenario.hosts[host];
    const service = this.#options.hosts[host]?.service;
    if (!plan || !service) return;
    const stranded = plan.pools.reduce(
      (sum, { name }) => sum + service.context.ledger.stranded(name, service.context.steadyMs()),
      0,
    );
    if (capacity > plan.slots + stranded)
      this.#broken('I8', `${set} announces ${capacity} of ${plan.slots} slots`);
  }

  #lookForSecrets({ secrets, ledger }: SimulatedHost): void {
    if (secrets.size === 0 || this.#options.scenario.seed % 16 !== 0) return;
    const told = JSON.stringify(ledger.auditAfter(0, 10_000));
    for (const secret of secrets)
      if (told.includes(secret)) this.#broken('I7', 'a credential stands in the audit stream');
  }

  #broken(invariant: Invariant, what: string): void {
    this.violations.push({ invariant, what, atMs: this.#options.time.now() - this.#options.startMs });
  }
}
