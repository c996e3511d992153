/**
 * Rule 1, the runners that are one too many: idle ones whose job went elsewhere, warm ones beyond what the pool keeps.
 * They are given a while first, since GitHub's count lags and the next job is often close behind.
 */
import type { Runner } from '../runner.ts';
import { isKnownNotBusy, type Survey } from './survey.ts';
import type { Balance } from './weigh-pools.ts';

const SETTLE_MS = 15_000;

export function stopSurplus(survey: Survey, balances: readonly Balance[]): readonly Runner[] {
  if (!survey.vms) return [];
  return balances.flatMap((balance) => [...surplusIdle(balance, survey), ...surplusWarm(balance, survey)]);
}

function surplusIdle({ deficit, idle }: Balance, survey: Survey): readonly Runner[] {
  if (deficit >= 0) return [];
  const { inFlight, host } = survey.world;
  return idle
    .filter((runner) => !inFlight.has(runner.name) && isKnownNotBusy(runner, survey))
    .filter((runner) => host.isDraining || isSettled(runner, survey))
    .toSorted((a, b) => a.sinceMs - b.sinceMs)
    .slice(0, -deficit);
}

function surplusWarm({ pool, spareWarm }: Balance, survey: Survey): readonly Runner[] {
  const extra = Math.max(0, spareWarm.length - pool.warm);
  return spareWarm.slice(0, extra).filter((runner) => isSettled(runner, survey));
}

function isSettled(runner: Runner, { world }: Survey): boolean {
  return world.nowMs - runner.sinceMs >= SETTLE_MS;
}
