/**
 * The agent: wires the rooms together and runs until its signal aborts. Jobs outlive it: VMs live in sessions of their own
 * and are found again by looking.
 */
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { Logger } from 'pino';
import type { Locations } from '../config/locations.ts';
import type { Config } from '../config/schema.ts';
import { bootId } from '../host/boot-id.ts';
import { leaseNote, leasesInForce } from '../host/dhcp-leases.ts';
import { freeBytes } from '../host/facts.ts';
import { hostId as readHostId } from '../host/host-id.ts';
import { rebooter } from '../host/reboot.ts';
import { openLedger } from '../ledger/open.ts';
import { acquireLock } from '../lib/lock.ts';
import { createLog } from '../lib/log.ts';
import { Redactor } from '../lib/redact.ts';
import { systemTime } from '../lib/time.ts';
import { judgeVersion } from '../tart/version.ts';
import { type Adapters, createAdapters } from './adapters.ts';
import type { Context } from './context.ts';
import { openControl } from './control.ts';
import { isMarkedDraining, setDrain } from './drain.ts';
import { openPatiently } from './open-ledger.ts';
import { ConfigInForce } from './reload.ts';
import { type Service, startService } from './service.ts';
import type { Identity } from './status.ts';
import { takeOver } from './take-over.ts';
import { scheduleUpkeep } from './upkeep.ts';

export interface AgentOptions {
  readonly locations: Locations;
  readonly env: NodeJS.ProcessEnv;
  readonly version: string;
  readonly logTo: 'file' | 'terminal';
  /** Aborting it stops the agent within 5 s; jobs go on. */
  readonly signal: AbortSignal;
}

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
  readonly tartNotes: () => readonly string[];
  readonly keepSecret: Context['keepSecret'];
}

/** All that can refuse the start, before anything is touched. */
async function prepare(
  { locations, version, signal }: AgentOptions,
  config: Config,
  redactor: Redactor,
  log: Logger,
): Promise<Prepared> {
  const hostId = config.host.id ?? (await readHostId({ file: locations.hostId, signal }));
  const keepSecret = (secret: string) => redactor.add(secret);
  let tartNotes: readonly string[] = [];
  const onUpgrade = (now: string, notes: readonly string[]): void => {
    log.warn({ tart: now }, 'tart was replaced by another version');
    tartNotes = notes;
  };
  const adapters = await createAdapters({
    ...{ config, locations, hostId, version, log, signal, keepSecret, onUpgrade },
  });
  const tartVersion = await adapters.hypervisor.version(signal);
  tartNotes = judgeVersion(tartVersion);
  return { ...adapters, hostId, tartVersion, tartNotes: () => tartNotes, keepSecret };
}

async function serve(
  options: AgentOptions,
  config: ConfigInForce,
  prepared: Prepared,
  log: Logger,
): Promise<void> {
  const { locations, signal, version } = options;
  const { hostId, tartVersion, tartHome } = prepared;
  const inherited = await inherit(options, config.get(), prepared, log);
  const { ledger, recovered } = inherited;
  const marker = join(dirname(locations.hostId), 'draining');
  const service = startService({
    ...prepared,
    ...{ config: config.get, ledger, isLedgerLost: recovered !== null, isDraining: isMarkedDraining(marker) },
    ...{ time: systemTime, boot: await bootId({ platform: process.platform, signal }), log, signal },
    ...{ freeBytes: () => freeBytes(tartHome), newSuffix: randomSuffix },
    reboot: rebooter({ platform: process.platform, isRoot: process.getuid?.() === 0 }),
  });
  const { context, senses } = service;
  scheduleUpkeep(context);
  const reload = (): void => reloadInto(config, service, log);
  const control = await openControl({
    socketPath: locations.socket,
    context,
    senses,
    identity: identityOf({ ...prepared, ...inherited, version, startedMs: context.steadyMs(), config }),
    setDraining: (isDraining) => setDrain(context, marker, isDraining),
    reload,
  });
  process.on('SIGHUP', reload);
  const facts = { version, tart: tartVersion, host: hostId, pools: config.get().pools.length };
  log.info({ ...facts, pid: process.pid }, 'the agent serves');

  await aborted(signal);
  log.info('the agent stops; jobs go on');
  process.off('SIGHUP', reload);
  await service.closed();
  await control.close();
  ledger.close();
}

/** What the last life left, in the ledger and beside it. Until this is done no channel is opened and no tart asked. */
async function inherit({ locations, signal }: AgentOptions, config: Config, prepared: Prepared, log: Logger) {
  const { ledger, recovered } = await openPatiently(
    () => openLedger(locations.ledger, { nowMs: systemTime.wallMs }),
    { time: systemTime, log, signal },
  );
  if (recovered)
    log.error(recovered, 'the ledger could not be read; it was moved aside and is rebuilt from the world');
  const pullNotes = await takeOver({
    ...{ ...prepared, logDir: locations.vms, hasRunners: ledger.runners().length > 0, log, signal },
    images: config.pools.map((pool) => pool.image),
  });
  return { ledger, recovered, pullNotes };
}

function reloadInto(config: ConfigInForce, service: Service, log: Logger): void {
  const error = config.reload();
  if (error === null) service.reloaded();
  else log.error({ err: error }, 'the new configuration is refused; the last good one stays in force');
}

interface Beginning {
  readonly version: string;
  readonly startedMs: number;
  readonly config: ConfigInForce;
  readonly recovered: { readonly movedTo: string; readonly why: string } | null;
  readonly tartNotes: () => readonly string[];
  readonly pullNotes: readonly string[];
}

function identityOf({ version, startedMs, config, recovered, tartNotes, pullNotes }: Beginning): Identity {
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
    notes: () => [...config.notes, ...tartNotes(), ...pullNotes, ...leaseNotes()],
  };
}

function leaseNotes(): readonly string[] {
  const note = leaseNote(leasesInForce(systemTime.wallMs()));
  return note === null ? [] : [note];
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** Five bits a character. */
function randomSuffix(): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz012345';
  return Array.from(randomBytes(8), (byte) => alphabet.charAt(byte % alphabet.length)).join('');
}
