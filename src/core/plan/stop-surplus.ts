/**
 * Rule 1, the runners that are one too many: idle ones whose job went elsewhere, warm ones beyond what the pool keeps.
 * They are given a while first, since GitHub's count lags and the next job is often close behind.
 */
import { ALWAYS, firstAfter } from '../due.ts';
import type { Runner } from '../runner.ts';
import { isKnownNotBusy, type Survey } from './survey.ts';
import type { Balance } from './weigh-pools.ts';

const SETTLE_MS = 15_000;

export function stopSurplus(survey: Survey, balances: readonly Balance[]): readonly Runner[] {
  return findExcess(survey, balances).filter((runner) => settledFromMs(runner, survey) <= survey.world.nowMs);
}

/** When the next of those that are too many has had its while. */
export function nextSurplusMs(survey: Survey, balances: readonly Balance[]): number {
  return firstAfter(
    survey.world.nowMs,
    findExcess(survey, balances).map((runner) => settledFromMs(runner, survey)),
  );
}

/** Of each pool the oldest, whether or not they have had their while. */
function findExcess(survey: Survey, balances: readonly Balance[]): readonly Runner[] {
  if (!survey.vms) return [];
  return balances.flatMap((balance) => [...excessIdle(balance, survey), ...excessWarm(balance)]);
}

function excessIdle({ deficit, idle }: Balance, survey: Survey): readonly Runner[] {
  if (deficit >= 0) return [];
  return idle
    .filter((runner) => !survey.world.inFlight.has(runner.name) && isKnownNotBusy(runner, survey))
    .toSorted((a, b) => a.sinceMs - b.sinceMs)
    .slice(0, -deficit);
}

function excessWarm({ pool, spareWarm }: Balance): readonly Runner[] {
  return spareWarm.slice(0, Math.max(0, spareWarm.length - pool.warm));
}

/** A drain waits for none. */
function settledFromMs({ sinceMs }: Runner, { world }: Survey): number {
  return world.host.isDraining ? ALWAYS : sinceMs + SETTLE_MS;
}
