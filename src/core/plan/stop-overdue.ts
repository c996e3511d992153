/**
 * Rule 1, the runners that must go whatever the demand is: dead, too old, past a deadline, or no longer wanted here.
 * Runners that are merely too many are `stop-surplus.ts`.
 *
 * Nothing new is stopped while the VM list is unknown. A runner that may have a job (registering, idle, busy) falls only
 * when two sources agree that it has none: the ledger and GitHub's records, GitHub's queue and its records or a silent
 * guest, Tart's list and a silent guest. Except by the guest's own word, by the age limit, and when GitHub runs a job
 * there that never came before the gate.
 */
import type { Runner, StopReason } from '../runner.ts';
import { isUnlistedTwice } from '../unlisted.ts';
import { isHeard, isKnownNotBusy, type Survey } from './survey.ts';

/** A list read just before the VM started must not kill it. */
const START_GRACE_MS = 5_000;

/**
 * A guest tells of its job within seconds, GitHub at the latest after a poll. What runs for so long after GitHub told,
 * and was never asked about by the gate, runs unjudged.
 */
const UNJUDGED_MS = 60_000;

/** GitHub's list may lag behind a credential that was just minted. */
const LISTED_MS = 15_000;

interface StopRule {
  readonly why: StopReason;
  readonly applies: (runner: Runner, survey: Survey) => boolean;
}

/** In order: the first that applies is the reason. */
const RULES: readonly StopRule[] = [
  // Cloning happens only inside a step, so a clone that no step works on was cut off by a crash.
  { why: 'interrupted', applies: (runner) => runner.phase === 'cloning' },
  { why: 'vm-died', applies: hasDied },
  { why: 'job-done', applies: isDone },
  { why: 'outlived-job', applies: hasOutlivedJob },
  { why: 'refused', applies: runsUnjudged },
  { why: 'age-limit', applies: isTooOld },
  {
    why: 'boot-timeout',
    applies: (runner, { world }) => isLate(runner, 'booting', world.limits.bootMs, world.nowMs),
  },
  { why: 'registration-gone', applies: isForgotten },
  { why: 'register-timeout', applies: isRegisteringTooLong },
  { why: 'runner-offline', applies: isOffline },
  { why: 'channel-lost', applies: isSilent },
  { why: 'pool-removed', applies: hasNoPool },
  { why: 'surplus', applies: isUselessInDrain },
  { why: 'idle-timeout', applies: isIdleTooLong },
];

/** The names of runners to stop, with their reasons: also those that are stopping already, until they are gone. */
export function stopOverdue(survey: Survey): ReadonlyMap<string, StopReason> {
  const stops = new Map<string, StopReason>();
  for (const runner of survey.world.runners) {
    if (survey.world.inFlight.has(runner.name)) continue;
    const why = runner.phase === 'stopping' ? (runner.why ?? 'interrupted') : findReason(runner, survey);
    if (why) stops.set(runner.name, why);
  }
  return stops;
}

function findReason(runner: Runner, survey: Survey): StopReason | null {
  if (!survey.vms) return null;
  return RULES.find((rule) => rule.applies(runner, survey))?.why ?? null;
}

function isLate(runner: Runner, phase: Runner['phase'], limitMs: number, nowMs: number): boolean {
  return runner.phase === phase && nowMs - runner.sinceMs >= limitMs;
}

function hasDied(runner: Runner, survey: Survey): boolean {
  if (survey.vms?.get(runner.name)?.state === 'running') return false;
  if (survey.world.nowMs - runner.sinceMs < START_GRACE_MS || isHeard(runner, survey.world)) return false;
  if (!mayHaveJob(runner)) return true;
  // Two ways to the VM agree that it is no more. GitHub would go on calling it busy for ten minutes.
  if (hasBeenSilent(runner, survey)) return true;
  const registration = survey.registrations?.get(runner.name);
  return survey.registrations !== null && !(registration?.status === 'online' && registration.busy);
}

function hasBeenSilent(runner: Runner, { world }: Survey): boolean {
  const sinceMs = world.silentSinceMs.get(runner.name);
  return sinceMs !== undefined && world.nowMs - sinceMs >= world.limits.channelMs;
}

/** Done by the guest's own word, or used already and yet waiting for work, which must never be given to it. */
function isDone(runner: Runner, { world }: Survey): boolean {
  if (runner.hadJob && !mayHaveJob(runner)) return true;
  return runner.jobEndedMs !== null && world.nowMs - runner.jobEndedMs >= world.limits.teardownMs;
}

/**
 * GitHub's queue told that the job is over and the guest says nothing of it. One of two must agree: GitHub's record, if it
 * was read after that, or a silent guest. A record that still shows it at work outweighs the silence.
 */
function hasOutlivedJob(runner: Runner, survey: Survey): boolean {
  const { toldDoneMs } = runner;
  const { nowMs, limits, registrationsBeganMs } = survey.world;
  if (toldDoneMs === null || !mayHaveJob(runner) || nowMs - toldDoneMs < limits.teardownMs) return false;
  const isSilent = hasBeenSilent(runner, survey);
  if (survey.registrations === null || registrationsBeganMs <= toldDoneMs) return isSilent;
  const record = survey.registrations.get(runner.name);
  return record?.busy !== true || (isSilent && record.status === 'offline');
}

/** Once it may have a job it counts anew: a VM that stood warm for hours leaves its job as much time as a fresh one. */
function isTooOld(runner: Runner, { world: { nowMs, limits } }: Survey): boolean {
  return nowMs - (mayHaveJob(runner) ? runner.sinceMs : runner.createdMs) >= limits.ageMs;
}

/** The one case in which a job that GitHub sees running is ended on purpose: nobody knows what it is. */
function runsUnjudged(runner: Runner, { world }: Survey): boolean {
  if (!mayHaveJob(runner) || runner.hadJob) return false;
  const sinceMs = world.unjudgedSinceMs.get(runner.name);
  return sinceMs !== undefined && world.nowMs - sinceMs >= UNJUDGED_MS;
}

/** Its record vanished, so that no job will ever reach it. One that is busy goes on: its job may not need the record. */
function isForgotten(runner: Runner, { world, registrations }: Survey): boolean {
  if (runner.phase !== 'registering' && runner.phase !== 'idle') return false;
  if (registrations === null || registrations.has(runner.name)) return false;
  return world.nowMs - runner.sinceMs >= LISTED_MS && isUnlistedTwice(runner.name, world);
}

function isRegisteringTooLong(runner: Runner, survey: Survey): boolean {
  const { limits, nowMs } = survey.world;
  return isLate(runner, 'registering', limits.registerMs, nowMs) && isKnownNotBusy(runner, survey);
}

/** Lost to both: the guest is silent, and GitHub has a record that is offline without a job. */
function isOffline(runner: Runner, survey: Survey): boolean {
  if (!mayHaveJob(runner) || !hasBeenSilent(runner, survey) || !isKnownNotBusy(runner, survey)) return false;
  return survey.registrations?.get(runner.name)?.status === 'offline';
}

function isSilent(runner: Runner, survey: Survey): boolean {
  // A booting guest never spoke yet: `boot-timeout` is its deadline.
  if (runner.phase === 'booting' || !hasBeenSilent(runner, survey)) return false;
  if (!mayHaveJob(runner)) return true;
  return survey.registrations !== null && !survey.registrations.has(runner.name);
}

function hasNoPool(runner: Runner, survey: Survey): boolean {
  if (survey.pools.has(runner.pool)) return false;
  return !mayHaveJob(runner) || (runner.phase === 'idle' && isKnownNotBusy(runner, survey));
}

/** A drain hands out no more credentials, so a VM without one waits for nothing. That needs no word from GitHub. */
function isUselessInDrain(runner: Runner, { world }: Survey): boolean {
  return world.host.isDraining && !mayHaveJob(runner);
}

function isIdleTooLong(runner: Runner, survey: Survey): boolean {
  const { limits, nowMs } = survey.world;
  if (survey.pools.get(runner.pool)?.demand.known !== true) return false;
  return isLate(runner, 'idle', limits.idleMs, nowMs) && isKnownNotBusy(runner, survey);
}

/** True in the phases where a credential is out, so that GitHub may have given the runner a job unseen. */
function mayHaveJob(runner: Runner): boolean {
  return runner.phase === 'registering' || runner.phase === 'idle' || runner.phase === 'busy';
}
