/**
 * Plays one scenario to its end: the jobs arrive, the incidents happen, every step is judged, and once all is calm the
 * world must come to rest: every job over, nothing left. The same scenario gives the same world, byte for byte.
 */
import type { Logger } from 'pino';
import { type Config, configSchema } from '../../src/config/schema.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { createSimulatedGitHub, type SimulatedGitHub } from './github/simulated-github.ts';
import { SimulatedHost } from './host.ts';
import { CallFaults, scheduleIncidents } from './incidents.ts';
import { Judge, type Violation } from './judge.ts';
import { createRandom } from './random.ts';
import { calmFromMs, type HostPlan, type JobPlan, type Scenario } from './scenario.ts';
import type { Fact } from './story.ts';
import { VirtualTime } from './virtual-time.ts';

export interface WorldOptions {
  readonly makeLedger: () => Ledger;
  readonly log: Logger;
  /** What was made of the plans of earlier worlds, by plan: parsing one takes as long as a good part of a world. */
  readonly configs: Map<string, Config>;
  /** Told every fact, in order; a story is made of them. */
  readonly on?: (fact: Fact) => void;
}

export interface Outcome {
  readonly violations: readonly Violation[];
  readonly events: number;
  readonly endedMs: number;
  readonly jobs: readonly JobOutcome[];
}

export interface JobOutcome {
  readonly key: string;
  readonly result: string | null;
  readonly ending: string | null;
  /** From queued to its first step; null when it never ran. */
  readonly waitedMs: number | null;
}

/** An ordinary day, so that nothing looks like a beginning of time. */
export const START_MS = 1_800_000_000_000;
/** How long after the last incident all must be over: GitHub's own ten minutes for a lost runner, the hard age, and some. */
const REST_MS = 45 * 60_000;
/** How long it must stay so. */
const QUIET_MS = 20_000;

/** A world that needs more turns in circles. */
const MOST_EVENTS = 300_000;

export interface World {
  readonly scenario: Scenario;
  readonly time: VirtualTime;
  readonly startMs: number;
  readonly github: SimulatedGitHub;
  readonly hosts: readonly SimulatedHost[];
  readonly judge: Judge;
  readonly jobPlans: ReadonlyMap<string, JobPlan>;
}

export function playWorld(scenario: Scenario, options: WorldOptions): Promise<Outcome> {
  return runWorld(createWorld(scenario, options), calmFromMs(scenario));
}

/** Plays a world that was made before, so that more could be done to it. `calmFromMs`: since its beginning. */
export async function runWorld(world: World, calmFromMs: number): Promise<Outcome> {
  const { time, judge } = world;
  for (const host of world.hosts) host.start();
  const calmMs = START_MS + calmFromMs;
  const lateMs = calmMs + REST_MS;
  let events = 0;
  let quietMs: number | null = null;
  await time.run(lateMs, () => {
    events += 1;
    if (events > MOST_EVENTS) judge.livelock();
    judge.look();
    if (time.now() >= calmMs) quietMs = judge.isAtRest() ? (quietMs ?? time.now()) : null;
    return judge.violations.length === 0 && !(quietMs !== null && time.now() - quietMs >= QUIET_MS);
  });
  if (judge.violations.length === 0) judge.conclude(quietMs !== null);
  return { violations: judge.violations, events, endedMs: time.now() - START_MS, jobs: judge.jobOutcomes() };
}

export function createWorld(
  scenario: Scenario,
  { makeLedger, log, configs, on = () => undefined }: WorldOptions,
): World {
  const time = new VirtualTime(START_MS);
  const jobPlans = new Map<string, JobPlan>();
  const hosts: SimulatedHost[] = [];
  const judge = new Judge({ scenario, time, startMs: START_MS, hosts, jobPlans });
  const tell = (fact: Fact): void => {
    on(fact);
    judge.hear(fact);
  };
  const faults = new CallFaults(scenario, time, START_MS);
  const github = createSimulatedGitHub({
    time,
    random: createRandom(scenario.seed, 'github').next,
    settings: scenario.github,
    fault: (call) => {
      judge.asked(call.from);
      return faults.ofGitHub(call);
    },
    on: (event) => tell({ of: 'github', atMs: time.now(), event }),
  });
  judge.watch(github);
  for (const [index, plan] of scenario.hosts.entries()) {
    const say = (fact: Extract<Fact, { of: 'daemon' }>['fact']) =>
      tell({ of: 'daemon', atMs: time.now(), host: index, fact });
    let started = 0;
    hosts.push(
      new SimulatedHost({
        ...{
          id: plan.id,
          time,
          random: createRandom(scenario.seed, `host-${index}`),
          github,
          makeLedger,
          log,
        },
        config: configOf(plan, configs),
        on: say,
        onCall: (call) => faults.endAt(index, call),
        mac: {
          images: [IMAGE],
          limit: plan.limit,
          on: (fact) => tell({ of: 'mac', atMs: time.now(), host: index, fact }),
          fault: (call) => {
            const fault = faults.ofMac(index, call);
            judge.called(index, call, fault);
            return fault;
          },
          guestOf: () => faults.guest(index, started++),
          workOf: (job) => {
            const planned = jobPlans.get(job.key);
            return planned ? { ms: planned.workMs, result: planned.result } : {};
          },
        },
      }),
    );
  }
  const world: World = { scenario, time, startMs: START_MS, github, hosts, judge, jobPlans };
  scheduleJobs(world, jobPlans);
  scheduleIncidents(world, faults, (fact) => tell({ of: 'incident', atMs: time.now(), fact }));
  return world;
}

function scheduleJobs({ scenario, time, github }: World, jobPlans: Map<string, JobPlan>): void {
  for (const plan of scenario.jobs) {
    time.after(plan.atMs, () => {
      const key = github.queueJob({ labels: [plan.pool] });
      jobPlans.set(key, plan);
      if (plan.cancelAfterMs !== null) time.after(plan.cancelAfterMs, () => github.cancelJob(key));
    });
  }
}

const IMAGE = 'template';

function configOf(plan: HostPlan, known: Map<string, Config>): Config {
  const key = JSON.stringify([plan.slots, plan.pools, plan.mayReboot]);
  const config = known.get(key) ?? parseConfig(plan);
  known.set(key, config);
  return config;
}

/** Short deadlines: an hour more or less changes nothing in what can happen, and costs. */
function parseConfig({ slots, pools, mayReboot = false }: HostPlan): Config {
  return configSchema.parse({
    github: { url: 'https://github.com/acme', token: 'file:token' },
    host: { slots, diskFloorGiB: 80, rebootWhenWedged: mayReboot },
    upkeep: { reboot: { cron: '0 * * * *', hours: 1, timeZone: 'UTC' } },
    pools: pools.map(({ name, max, warm }) => ({
      ...{ name, max, warm, labels: [name], defaultLabels: false, image: IMAGE },
    })),
    deadlines: { bootSeconds: 60, registerSeconds: 60, idleMinutes: 3, ageHours: 0.5 },
  });
}
