/**
 * The daemon's desk: what it holds in memory between two looks at the world. Everything here can be lost at any moment;
 * what must survive a crash is in the ledger. One writer: only the daemon's own modules touch it.
 */
import { retryDelayMs } from '../core/backoff.ts';
import { NEVER } from '../core/due.ts';
import type { Ghosts } from '../core/ghosts.ts';
import type { Cause, Waiting } from '../core/step.ts';
import { Ailment } from './ailment.ts';
import { LedgerWatch } from './ledger-watch.ts';
import type { Stage } from './outcome.ts';

interface PoolTrouble {
  /** Starts that failed in a row. */
  readonly failures: number;
  readonly retryAtMs: number;
  /** How far the last of them got. */
  readonly stage: Stage;
}

export class Desk {
  /** Runners and VMs on which a step is being executed. */
  readonly inFlight = new Set<string>();
  /** Runners left alone until then, because GitHub refused their removal or a teardown failed. */
  readonly #restUntilMs = new Map<string, number>();
  /** Since when a runner's channel has been silent. */
  readonly silentSinceMs = new Map<string, number>();
  /** When a runner's guest last spoke. */
  readonly heardMs = new Map<string, number>();
  /** What GitHub's list lacks, and since when. */
  unlistedSinceMs: ReadonlyMap<string, number> = new Map();
  /** Slots that the framework counts though nobody sees a VM in them. */
  ghosts: Ghosts | null = null;
  isDiskShort = false;
  /** The guests that we hear contradict Tart's list of VMs. */
  isListDoubted = false;
  /** Runners on which GitHub runs a job that no gate asked about, and since when we know. */
  readonly unjudgedSinceMs = new Map<string, number>();
  /** Total capacity last announced, by pool. */
  readonly announced = new Map<string, number>();
  /** How the credential of each runner is forgotten. */
  readonly #secrets = new Map<string, () => void>();
  readonly #troubles = new Map<string, PoolTrouble>();
  /** What the last start said about the host as a whole. */
  readonly ailment = new Ailment();
  /** Whether the ledger can be written. */
  readonly writing = new LedgerWatch();
  waiting: readonly Waiting[] = [];
  /** Why a job would wait if one came, by pool; the pools where it would not are left out. */
  resting: ReadonlyMap<string, Cause> = new Map();
  isDraining = false;

  /** In flight or resting: nothing is decided about these now. */
  handsOff(nowMs: number): ReadonlySet<string> {
    for (const [name, untilMs] of this.#restUntilMs) if (untilMs <= nowMs) this.#restUntilMs.delete(name);
    return new Set([...this.inFlight, ...this.#restUntilMs.keys()]);
  }

  rest(name: string, untilMs: number): void {
    this.#restUntilMs.set(name, untilMs);
  }

  /** When something on the desk is over, or to be tried again. */
  moments(): readonly number[] {
    const ghostsMs = this.ghosts?.retryAtMs ?? NEVER;
    return [...this.#restUntilMs.values(), ghostsMs, this.ailment.untilMs, this.writing.untilMs];
  }

  /** A runner was given a credential: `forget` is called when it is gone. */
  holdsSecret(name: string, forget: () => void): void {
    this.#secrets.get(name)?.();
    this.#secrets.set(name, forget);
  }

  /** A runner that is gone is neither heard nor silent, and its credential opens nothing. */
  forget(name: string): void {
    this.heardMs.delete(name);
    this.silentSinceMs.delete(name);
    this.#secrets.get(name)?.();
    this.#secrets.delete(name);
  }

  /** A runner that came to its end is left alone no longer. */
  rouse(name: string): void {
    this.#restUntilMs.delete(name);
  }

  trouble(pool: string): Pick<PoolTrouble, 'failures' | 'retryAtMs'> {
    return this.#troubles.get(pool) ?? { failures: 0, retryAtMs: 0 };
  }

  /** A start failed: the pool waits longer each time. */
  failed(pool: string, stage: Stage, nowMs: number): PoolTrouble {
    const failures = this.trouble(pool).failures + 1;
    const trouble = { failures, retryAtMs: nowMs + retryDelayMs(failures), stage };
    this.#troubles.set(pool, trouble);
    return trouble;
  }

  /** A start got as far as `stage`: what failed before that is over. */
  succeeded(pool: string, stage: Stage): void {
    if (stage === 'serve' || this.#troubles.get(pool)?.stage === 'boot') this.#troubles.delete(pool);
  }
}
