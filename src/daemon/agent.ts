/**
 * The agent: wires the rooms together and runs until its signal aborts. Jobs outlive it: VMs live in sessions of their own
 * and are found again by looking.
 */
import { dirname, join } from 'node:path';
import type { Logger } from 'pino';
import type { Locations } from '../config/locations.ts';
import type { Config } from '../config/schema.ts';
import { hostId as readHostId } from '../host/host-id.ts';
import { openLedger } from '../ledger/open.ts';
import { acquireLock } from '../lib/lock.ts';
import { createLog } from '../lib/log.ts';
import { Redactor } from '../lib/redact.ts';
import { judgeVersion } from '../tart/version.ts';
import { type Adapters, createAdapters } from './adapters.ts';
import { Channels } from './channels.ts';
import type { Context } from './context.ts';
import { openControl } from './control.ts';
import { Desk } from './desk.ts';
import { restoreDrain, setDrain } from './drain.ts';
import { Loop } from './loop.ts';
import { nextLookMs } from './pace.ts';
import { Queues } from './queues.ts';
import { beginRebuild, closeOpenIntents, rebuildLedger } from './recover.ts';
import { addressesInUse } from './registered-at.ts';
import { ConfigInForce } from './reload.ts';
import { createSenses, type RefreshingSenses } from './senses.ts';
import type { Identity } from './status.ts';
import { turn } from './turn.ts';
import { scheduleUpkeep } from './upkeep.ts';

export interface AgentOptions {
  readonly locations: Locations;
  readonly env: NodeJS.ProcessEnv;
  readonly version: string;
  readonly logTo: 'file' | 'terminal';
  /** Aborting it stops the agent within 5 s; jobs go on. */
  readonly signal: AbortSignal;
}

/** The most that closing the sessions at GitHub may take at the end. */
const CLOSING_MS = 3_500;

const NOBODY = {
  runners: [],
  silentSinceMs: new Map<string, number>(),
  isWaiting: true,
  hasOrphans: true,
};

/**
 * Runs the agent to its end.
 * @throws {@link MacrunnerError} `config-invalid`, `secret-unreadable`, `already-running`, `ledger-unreadable`, `command-missing`
 */
export async function runAgent(options: AgentOptions): Promise<void> {
  const { locations } = options;
  const config = new ConfigInForce(options);
  const lock = await acquireLock(locations.lock);
  const redactor = new Redactor();
  const log = createLog({ to: options.logTo, file: locations.log, redactor });
  try {
    const prepared = await prepare(options, config.get(), redactor, log);
    await serve(options, config, prepared, log);
  } catch (error) {
    log.fatal({ err: error }, 'the agent cannot go on');
    throw error;
  } finally {
    await log.close();
    lock.release();
  }
}

interface Prepared extends Adapters {
  readonly hostId: string;
  readonly tartVersion: string;
  readonly tartNotes: readonly string[];
  readonly keepSecret: (secret: string) => void;
}

/** All that can refuse the start, before anything is touched. */
async function prepare(
  { locations, version, signal }: AgentOptions,
  config: Config,
  redactor: Redactor,
  log: Logger,
): Promise<Prepared> {
  const hostId = config.host.id ?? (await readHostId({ file: locations.hostId, signal }));
  const keepSecret = (secret: string): void => {
    redactor.add(secret);
  };
  const adapters = await createAdapters({ config, locations, hostId, version, log, signal, keepSecret });
  const tartVersion = await adapters.hypervisor.version(signal);
  return { ...adapters, hostId, tartVersion, tartNotes: judgeVersion(tartVersion), keepSecret };
}

async function serve(
  options: AgentOptions,
  config: ConfigInForce,
  prepared: Prepared,
  log: Logger,
): Promise<void> {
  const { locations, signal, version } = options;
  const { hostId, tartVersion } = prepared;
  const nowMs = Date.now;
  const { ledger, recovered } = await openLedger(locations.ledger, { nowMs });
  if (recovered)
    log.error(recovered, 'the ledger could not be read; it was moved aside and is rebuilt from the world');
  const queues = new Queues(prepared.github);
  const wake = (): void => loop.wake();
  const senses = createSenses({
    ...prepared,
    ...{ config: config.get, nowMs, onRead: wake, addressesInUse: () => addressesInUse({ ledger }) },
  });
  const context: Context = {
    ...prepared,
    ...{ config: config.get, ledger, desk: new Desk(), queues, nowMs, log, signal, wake },
    readAgain: (what) => senses[what].refresh(signal),
  };
  const loop = createLoop(context, senses, beginRebuild(context, recovered !== null));
  const marker = join(dirname(locations.hostId), 'draining');
  restoreDrain(context, marker);
  scheduleUpkeep(context);
  const reload = (): void => reloadInto(context, config, senses.forgetPools);
  const control = await openControl({
    socketPath: locations.socket,
    context,
    senses,
    identity: identityOf({ ...prepared, version, startedMs: nowMs(), config, recovered }),
    setDraining: (isDraining) => setDrain(context, marker, isDraining),
    reload,
  });
  process.on('SIGHUP', reload);
  queues.follow(config.get().pools, context);
  closeOpenIntents(context);
  loop.start();
  const facts = { version, tart: tartVersion, host: hostId, pools: config.get().pools.length };
  log.info({ ...facts, pid: process.pid }, 'the agent serves');

  await aborted(signal);
  log.info('the agent stops; jobs go on');
  process.off('SIGHUP', reload);
  loop.stop();
  await Promise.race([queues.closed(), afterMs(CLOSING_MS)]);
  await control.close();
  ledger.close();
}

/** `mustRebuild`: nothing is decided before the runners of a lost ledger are known again. */
function createLoop(context: Context, senses: RefreshingSenses, mustRebuild: boolean): Loop {
  const channels = new Channels();
  let isRebuilt = !mustRebuild;
  return new Loop({
    everyMs: () => nextLookMs(sceneOf(context)),
    onError: (error) => context.log.error({ err: error }, 'a turn of the loop failed'),
    turn() {
      if (!isRebuilt) isRebuilt = rebuildLedger(context, senses);
      if (isRebuilt) turn(context, senses, channels);
      else senses.refreshDue(NOBODY, context.signal);
    },
  });
}

function sceneOf({ ledger, desk, nowMs }: Context): Parameters<typeof nextLookMs>[0] {
  const isWaiting = desk.waiting.length > 0;
  return { nowMs: nowMs(), runners: ledger.runners(), isWaiting, silent: desk.silentSinceMs };
}

function reloadInto(context: Context, config: ConfigInForce, forgetPools: () => void): void {
  const error = config.reload();
  if (error !== null) {
    context.log.error({ err: error }, 'the new configuration is refused; the last good one stays in force');
    return;
  }
  forgetPools();
  context.queues.follow(config.get().pools, context);
  context.log.info({ pools: config.get().pools.length }, 'the configuration was read again');
  context.wake();
}

interface Beginning {
  readonly version: string;
  readonly startedMs: number;
  readonly config: ConfigInForce;
  readonly recovered: { readonly movedTo: string; readonly why: string } | null;
  readonly tartNotes: readonly string[];
}

function identityOf({ version, startedMs, config, recovered, tartNotes }: Beginning): Identity {
  const lost = recovered
    ? [`The ledger could not be read (${recovered.why}); it was moved to ${recovered.movedTo}.`]
    : [];
  return {
    version,
    startedMs,
    problems: () => [
      ...lost,
      ...(config.refused === null
        ? []
        : [`The newest configuration is refused, the one before is in force: ${config.refused}`]),
    ],
    notes: () => [...config.notes, ...tartNotes],
  };
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

async function afterMs(ms: number): Promise<void> {
  await new Promise<void>((resolve) => setTimeout(resolve, ms).unref());
}
