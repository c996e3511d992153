/** Puts the world together from the ledger, the readings, the queues and the clock, for the plan to decide upon. */
import type { Config } from '../config/schema.ts';
import { ghostView } from '../core/ghosts.ts';
import type { Runner } from '../core/runner.ts';
import type { Limits, PoolView, Reading, Registration, Vm, World } from '../core/world.ts';
import type { Context } from './context.ts';
import type { RepeatedReading } from './reading.ts';

export interface Senses {
  readonly vms: RepeatedReading<readonly Vm[]>;
  readonly registrations: RepeatedReading<readonly Registration[]>;
  /** Images that can be cloned without the network. */
  readonly images: RepeatedReading<ReadonlySet<string>>;
  /** Why no VM may start here, want of disk apart; null when fit. */
  readonly unfit: () => string | null;
  /** Why no VM may start and none stand warm here, for want of disk; null when enough is free. */
  readonly diskShort: () => string | null;
  /** Whether this is an hour in which the host may be rebooted, if it may be at all. */
  readonly isRebootHour: () => boolean;
  /** Warm runners wanted now, by pool. */
  readonly warm: (pool: Config['pools'][number]) => number;
}

/** @throws never: what cannot be read is unknown in the world it returns */
export function observe(context: Context, senses: Senses): World {
  const { desk, ledger, hostId } = context;
  const config = context.config();
  const nowMs = context.steadyMs();
  const runners = ledger.runners();
  return {
    nowMs,
    host: {
      id: hostId,
      slots: config.host.slots,
      isDraining: desk.isDraining,
      unfit: unfit(context, senses),
      isDiskShort: senses.diskShort() !== null,
      ...ghostView(desk.ghosts, mayReboot(context, senses), nowMs),
    },
    limits: limitsOf(config),
    pools: config.pools.map((pool) => poolView(context, senses, pool)),
    runners,
    inFlight: desk.handsOff(nowMs),
    silentSinceMs: desk.silentSinceMs,
    heardMs: desk.heardMs,
    unjudgedSinceMs: desk.unjudgedSinceMs,
    unlistedSinceMs: desk.unlistedSinceMs,
    vms: withOwnDeeds(context, runners, senses.vms),
    registrations: withOwnRecords(context, runners, senses.registrations),
    registrationsBeganMs: senses.registrations.beganMs(),
  };
}

function mayReboot({ config, desk, reboot }: Context, senses: Senses): boolean {
  const isAllowed = config().host.rebootWhenWedged && reboot !== null;
  return desk.ghosts !== null && isAllowed && senses.isRebootHour();
}

/** Why no VM may start here: the ledger, what was read of the host, or what its last start said. */
export function unfit(
  { desk, steadyMs }: Pick<Context, 'desk' | 'steadyMs'>,
  senses: Pick<Senses, 'unfit'>,
): string | null {
  return desk.writing.why ?? senses.unfit() ?? desk.ailment.unfit(steadyMs());
}

function poolView(
  { desk, ledger, queues, config, steadyMs }: Context,
  senses: Senses,
  pool: Config['pools'][number],
): PoolView {
  const images = senses.images.get();
  const count = queues.assigned(pool.name);
  return {
    name: pool.name,
    max: pool.max,
    warm: senses.warm(pool),
    retryAtMs: desk.trouble(pool.name).retryAtMs,
    image: !images.known ? 'unknown' : images.value.has(pool.image) ? 'ready' : 'missing',
    announced: desk.announced.get(pool.name) ?? 0,
    stranded: ledger.stranded(pool.name, steadyMs() - config().deadlines.teardownSeconds * 1_000),
    demand: count.known
      ? {
          known: true,
          value: {
            jobs: ledger.openJobs(pool.name),
            assigned: count.value,
            unconfirmed: ledger.unconfirmed(pool.name, steadyMs()),
          },
        }
      : count,
  };
}

/** A listing that began before one of our own deeds ended does not show it: what we did since is added to what was read. */
function withOwnDeeds(
  { ledger, desk }: Context,
  runners: readonly Runner[],
  vms: RepeatedReading<readonly Vm[]>,
): Reading<readonly Vm[]> {
  const reading = vms.get();
  if (!reading.known) return reading;
  const beganMs = vms.beganMs();
  const listed = new Set(reading.value.map((vm) => vm.name));
  const living = new Set(runners.map(({ name }) => name));
  const younger = runners.filter(
    ({ name, phase, sinceMs }) =>
      phase !== 'cloning' && phase !== 'stopping' && (sinceMs >= beganMs || desk.inFlight.has(name)),
  );
  const fresh = new Set(younger.map((runner) => runner.name));
  const added = younger.filter((runner) => !listed.has(runner.name));
  const kept = reading.value.filter(({ name }) => living.has(name) || !isGoneSince(ledger, name, beganMs));
  const seen = kept.map((vm) => (fresh.has(vm.name) ? { ...vm, state: 'running' as const } : vm));
  return {
    known: true,
    value: [...seen, ...added.map((runner) => ({ name: runner.name, state: 'running' as const }))],
  };
}

/**
 * The same for records: one that we removed since is no orphan, and a runner that moved since may be doing anything now.
 * It counts as busy, the guess that harms no job.
 */
function withOwnRecords(
  { ledger }: Context,
  runners: readonly Runner[],
  registrations: RepeatedReading<readonly Registration[]>,
): Reading<readonly Registration[]> {
  const reading = registrations.get();
  if (!reading.known) return reading;
  const beganMs = registrations.beganMs();
  const living = new Set(runners.map(({ name }) => name));
  const moved = runners
    .filter((runner) => runner.sinceMs >= beganMs && runner.phase !== 'stopping')
    .flatMap(({ name, registrationId: id }) =>
      id === null ? [] : [{ id, name, status: 'online', busy: true } as const],
    );
  const names = new Set(moved.map(({ name }) => name));
  const kept = reading.value.filter(
    ({ name }) => !names.has(name) && (living.has(name) || !isGoneSince(ledger, name, beganMs)),
  );
  return { known: true, value: [...kept, ...moved] };
}

function isGoneSince(ledger: Context['ledger'], name: string, beganMs: number): boolean {
  const goneMs = ledger.runner(name)?.goneMs ?? null;
  return goneMs !== null && goneMs >= beganMs;
}

function limitsOf({ deadlines }: Config): Limits {
  return {
    bootMs: deadlines.bootSeconds * 1_000,
    channelMs: deadlines.channelSeconds * 1_000,
    registerMs: deadlines.registerSeconds * 1_000,
    idleMs: deadlines.idleMinutes * 60_000,
    teardownMs: deadlines.teardownSeconds * 1_000,
    ageMs: deadlines.ageHours * 3_600_000,
  };
}
