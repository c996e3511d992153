/** Rule 4: a VM that waits for a job of one pool makes way for a job of another that lacks nothing but a slot. */
import type { Runner } from '../runner.ts';
import { countTryable, type Survey } from './survey.ts';
import type { Balance } from './weigh-pools.ts';

interface EvictionNeed {
  /** Jobs that lack only a slot. */
  readonly unserved: number;
  /** Slots given away by this plan. */
  readonly created: number;
  /** Runners and VMs that go anyway, so that their slots come free. */
  readonly leaving: number;
  /** Runners that another rule stops. */
  readonly isStopped: (runner: Runner) => boolean;
}

/** The runners to stop: no more than needed, and none when it would not free a slot after all. */
export function evictWarm(
  survey: Survey,
  balances: readonly Balance[],
  need: EvictionNeed,
): readonly Runner[] {
  if (!survey.vms || need.unserved === 0) return [];
  const comingFree = countTryable(survey) - need.created + need.leaving;
  const short = need.unserved - comingFree;
  if (short <= 0) return [];
  const evicted = findVictims(survey, balances, need).slice(0, short);
  return comingFree + evicted.length > 0 ? evicted : [];
}

/** Those still booting first, since least is lost with them; then the longest warm. */
function findVictims(survey: Survey, balances: readonly Balance[], need: EvictionNeed): readonly Runner[] {
  const { inFlight } = survey.world;
  const spare = (pick: (balance: Balance) => readonly Runner[]): readonly Runner[] =>
    balances
      .flatMap(pick)
      .filter((runner) => !inFlight.has(runner.name) && !need.isStopped(runner))
      .toSorted((a, b) => a.sinceMs - b.sinceMs);
  return [...spare((balance) => balance.spareArriving), ...spare((balance) => balance.spareWarm)];
}
