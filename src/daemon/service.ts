/**
 * The agent's work without its process: what it decides and does, on ports, a ledger and a time that are given. The lock,
 * the control socket, signals and the log's file are `agent.ts`'s affair; the same service runs in the simulation.
 */
import type { Logger } from 'pino';
import type { Config } from '../config/schema.ts';
import { firstAfter } from '../core/due.ts';
import type { Guest, Hypervisor } from '../core/ports.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { pause, type Time } from '../lib/time.ts';
import { Channels } from './channels.ts';
import type { Context } from './context.ts';
import { sweep } from './debris.ts';
import { Desk } from './desk.ts';
import type { GitHubs } from './githubs.ts';
import { withLateWrites } from './late-writes.ts';
import { isUnwritten, watchLedger } from './ledger-watch.ts';
import { Loop } from './loop.ts';
import { nextLookMs } from './pace.ts';
import { Queues } from './queues.ts';
import { beginRebuild, closeOpenIntents, rebuildLedger } from './recover.ts';
import { addressesInUse } from './registered-at.ts';
import { createSenses, type RefreshingSenses } from './senses.ts';
import { SteadyClock } from './steady-clock.ts';
import { turn } from './turn.ts';
import { giveOpenVerdicts } from './verdict.ts';

export interface ServiceOptions {
  /** The last good configuration; it changes on reload. */
  readonly config: () => Config;
  readonly hostId: string;
  readonly ledger: Ledger;
  /** True when the ledger was lost, so that the runners must first be found again. */
  readonly isLedgerLost: boolean;
  /** Whether the host takes no new job, as the last life left it. */
  readonly isDraining: boolean;
  readonly hypervisor: Hypervisor;
  readonly guest: Guest;
  readonly github: GitHubs;
  readonly time: Time;
  /** Which boot of the host this is; null when the system does not tell. */
  readonly boot: string | null;
  readonly log: Logger;
  /** Aborted when the service stops; VMs go on. */
  readonly signal: AbortSignal;
  readonly tartHome: string;
  /** Free space where VMs live, null when it cannot be read. */
  readonly freeBytes: () => number | null;
  /** Reboots the Mac; left out where that is not for us to do. */
  readonly reboot?: Context['reboot'];
  readonly keepSecret: Context['keepSecret'];
  readonly newSuffix: () => string;
}

export interface Service {
  readonly context: Context;
  readonly senses: RefreshingSenses;
  /** The configuration changed: queues follow it. */
  reloaded(): void;
  /** After its signal aborted: resolves when its sessions at GitHub are closed, or could not be for 3.5 s. */
  closed(): Promise<void>;
}

/** The most that closing the sessions at GitHub may take at the end. */
const CLOSING_MS = 3_500;

const NOBODY = {
  runners: [],
  silentSinceMs: new Map<string, number>(),
  isWaiting: true,
  hasOrphans: true,
  isLookingTwice: false,
};

/** Takes up what the last life left, and serves until the signal aborts. */
export function startService(options: ServiceOptions): Service {
  const { config, time, signal, log } = options;
  const { ledger, catchUp } = withLateWrites(options.ledger);
  const clock = new SteadyClock(time, options.boot, ledger.clockAnchor(), ledger.latestMs());
  ledger.setClockAnchor(clock.anchor);
  const clocks = { nowMs: time.wallMs, steadyMs: clock.nowMs };
  const wake = (): void => loop.wake();
  const queues = new Queues(options.github);
  const senses = createSenses({
    ...options,
    ...clocks,
    onRead: wake,
    addressesInUse: () => addressesInUse({ ledger }),
  });
  const context: Context = {
    ...options,
    ...clocks,
    ...{
      ledger,
      queues,
      wake,
      turned: () => loop.turned(),
      desk: new Desk(),
      reboot: options.reboot ?? null,
    },
    readAgain: (what) => senses[what].refresh(signal),
  };
  context.desk.isDraining = options.isDraining;
  const { isLedgerLost } = options;
  const loop = createLoop({ context, senses, clock, catchUp, isLedgerLost });
  queues.follow(config().pools, context);
  // A gate may be waiting: this needs no room on the disk.
  giveOpenVerdicts(context);
  loop.start();
  void sweep(context);
  signal.addEventListener('abort', () => loop.stop(), { once: true });
  return {
    context,
    senses,
    reloaded() {
      senses.forgetPools();
      queues.follow(config().pools, context);
      log.info({ pools: config().pools.length }, 'the configuration was read again');
      wake();
    },
    async closed() {
      const late = new AbortController();
      await Promise.race([queues.closed(), pause(time, CLOSING_MS, late.signal)]);
      late.abort();
      catchUp();
    },
  };
}

interface LoopParts {
  readonly context: Context;
  readonly senses: RefreshingSenses;
  readonly clock: SteadyClock;
  readonly catchUp: () => void;
  readonly isLedgerLost: boolean;
}

/** Nothing is decided before what the last life left was taken up, and the runners of a lost ledger are known again. */
function createLoop({ context, senses, clock, catchUp, isLedgerLost }: LoopParts): Loop {
  const channels = new Channels();
  let stage: Stage = 'begun';
  return new Loop({
    time: context.time,
    onError: (error) => context.log.error({ err: error }, 'a turn of the loop failed'),
    turn() {
      lookAtClock(context, senses, clock);
      const beganMs = context.steadyMs();
      watchLedger(context, catchUp);
      stage = advance(stage, context, senses, isLedgerLost);
      const dueMs =
        stage === 'serving' ? turn(context, senses, channels) : senses.refreshDue(NOBODY, context.signal);
      return nextLookMs(firstAfter(beganMs, [dueMs, ...context.desk.moments()]) - context.steadyMs());
    },
  });
}

type Stage = 'begun' | 'rebuilding' | 'serving';

/** As far as it goes now: on a full disk, or while the world cannot be read, it is tried again with the next turn. */
function advance(stage: Stage, context: Context, senses: RefreshingSenses, isLedgerLost: boolean): Stage {
  if (stage === 'serving' || context.desk.writing.why !== null) return stage;
  let reached: Stage = stage;
  try {
    if (reached === 'begun') {
      const mustRebuild = beginRebuild(context, isLedgerLost);
      closeOpenIntents(context);
      reached = mustRebuild ? 'rebuilding' : 'serving';
    }
    if (reached === 'rebuilding' && rebuildLedger(context, senses)) reached = 'serving';
  } catch (error) {
    if (!isUnwritten(error, context)) throw error;
  }
  return reached;
}

/** What was read before the host slept is too old, and a guest that slept with it must first have time to speak. */
function lookAtClock(
  { ledger, desk, nowMs, log }: Context,
  senses: RefreshingSenses,
  clock: SteadyClock,
): void {
  const lapse = clock.look();
  if (lapse === null) return;
  const seconds = Math.round(lapse.ms / 1_000);
  ledger.audit(nowMs(), lapse.what === 'slept' ? 'host-slept' : 'clock-set', 'host', { seconds });
  if (lapse.what === 'clock-set') {
    log.warn({ seconds }, "the host's clock was set; deadlines go on as they were");
    return;
  }
  ledger.setClockAnchor(clock.anchor);
  desk.silentSinceMs.clear();
  desk.heardMs.clear();
  senses.forgetAll();
  log.warn({ seconds }, 'the host slept; all is looked at again');
}
