/**
 * Watches a world and says which of the design's invariants a fact breaks. It knows the truth of all sides, and asks the
 * daemon only what it announces. I11 and I12 are judged where there are sockets; the rest is here, by name.
 */
import { CallWatch } from './call-watch.ts';
import type { GitHubEvent } from './github/events.ts';
import type { SimulatedGitHub } from './github/simulated-github.ts';
import type { SimulatedHost } from './host.ts';
import type { Invariant } from './invariants.ts';
import { JobLives } from './job-lives.ts';
import { type Acknowledged, MessageWatch } from './message-watch.ts';
import { overAnnounced } from './over-announced.ts';
import { whatRemains } from './rest.ts';
import { ReturnWatch } from './return-watch.ts';
import type { JobPlan, Scenario } from './scenario.ts';
import { hasToldSecrets } from './secrets.ts';
import { SlotWatch } from './slot-watch.ts';
import type { Fact } from './story.ts';
import type { MacFact } from './tart/facts.ts';
import type { Fault, PortCall } from './tart/settings.ts';
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

/** From then on a job that nobody could be asked about may be ended on purpose. */
const UNJUDGED_MS = 50_000;

export class Judge {
  readonly violations: Violation[] = [];
  readonly #options: JudgeOptions;
  readonly #vms = new VmLives();
  readonly #jobs: JobLives;
  readonly #slots = new SlotWatch();
  readonly #calls = new CallWatch();
  readonly #messages: MessageWatch;
  readonly #returns: ReturnWatch;
  #github: SimulatedGitHub | null = null;

  constructor(options: JudgeOptions) {
    this.#options = options;
    this.#jobs = new JobLives(options.scenario);
    this.#messages = new MessageWatch(options.scenario);
    this.#returns = new ReturnWatch(options.scenario);
  }

  watch(github: SimulatedGitHub): void {
    this.#github = github;
  }

  hear(fact: Fact): void {
    if (fact.of === 'github') this.#hearGitHub(fact.event);
    else if (fact.of === 'mac') this.#hearMac(fact.host, fact.fact);
    else if (fact.of === 'daemon' && fact.fact.what === 'daemon-started') this.#hearStart(fact.host);
  }

  /** A call of a host's port, before it begins. */
  called(host: number, call: PortCall, fault: Fault | null): void {
    this.#broken(...this.#calls.called(host, call, fault, this.#options.time.now()));
  }

  /** A host's request to GitHub, before it is answered. */
  asked(host: string): void {
    this.#broken('liveness', this.#calls.asked(this.#hostOf(`mr-${host}-`), this.#options.time.now()));
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
    return this.#remains().next().done === true;
  }

  readonly livelock = (): void => this.#broken('liveness', 'the world turns in circles');

  /** At the end: nothing may be left, and every job must have come to the end that its plan says. */
  conclude(isAtRest: boolean): void {
    if (!isAtRest)
      this.#broken('liveness', `the world does not come to rest: ${[...this.#remains()].join('; ')}`);
    for (const job of this.#github?.jobs() ?? []) {
      const why = this.#jobs.whyWrong(job, this.#options.jobPlans.get(job.key));
      if (why !== null) this.#broken('I9', `${job.key} ${why}`);
    }
    if (this.#github) this.#broken('liveness', this.#messages.left(this.#github));
    // Slow to look for, and as likely in any world as in another.
    if (this.#options.scenario.seed % 16 === 0 && this.#options.hosts.some(hasToldSecrets))
      this.#broken('I7', 'a credential stands in the audit stream');
  }

  jobOutcomes(): readonly JobOutcome[] {
    return [...(this.#github?.jobs() ?? [])].map(({ key, result, ending, queuedMs }) => {
      const beganMs = this.#jobs.beganMs(key);
      return { key, result, ending, waitedMs: beganMs === null ? null : beganMs - queuedMs };
    });
  }

  *#remains(): Generator<string> {
    const { hosts, scenario } = this.#options;
    if (this.#github) yield* whatRemains(this.#github, hosts, scenario);
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
      case 'session-opened':
        this.#broken('I10', this.#returns.opened(event.set, event.atMs));
        return;
      case 'message-delivered':
        this.#messages.delivered(event);
        return;
      case 'message-acked':
        this.#judgeAcknowledged(event);
        return;
      default:
    }
  }

  #judgeAcknowledged(event: Acknowledged): void {
    const host = this.#options.hosts[this.#hostOf(event.set)];
    if (host) this.#broken('I9', this.#messages.acknowledged(event, host.ledger));
  }

  #hearStart(index: number): void {
    const host = this.#options.hosts[index];
    const id = this.#options.scenario.hosts[index]?.id;
    if (host && id !== undefined && this.#github)
      this.#returns.started(host, id, this.#github, this.#options.time.now());
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
        this.#broken('I1', this.#slots.started(host, fact.vm, this.#slotsOf(host), this.#options.time.now()));
        return;
      case 'credential-delivered':
        if (this.#vms.credentialGiven(fact.vm) > 1) this.#broken('I2', `${fact.vm} took a second credential`);
        return;
      case 'credential-refused':
        if (this.#vms.hadJob(fact.vm)) this.#broken('I3', `${fact.vm} was to have a second job`);
        else this.#broken('I2', `${fact.vm} was offered a second credential`);
        return;
      case 'job-taken':
        this.#vms.jobTaken(fact.vm, fact.key, this.#options.time.now());
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
        this.#vms.keptOut(fact.vm);
        this.#jobs.refused(fact.key, fact.why);
        return;
      case 'vm-stopped':
        this.#slots.stopped(host, fact.vm);
        this.#judgeStop(fact.vm, fact.by, fact.why);
        return;
      default:
    }
  }

  #judgeStop(name: string, by: 'daemon' | 'itself', why: string): void {
    const atGate = this.#vms.atGate(name);
    const key = this.#vms.jobOn(name) ?? atGate?.job ?? null;
    if (key === null) return;
    if (by === 'itself') {
      this.#jobs.excuse(key, why);
      return;
    }
    const isUnjudged = atGate !== null && this.#options.time.now() - atGate.sinceMs >= UNJUDGED_MS;
    const isOver = this.#github?.job(key).status === 'completed';
    if (!isOver && !isUnjudged && !this.#jobs.mayBeHarmed(name))
      this.#broken('I10', `${name} was stopped while ${key} ran on it`);
  }

  #judgeCapacity(set: string, capacity: number): void {
    const index = this.#hostOf(set);
    const plan = this.#options.scenario.hosts[index];
    const service = this.#options.hosts[index]?.service;
    if (plan && service) this.#broken('I8', overAnnounced(set, capacity, plan, service));
  }

  #slotsOf(host: number): number {
    return this.#options.scenario.hosts[host]?.slots ?? 0;
  }

  #hostOf(name: string): number {
    return this.#options.scenario.hosts.findIndex(({ id }) => name.startsWith(`mr-${id}-`));
  }

  /** `what`: null when nothing is. */
  #broken(invariant: Invariant, what: string | null): void {
    if (what === null) return;
    this.violations.push({ invariant, what, atMs: this.#options.time.now() - this.#options.startMs });
  }
}
