/**
 * Rule 1, the runners that must go whatever the demand is: dead, too old, past a deadline, or no longer wanted here.
 * Runners that are merely too many are `stop-surplus.ts`.
 *
 * Nothing new is stopped while the VM list is unknown. A runner that may have a job (registering, idle, busy) falls
 * only when GitHub agrees that it has none, except by its own word that it is done, by the age limit, when Tart does not
 * list its VM as running while its channel has been silent, and when its job never came before the gate.
 */
import type { Runner, StopReason } from '../runner.ts';
import { isKnownNotBusy, type Survey } from './survey.ts';

/** A list read just before the VM started must not kill it. */
const START_GRACE_MS = 5_000;

/**
 * A guest tells of its job within seconds, GitHub at the latest after a poll. What runs for so long after GitHub told,
 * and was never asked about by the gate, runs unjudged.
 */
const UNJUDGED_MS = 60_000;

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
  { why: 'refused', applies: runsUnjudged },
  { why: 'age-limit', applies: (runner, { world }) => world.nowMs - runner.createdMs >= world.limits.ageMs },
  {
    why: 'boot-timeout',
    applies: (runner, { world }) => isLate(runner, 'booting', world.limits.bootMs, world.nowMs),
  },
  { why: 'register-timeout', applies: isRegisteringTooLong },
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
  if (survey.world.nowMs - runner.sinceMs < START_GRACE_MS) return false;
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

/** The one case in which a job that GitHub sees running is ended on purpose: nobody knows what it is. */
function runsUnjudged(runner: Runner, { world }: Survey): boolean {
  if (!mayHaveJob(runner) || runner.hadJob) return false;
  const sinceMs = world.unjudgedSinceMs.get(runner.name);
  return sinceMs !== undefined && world.nowMs - sinceMs >= UNJUDGED_MS;
}

function isRegisteringTooLong(runner: Runner, survey: Survey): boolean {
  const { limits, nowMs } = survey.world;
  return isLate(runner, 'registering', limits.registerMs, nowMs) && isKnownNotBusy(runner, survey);
}

function isSilent(runner: Runner, survey: Survey): boolean {
  // A booting guest never spoke yet: `boot-timeout` is its deadline.
  if (runner.phase === 'booting' || !hasBeenSilent(runner, survey)) return false;
  if (!mayHaveJob(runner)) return true;
  return isKnownNotBusy(runner, survey) && survey.registrations?.get(runner.name)?.status !== 'online';
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
