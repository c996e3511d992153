/** What single calls of a daemon tell the judge: VMs made in the dark, and calls that go round in circles. */
import type { Invariant } from './invariants.ts';
import type { Fault, PortCall } from './tart/settings.ts';

/** What is broken, and how; null: nothing. */
type Complaint = readonly [Invariant, string | null];

interface Memory {
  /** When `list` last failed; null since it last did not. */
  listFailedMs: number | null;
  readonly clones: number[];
  readonly requests: number[];
}

/** From a failure to its caller's knowledge of it. */
const NEWS_MS = 500;
/** A pool holds back after failures: two slots and five jobs never need so many. */
const CLONES = { most: 25, withinMs: 60_000 } as const;
const REQUESTS = { most: 300, withinMs: 10_000 } as const;

export class CallWatch {
  readonly #hosts = new Map<number, Memory>();

  /** A call of a port begins, and `fault` befalls it. Answers what is wrong with that. */
  called(host: number, { method }: PortCall, fault: Fault | null, atMs: number): Complaint {
    const memory = this.#of(host);
    if (method === 'list' && fault !== 'lost-request' && fault !== 'lost-reply')
      memory.listFailedMs = fault instanceof Error ? atMs : null;
    if (method !== 'clone') return ['I5', null];
    if (memory.listFailedMs !== null && atMs - memory.listFailedMs > NEWS_MS)
      return ['I5', 'a VM is made though the list of VMs could not be read'];
    return ['liveness', tooMany(memory.clones, atMs, CLONES, 'VMs were begun')];
  }

  /** A request to GitHub begins. */
  asked(host: number, atMs: number): string | null {
    return tooMany(this.#of(host).requests, atMs, REQUESTS, 'requests went to GitHub');
  }

  #of(host: number): Memory {
    const known = this.#hosts.get(host);
    if (known) return known;
    const memory: Memory = { listFailedMs: null, clones: [], requests: [] };
    this.#hosts.set(host, memory);
    return memory;
  }
}

function tooMany(
  times: number[],
  atMs: number,
  { most, withinMs }: { readonly most: number; readonly withinMs: number },
  what: string,
): string | null {
  times.push(atMs);
  if (times.length <= most) return null;
  const first = times.shift() ?? atMs;
  if (atMs - first > withinMs) return null;
  return `more than ${most} ${what} within ${withinMs / 1_000} s`;
}
