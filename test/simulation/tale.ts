/**
 * Tells a world to people: what it is, what goes wrong in it, what happened that matters, and what broke. Left out is what
 * says nothing: capacities that were announced before, a guest's own words for what is told anyway.
 */
import { incidentText, seconds } from './incident-text.ts';
import { INVARIANTS } from './invariants.ts';
import type { Violation } from './judge.ts';
import type { HostPlan, JobPlan, Scenario } from './scenario.ts';
import { type Fact, storyLine } from './story.ts';

export interface Tale {
  readonly scenario: Scenario;
  readonly facts: readonly Fact[];
  readonly startMs: number;
  /** Null when nothing broke. */
  readonly violation: Violation | null;
}

export function tellTale({ scenario, facts, startMs, violation }: Tale): readonly string[] {
  return [
    'The world',
    ...scenario.hosts.flatMap(hostLines),
    `  GitHub   ${settingsText(scenario)}`,
    'The jobs',
    ...scenario.jobs.map((job, index) => `  ${at(job.atMs)}  ${jobText(job, index)}`),
    'What goes wrong',
    ...incidentLines(scenario),
    'What happens',
    ...thatMatter(facts).map((fact) => `  ${storyLine(fact, startMs)}`),
    ...ending(violation),
  ];
}

function ending(violation: Violation | null): readonly string[] {
  if (!violation) return ['All as it should be.'];
  const { invariant, what, atMs } = violation;
  return [`BROKEN after ${seconds(atMs)}: ${invariant}, ${INVARIANTS[invariant]}`, `  ${what}`];
}

function hostLines({ id, slots, limit, pools }: HostPlan): readonly string[] {
  const framework = limit > slots ? `, though the framework would let ${limit} VMs run` : '';
  return [
    `  ${id}   ${slots} ${slots === 1 ? 'slot' : 'slots'}${framework}`,
    ...pools.map(
      ({ name, max, warm }) => `    pool ${name}: at most ${max}${warm > 0 ? `, ${warm} warm` : ''}`,
    ),
  ];
}

function settingsText({ github }: Scenario): string {
  const settings = Object.entries(github).map(([name, value]) => `${name} ${value}`);
  return settings.length === 0 ? 'as ever' : settings.join(', ');
}

function jobText({ pool, workMs, result, cancelAfterMs }: JobPlan, index: number): string {
  const cancelled = cancelAfterMs === null ? '' : `, cancelled ${seconds(cancelAfterMs)} after it was queued`;
  return `number ${index + 1} for ${pool} is queued: ${seconds(workMs)} of work, ${result}${cancelled}`;
}

function incidentLines({ incidents, hosts }: Scenario): readonly string[] {
  if (incidents.length === 0) return ['  nothing'];
  return incidents
    .toSorted((one, other) => startOf(one) - startOf(other))
    .map((incident) => {
      const when = 'atMs' in incident ? at(incident.atMs) : ' '.repeat(11);
      return `  ${when}  ${incidentText(incident, hosts)}`;
    });
}

function startOf(incident: Scenario['incidents'][number]): number {
  return 'atMs' in incident ? incident.atMs : 0;
}

function at(ms: number): string {
  return `${(ms / 1_000).toFixed(3).padStart(9)} s`;
}

function thatMatter(facts: readonly Fact[]): readonly Fact[] {
  const announced = new Map<string, number>();
  return facts.filter((fact) => {
    if (fact.of === 'mac') return fact.fact.what !== 'vm-configured' && fact.fact.what !== 'guest-event';
    if (fact.of !== 'github') return true;
    const { event } = fact;
    if (event.type !== 'capacity-announced') return true;
    const isNews = announced.get(event.set) !== event.capacity;
    announced.set(event.set, event.capacity);
    return isNews;
  });
}
