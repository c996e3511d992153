/** A world's facts, and how each reads in a story: one line, with the time since the beginning. */
import { daemonText, gitHubText, macText } from './fact-text.ts';
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
      return `${at}  GitHub     ${gitHubText(fact.event)}`;
    case 'mac':
      return `${at}  host ${fact.host}     ${macText(fact.fact)}`;
    case 'daemon':
      return `${at}  agent ${fact.host}    ${daemonText(fact.fact)}`;
    case 'incident':
      return `${at}  INCIDENT   ${fact.fact}`;
  }
}
