/**
 * Plays one scene: a small world made by hand, in which one thing goes wrong that is known to go wrong. Whatever the scene
 * is about, no invariant may break and the world must come to rest; what else is expected of it is its test's affair.
 */
import pino from 'pino';
import type { StatusReport } from '../../../src/daemon/report.ts';
import { statusReport } from '../../../src/daemon/status.ts';
import { createMemoryLedger } from '../ledger/memory-ledger.ts';
import { calmFromMs, type HostPlan, type Incident, type JobPlan, type Scenario } from '../scenario.ts';
import type { Fact } from '../story.ts';
import { tellTale } from '../tale.ts';
import { createWorld, runWorld, START_MS, type World } from '../world.ts';
import { Played } from './played.ts';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

export interface Scene {
  readonly github?: Scenario['github'];
  /** One host of two slots with one pool, `ios`, unless it says more. */
  readonly host?: Partial<HostPlan>;
  readonly hosts?: readonly HostPlan[];
  readonly jobs?: readonly JobPlan[];
  readonly incidents?: readonly Incident[];
  readonly acts?: readonly Act[];
  /** Milliseconds since the beginning, from and to: the disk takes no more of the ledger. */
  readonly ledgerFull?: readonly [fromMs: number, toMs: number];
}

/** What no incident of a scenario can do. */
export interface Act {
  readonly atMs: number;
  readonly what: (world: World) => void;
}

/** Its secrets are looked for at the end. */
const SEED = 16;
/** How often the state that people see is looked at. */
const LOOK_MS = 5 * SECOND;

/** A job that succeeds, queued after ten seconds. */
export function aJob(given: Partial<JobPlan> = {}): JobPlan {
  return {
    ...{ atMs: 10 * SECOND, pool: 'ios', workMs: 30 * SECOND, result: 'succeeded', cancelAfterMs: null },
    ...given,
  };
}

/** A job that is cancelled while its runner registers, so that one stands idle for nothing, soon after `idleMs`. */
export async function aJobForNothing(): Promise<{ readonly job: JobPlan; readonly idleMs: number }> {
  const { atMs } = aJob();
  const calm = await play({});
  const idleMs = calm.audited('runner-idle')[0]?.atMs ?? 0;
  return { job: aJob({ cancelAfterMs: calm.midOf('registering') - atMs }), idleMs };
}

/** Without a host of its own: of the first. */
type Placed<T> = T extends { readonly host: number } ? Omit<T, 'host'> & { readonly host?: number } : never;

export function goesWrong(...incidents: readonly Placed<Incident>[]): readonly Incident[] {
  return incidents.map((incident) => ({ host: 0, ...incident }));
}

/** @throws with its story when an invariant is broken or the world does not come to rest */
export async function play(scene: Scene): Promise<Played> {
  const { acts = [] } = scene;
  const scenario = scenarioOf(scene);
  const facts: Fact[] = [];
  const reports: { readonly atMs: number; readonly report: StatusReport }[] = [];
  const isFull = (): boolean => {
    const [fromMs = 0, toMs = 0] = scene.ledgerFull ?? [];
    const atMs = world ? world.time.now() - START_MS : 0;
    return atMs >= fromMs && atMs < toMs;
  };
  let world: World | null = null;
  world = createWorld(scenario, {
    makeLedger: () => createMemoryLedger(isFull),
    log: pino({ level: 'silent' }),
    configs: new Map(),
    on: (fact) => facts.push(fact),
  });
  const made = world;
  for (const { atMs, what } of acts) made.time.after(atMs, () => what(made));
  lookOn(made, (report) => reports.push({ atMs: made.time.now() - START_MS, report }));
  const endMs = Math.max(calmFromMs(scenario), scene.ledgerFull?.[1] ?? 0, ...acts.map(({ atMs }) => atMs));
  const outcome = await runWorld(made, endMs);
  const violation = outcome.violations[0] ?? null;
  const tell = (): string => tellTale({ scenario, facts, startMs: START_MS, violation }).join('\n');
  if (violation) throw new Error(tell());
  return new Played({ world: made, outcome, facts, reports, tell });
}

function scenarioOf({ github = {}, host = {}, hosts, jobs = [aJob()], incidents = [] }: Scene): Scenario {
  const one: HostPlan = {
    ...{ id: 'host00', slots: 2, limit: 2, pools: [{ name: 'ios', max: 2, warm: 0 }] },
    ...host,
  };
  return { seed: SEED, github, hosts: hosts ?? [one], jobs, incidents };
}

function lookOn(world: World, tell: (report: StatusReport) => void): void {
  const look = (): void => {
    const service = world.hosts[0]?.service;
    if (service) tell(statusReport(service.context, service.senses, NOBODY));
    world.time.after(LOOK_MS, look);
  };
  world.time.after(LOOK_MS, look);
}

const NOBODY = { version: '0', startedMs: START_MS, problems: () => [], notes: () => [] };
