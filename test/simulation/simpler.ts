/** The scenarios that are a step simpler than one: something left out, a setting less, a shorter time. */
import type { HostPlan, Incident, JobPlan, Scenario } from './scenario.ts';

/** What is left out counts most, so it comes first. Each is smaller by something, so that there is an end. */
export function* simpler(scenario: Scenario): Generator<Scenario> {
  const { incidents, jobs, hosts } = scenario;
  for (const index of incidents.keys()) yield { ...scenario, incidents: incidents.toSpliced(index, 1) };
  for (const index of hosts.keys()) if (hosts.length > 1) yield withoutHost(scenario, index);
  for (const index of jobs.keys()) yield { ...scenario, jobs: jobs.toSpliced(index, 1) };
  yield* simplerHosts(scenario);
  yield* simplerGitHub(scenario);
  for (const [index, job] of jobs.entries())
    for (const other of simplerJobs(job)) yield { ...scenario, jobs: jobs.with(index, other) };
  for (const [index, incident] of incidents.entries())
    for (const other of simplerIncidents(incident))
      yield { ...scenario, incidents: incidents.with(index, other) };
}

function withoutHost(scenario: Scenario, gone: number): Scenario {
  const hosts = scenario.hosts.toSpliced(gone, 1);
  const pools = new Set(hosts.flatMap((host) => host.pools.map(({ name }) => name)));
  return {
    ...scenario,
    hosts,
    jobs: scenario.jobs.filter(({ pool }) => pools.has(pool)),
    incidents: scenario.incidents
      .filter(({ host }) => host !== gone)
      .map((incident) => ({ ...incident, host: incident.host > gone ? incident.host - 1 : incident.host })),
  };
}

function* simplerHosts(scenario: Scenario): Generator<Scenario> {
  const { hosts } = scenario;
  for (const [index, host] of hosts.entries()) {
    const put = (other: HostPlan): Scenario => ({ ...scenario, hosts: hosts.with(index, other) });
    const last = host.pools.at(-1);
    if (last && host.pools.length > 1) yield withoutPool(put({ ...host, pools: host.pools.slice(0, -1) }));
    if (host.limit > host.slots) yield put({ ...host, limit: host.slots });
    for (const [nth, pool] of host.pools.entries()) {
      if (pool.warm > 0) yield put({ ...host, pools: host.pools.with(nth, { ...pool, warm: 0 }) });
      if (pool.max > 1) yield put({ ...host, pools: host.pools.with(nth, { ...pool, max: 1 }) });
    }
  }
}

/** Jobs of a pool that is nowhere any more would wait for ever. */
function withoutPool(scenario: Scenario): Scenario {
  const pools = new Set(scenario.hosts.flatMap((host) => host.pools.map(({ name }) => name)));
  return { ...scenario, jobs: scenario.jobs.filter(({ pool }) => pools.has(pool)) };
}

function* simplerGitHub(scenario: Scenario): Generator<Scenario> {
  const names = Object.keys(scenario.github);
  if (names.length > 1) yield { ...scenario, github: {} };
  for (const name of names) {
    const kept = Object.entries(scenario.github).filter(([other]) => other !== name);
    yield { ...scenario, github: Object.fromEntries(kept) };
  }
}

const SECOND = 1_000;

function* simplerJobs(job: JobPlan): Generator<JobPlan> {
  if (job.cancelAfterMs !== null) yield { ...job, cancelAfterMs: null };
  if (job.result === 'failed') yield { ...job, result: 'succeeded' };
  for (const atMs of sooner(job.atMs)) yield { ...job, atMs };
  for (const workMs of shorter(job.workMs)) yield { ...job, workMs };
}

function* simplerIncidents(incident: Incident): Generator<Incident> {
  if ('chance' in incident && incident.chance < 1) yield { ...incident, chance: 1 };
  if ('forMs' in incident) for (const forMs of shorter(incident.forMs)) yield { ...incident, forMs };
  if ('downMs' in incident) for (const downMs of shorter(incident.downMs)) yield { ...incident, downMs };
  if ('atMs' in incident) for (const atMs of sooner(incident.atMs)) yield { ...incident, atMs };
  if ('nth' in incident && incident.nth > 0) yield { ...incident, nth: 0 };
}

function sooner(ms: number): readonly number[] {
  return ms === 0 ? [] : [0, roundly(ms / 2)].filter((less) => less < ms);
}

function shorter(ms: number): readonly number[] {
  return [SECOND, roundly(ms / 2)].filter((less) => less >= SECOND && less < ms);
}

/** Whole seconds read better. */
function roundly(ms: number): number {
  return Math.floor(ms / SECOND) * SECOND;
}
