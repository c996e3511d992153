/** Incidents in words, without their time: that stands before them. */
import type { Incident, Scenario } from './scenario.ts';

export function incidentText(incident: Incident, hosts: Scenario['hosts']): string {
  const host = hosts[incident.host];
  const on = host?.id ?? 'a host';
  switch (incident.kind) {
    case 'kill-at-call': {
      const moment = incident.when === 'before' ? 'before' : `${seconds(incident.lateMs)} after it has begun`;
      return `the agent of ${on} is killed at its ${incident.of ?? 'call'} number ${incident.call}, ${moment}, and is down for ${seconds(incident.downMs)}`;
    }
    case 'kill':
      return `the agent of ${on} is killed, and is down for ${seconds(incident.downMs)}`;
    case 'lose-ledger':
      return `the agent of ${on} is killed, loses its ledger, and is down for ${seconds(incident.downMs)}`;
    case 'terminate':
      return `the agent of ${on} is told to end, and is down for ${seconds(incident.downMs)}`;
    case 'reboot':
      return `${on} is rebooted, and is down for ${seconds(incident.downMs)}`;
    case 'github-calls':
      return `${often(incident)} of ${on} to GitHub${some(incident.routes)} for ${seconds(incident.forMs)}: ${faultText(incident.fault)}`;
    case 'mac-calls':
      return `${often(incident)} of ${on} to Tart${some(incident.methods)} for ${seconds(incident.forMs)}: ${faultText(incident.fault)}`;
    case 'outage': {
      const whose = incident.of === 'github' ? 'GitHub cannot be reached' : `${on} has no network`;
      return `${whose} for ${seconds(incident.forMs)}${incident.andRunners ? ', nor have its runners' : ''}`;
    }
    case 'delete-set':
      return `GitHub deletes the scale set of ${poolOf(incident, host)}`;
    case 'kill-session':
      return `GitHub forgets the session of ${poolOf(incident, host)}`;
    case 'replay':
      return `GitHub tells the last messages of ${poolOf(incident, host)} again`;
    case 'expire-tokens':
      return 'GitHub refuses all tokens given so far';
    case 'guest':
      return `the VM that ${on} starts as number ${incident.nth + 1} has a guest of its own kind: ${JSON.stringify(incident.script)}`;
    case 'set-clock':
      return `the clock of ${on} is set by ${incident.byMs / 60_000} minutes`;
    default:
      return befallText(incident, on);
  }
}

type Befalling = Extract<Incident, { nth: number; atMs: number }>;
type Lasting = Extract<Incident, { kind: 'ghost' | 'foreign' | 'disk-full' | 'sleep' | 'keychain' }>;

function befallText(incident: Befalling | Lasting, on: string): string {
  switch (incident.kind) {
    case 'crash':
      return `a VM of ${on} crashes (${nth(incident)})`;
    case 'forget-runner':
      return `GitHub forgets a runner of ${on} (${nth(incident)})`;
    case 'complete-early':
      return `GitHub tells that a job is over which runs on ${on} (${nth(incident)})`;
    case 'silence':
      return `a guest of ${on} is silent for ${seconds(incident.forMs)} (${nth(incident)})`;
    case 'misread':
      return `Tart takes a VM of ${on} for stopped for ${seconds(incident.forMs)} (${nth(incident)})`;
    case 'stubborn':
      return `a VM of ${on} does not hear its power-off for ${seconds(incident.forMs)} (${nth(incident)})`;
    case 'ghost':
      return `the framework of ${on} counts a ghost for ${seconds(incident.forMs)}`;
    case 'foreign':
      return `somebody else's VM runs on ${on} for ${seconds(incident.forMs)}`;
    case 'disk-full':
      return `the disk of ${on} is below its floor for ${seconds(incident.forMs)}`;
    case 'sleep':
      return `${on} sleeps for ${seconds(incident.forMs)}`;
    case 'keychain':
      return `the keychain of ${on} is locked for ${seconds(incident.forMs)}`;
  }
}

export function seconds(ms: number): string {
  return `${ms / 1_000} s`;
}

function nth(incident: Befalling): string {
  return `of those running number ${incident.nth + 1}`;
}

function often({ chance }: { readonly chance: number }): string {
  return chance < 1 ? `${Math.round(chance * 100)} % of the calls` : 'all calls';
}

function some(names: readonly string[] | null): string {
  return names === null ? '' : ` (${names.join(', ')})`;
}

function faultText(fault: unknown): string {
  if (typeof fault === 'number') return `delayed by ${seconds(fault)}`;
  return typeof fault === 'string' ? fault : JSON.stringify(fault);
}

function poolOf({ pool }: { readonly pool: number }, host: Scenario['hosts'][number] | undefined): string {
  if (!host) return 'a pool';
  return `mr-${host.id}-${host.pools[pool % host.pools.length]?.name}`;
}
