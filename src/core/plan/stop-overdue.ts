/**
 * Rule 1, the runners that must go whatever the demand is: dead, too old, past a deadline, or no longer wanted here.
 * Runners that are merely too many are `stop-surplus.ts`.
 *
 * Nothing new is stopped while the VM list is unknown. A runner that may have a job (registering, idle, busy) falls only
 * when two sources agree that it has none: the ledger and GitHub's records, GitHub's queue and its records or a silent
 * guest, Tart's list and a silent guest. Except by the guest's own word, by the age limit, and when GitHub runs a job
 * there that never came before the gate.
 */
import { ALWAYS, holdsIf, NEVER } from '../due.ts';
import type { Runner, StopReason } from '../runner.ts';
import { isUnlistedTwice } from '../unlisted.ts';
import { heardUntilMs, isKnownNotBusy, type Survey } from './survey.ts';

/** A list read just before the VM started must not kill it. */
const START_GRACE_MS = 5_000;

/**
 * A guest tells of its job within seconds, GitHub at the latest after a poll. What runs for so long after GitHub told,
 * and was never asked about by the gate, runs unjudged.
 */
const UNJUDGED_MS = 60_000;

/** GitHub's list may lag behind a credential that was just minted. */
const LISTED_MS = 15_000;

/** `fromMs`: from when on it applies, if nothing but the time changes. */
interface StopRule {
  readonly why: StopReason;
  readonly fromMs: (runner: Runner, survey: Survey) => number;
}

/** In order: the first that applies is the reason. */
const RULES: readonly StopRule[] = [
  // Cloning happens only inside a step, so a clone that no step works on was cut off by a crash.
  { why: 'interrupted', fromMs: (runner) => holdsIf(runner.phase === 'cloning') },
  { why: 'vm-died', fromMs: deadFromMs },
  { why: 'job-done', fromMs: doneFromMs },
  { why: 'outlived-job', fromMs: outlivedFromMs },
  { why: 'refused', fromMs: unjudgedFromMs },
  { why: 'age-limit', fromMs: agedFromMs },
  { why: 'boot-timeout', fromMs: (runner, { world }) => lateFromMs(runner, 'booting', world.limits.bootMs) },
  { why: 'registration-gone', fromMs: forgottenFromMs },
  { why: 'register-timeout', fromMs: unregisteredFromMs },
  { why: 'runner-offline', fromMs: offlineFromMs },
  { why: 'channel-lost', fromMs: lostFromMs },
  { why: 'pool-removed', fromMs: (runner, survey) => holdsIf(hasNoPool(runner, survey)) },
  { why: 'surplus', fromMs: (runner, survey) => holdsIf(isUselessInDrain(runner, survey)) },
  { why: 'idle-timeout', fromMs: idleFromMs },
];

interface Overdue {
  /** The names of runners to stop, with their reasons: also those that are stopping already, until they are gone. */
  readonly stops: ReadonlyMap<string, StopReason>;
  /** When the next comes to be overdue, or for another reason, if nothing but the time changes. */
  readonly nextMs: number;
}

export function stopOverdue(survey: Survey): Overdue {
  const { runners, inFlight } = survey.world;
  const stops = new Map<string, StopReason>();
  let nextMs = NEVER;
  for (const runner of runners) {
    if (inFlight.has(runner.name)) continue;
    const fate =
      runner.phase === 'stopping' ? { why: runner.why ?? 'interrupted', nextMs } : judge(runner, survey);
    if (fate.why) stops.set(runner.name, fate.why);
    nextMs = Math.min(nextMs, fate.nextMs);
  }
  return { stops, nextMs };
}

/** Why it is to be stopped, if at all, and when a rule comes to apply that goes before. */
function judge(runner: Runner, survey: Survey): { readonly why: StopReason | null; readonly nextMs: number } {
  let nextMs = NEVER;
  if (!survey.vms) return { why: null, nextMs };
  for (const { why, fromMs } of RULES) {
    const atMs = fromMs(runner, survey);
    if (atMs <= survey.world.nowMs) return { why, nextMs };
    nextMs = Math.min(nextMs, atMs);
  }
  return { why: null, nextMs };
}

function lateFromMs(runner: Runner, phase: Runner['phase'], limitMs: number): number {
  return runner.phase === phase ? runner.sinceMs + limitMs : NEVER;
}

function deadFromMs(runner: Runner, survey: Survey): number {
  if (survey.vms?.get(runner.name)?.state === 'running') return NEVER;
  const unheardMs = Math.max(runner.sinceMs + START_GRACE_MS, heardUntilMs(runner, survey.world));
  if (!mayHaveJob(runner)) return unheardMs;
  const registration = survey.registrations?.get(runner.name);
  const mayWork = survey.registrations === null || (registration?.status === 'online' && registration.busy);
  // Two ways to the VM agree that it is no more. GitHub would go on calling it busy for ten minutes.
  return Math.max(unheardMs, mayWork ? silentFromMs(runner, survey) : ALWAYS);
}

/** From when on its guest has been silent for too long. */
function silentFromMs(runner: Runner, { world }: Survey): number {
  return (world.silentSinceMs.get(runner.name) ?? NEVER) + world.limits.channelMs;
}

/** Done by the guest's own word, or used already and yet waiting for work, which must never be given to it. */
function doneFromMs(runner: Runner, { world }: Survey): number {
  if (runner.hadJob && !mayHaveJob(runner)) return ALWAYS;
  return (runner.jobEndedMs ?? NEVER) + world.limits.teardownMs;
}

/**
 * GitHub's queue told that the job is over and the guest says nothing of it. One of two must agree: GitHub's record, if it
 * was read after that, or a silent guest. A record that still shows it at work outweighs the silence.
 */
function outlivedFromMs(runner: Runner, survey: Survey): number {
  const { toldDoneMs } = runner;
  const { limits, registrationsBeganMs } = survey.world;
  if (toldDoneMs === null || !mayHaveJob(runner)) return NEVER;
  const overMs = toldDoneMs + limits.teardownMs;
  const overAndSilentMs = Math.max(overMs, silentFromMs(runner, survey));
  if (survey.registrations === null || registrationsBeganMs <= toldDoneMs) return overAndSilentMs;
  const record = survey.registrations.get(runner.name);
  if (record?.busy !== true) return overMs;
  return record.status === 'offline' ? overAndSilentMs : NEVER;
}

/** Once it may have a job it counts anew: a VM that stood warm for hours leaves its job as much time as a fresh one. */
function agedFromMs(runner: Runner, { world }: Survey): number {
  return (mayHaveJob(runner) ? runner.sinceMs : runner.createdMs) + world.limits.ageMs;
}

/** The one case in which a job that GitHub sees running is ended on purpose: nobody knows what it is. */
function unjudgedFromMs(runner: Runner, { world }: Survey): number {
  if (!mayHaveJob(runner) || runner.hadJob) return NEVER;
  return (world.unjudgedSinceMs.get(runner.name) ?? NEVER) + UNJUDGED_MS;
}

/** Its record vanished, so that no job will ever reach it. One that is busy goes on: its job may not need the record. */
function forgottenFromMs(runner: Runner, { world, registrations }: Survey): number {
  if (runner.phase !== 'registering' && runner.phase !== 'idle') return NEVER;
  if (registrations === null || registrations.has(runner.name)) return NEVER;
  return isUnlistedTwice(runner.name, world) ? runner.sinceMs + LISTED_MS : NEVER;
}

function unregisteredFromMs(runner: Runner, survey: Survey): number {
  if (!isKnownNotBusy(runner, survey)) return NEVER;
  return lateFromMs(runner, 'registering', survey.world.limits.registerMs);
}

/** Lost to both: the guest is silent, and GitHub has a record that is offline without a job. */
function offlineFromMs(runner: Runner, survey: Survey): number {
  if (!mayHaveJob(runner) || !isKnownNotBusy(runner, survey)) return NEVER;
  const isOffline = survey.registrations?.get(runner.name)?.status === 'offline';
  return isOffline ? silentFromMs(runner, survey) : NEVER;
}

function lostFromMs(runner: Runner, survey: Survey): number {
  // A booting guest never spoke yet: `boot-timeout` is its deadline.
  if (runner.phase === 'booting') return NEVER;
  const { registrations } = survey;
  const isLost = !mayHaveJob(runner) || (registrations !== null && !registrations.has(runner.name));
  return isLost ? silentFromMs(runner, survey) : NEVER;
}

function hasNoPool(runner: Runner, survey: Survey): boolean {
  if (survey.pools.has(runner.pool)) return false;
  return !mayHaveJob(runner) || (runner.phase === 'idle' && isKnownNotBusy(runner, survey));
}

/** A drain hands out no more credentials, so a VM without one waits for nothing. That needs no word from GitHub. */
function isUselessInDrain(runner: Runner, { world }: Survey): boolean {
  return world.host.isDraining && !mayHaveJob(runner);
}

function idleFromMs(runner: Runner, survey: Survey): number {
  const isDemandKnown = survey.pools.get(runner.pool)?.demand.known === true;
  if (!isDemandKnown || !isKnownNotBusy(runner, survey)) return NEVER;
  return lateFromMs(runner, 'idle', survey.world.limits.idleMs);
}

/** True in the phases where a credential is out, so that GitHub may have given the runner a job unseen. */
function mayHaveJob(runner: Runner): boolean {
  return runner.phase === 'registering' || runner.phase === 'idle' || runner.phase === 'busy';
}
