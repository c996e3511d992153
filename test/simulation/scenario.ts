/**
 * What happens to a world, as data: its hosts and pools, the jobs that arrive, and what goes wrong when. It is made from
 * a seed (generate.ts), played (world.ts), and made shorter when it breaks something (shrink.ts).
 */
import type { Fault as GitHubFault, Route } from './github/faults.ts';
import type { Settings } from './github/settings.ts';
import type { GuestScript, Fault as MacFault } from './tart/settings.ts';

export interface PoolPlan {
  readonly name: string;
  readonly max: number;
  readonly warm: number;
}

export interface HostPlan {
  /** Six characters. */
  readonly id: string;
  readonly slots: number;
  /** How many VMs the framework lets run. More than `slots` shows whether the daemon itself keeps to them. */
  readonly limit: number;
  /** Whether the daemon may reboot it, at any hour, when its slots have leaked. Default: it may not. */
  readonly mayReboot?: boolean;
  readonly pools: readonly PoolPlan[];
}

export interface JobPlan {
  /** Since the beginning, like all times of a scenario. */
  readonly atMs: number;
  /** The pool whose labels it asks for. */
  readonly pool: string;
  readonly workMs: number;
  readonly result: 'succeeded' | 'failed';
  /** Cancelled so long after it was queued; null: not at all. */
  readonly cancelAfterMs: number | null;
}

interface On {
  /** The host's index. */
  readonly host: number;
  readonly atMs: number;
}

interface Lasting {
  readonly forMs: number;
}

export type Incident =
  /** At its n-th call of a port or of GitHub, counted over all its lives: before it begins, or when it has begun. */
  | {
      readonly kind: 'kill-at-call';
      readonly host: number;
      readonly call: number;
      /** Only calls of this name are counted; null: all. */
      readonly of: string | null;
      readonly when: 'before' | 'after';
      /** So long after it has begun; 0 when it is killed before. */
      readonly lateMs: number;
      readonly downMs: number;
    }
  | (On & { readonly kind: 'kill' | 'terminate' | 'lose-ledger'; readonly downMs: number })
  | (On &
      Lasting & {
        readonly kind: 'github-calls';
        readonly routes: readonly Route[] | null;
        readonly chance: number;
        readonly fault: GitHubFault;
      })
  | (On &
      Lasting & {
        readonly kind: 'mac-calls';
        readonly methods: readonly string[] | null;
        readonly chance: number;
        readonly fault: MacFault | 'error';
      })
  /** Of GitHub for all (`host` does not matter), or of one host's network; with its guests' or without. */
  | (On & Lasting & { readonly kind: 'outage'; readonly of: 'github' | 'host'; readonly andRunners: boolean })
  /** Of the pool with that index. */
  | (On & { readonly kind: 'delete-set' | 'kill-session' | 'replay'; readonly pool: number })
  | (On & { readonly kind: 'expire-tokens' })
  /** Of the n-th living VM. */
  | (On & { readonly kind: 'crash' | 'forget-runner' | 'complete-early'; readonly nth: number })
  | (On & Lasting & { readonly kind: 'silence' | 'misread' | 'stubborn'; readonly nth: number })
  | (On & Lasting & { readonly kind: 'ghost' | 'foreign' | 'disk-full' | 'sleep' | 'keychain' })
  | (On & { readonly kind: 'set-clock'; readonly byMs: number })
  | (On & { readonly kind: 'reboot'; readonly downMs: number })
  /** The n-th VM that the host starts has such a guest. */
  | {
      readonly kind: 'guest';
      readonly host: number;
      readonly nth: number;
      readonly script: Partial<GuestScript>;
    };

export interface Scenario {
  readonly seed: number;
  readonly github: Partial<Settings>;
  readonly hosts: readonly HostPlan[];
  readonly jobs: readonly JobPlan[];
  readonly incidents: readonly Incident[];
}

/** When the last incident is over: from then on all must go well. */
export function calmFromMs({ incidents, jobs }: Pick<Scenario, 'incidents' | 'jobs'>): number {
  const ends = incidents.map((incident) => {
    const beganMs = 'atMs' in incident ? incident.atMs : 0;
    if ('downMs' in incident) return beganMs + incident.downMs;
    return 'forMs' in incident && Number.isFinite(incident.forMs) ? beganMs + incident.forMs : beganMs;
  });
  return Math.max(0, ...ends, ...jobs.map((job) => job.atMs + (job.cancelAfterMs ?? 0)));
}

/** Whether it was written as one; what stands in it is taken on trust. */
export function isScenario(value: unknown): value is Scenario {
  if (typeof value !== 'object' || value === null) return false;
  const { seed, hosts, jobs, incidents, github }: Partial<Record<keyof Scenario, unknown>> = value;
  return (
    typeof seed === 'number' && typeof github === 'object' && [hosts, jobs, incidents].every(Array.isArray)
  );
}
