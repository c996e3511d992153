/** A world's facts, and how they read as a story: one line each, with the time since the beginning. */
import type { GitHubEvent } from './github/events.ts';
import type { HostFact } from './host.ts';
import type { MacFact } from './tart/facts.ts';

export type Fact =
  | { readonly of: 'github'; readonly atMs: number; readonly event: GitHubEvent }
  | { readonly of: 'mac'; readonly atMs: number; readonly host: number; readonly fact: MacFact }
  | { readonly of: 'daemon'; readonly atMs: number; readonly host: number; readonly fact: HostFact }
  | { readonly of: 'incident'; readonly atMs: number; readonly fact: string };

export function storyLine(fact: Fact, startMs: number): string {
  const at = `${((fact.atMs - startMs) / 1_000).toFixed(3).padStart(9)} s`;
  switch (fact.of) {
    case 'github':
      return `${at}  GitHub    ${textOf(fact.event.type, fact.event)}`;
    case 'mac':
      return `${at}  Mac ${fact.host}     ${textOf(fact.fact.what, fact.fact)}`;
    case 'daemon':
      return `${at}  agent ${fact.host}   ${textOf(fact.fact.what, fact.fact)}`;
    case 'incident':
      return `${at}  INCIDENT  ${fact.fact}`;
  }
}

function textOf(title: string, details: object): string {
  const shown = Object.entries(details)
    .filter(([name]) => !['type', 'what', 'atMs', 'jitConfig'].includes(name))
    .map(([name, value]) => `${name}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`);
  return [title.replaceAll('-', ' '), ...shown].join('  ');
}
