/**
 * Notices runners on which GitHub has started a job that their guest never asked about: the gate was gone round, or the
 * guest is broken. Since when is reckoned from our own hearing of it, not by GitHub's clock, and anew after a restart:
 * a guest must first have had the time to tell us. What follows is the plan's affair.
 */
import type { Context } from './context.ts';

export function watchUnjudged({
  ledger,
  desk,
  steadyMs,
}: Pick<Context, 'ledger' | 'desk' | 'steadyMs'>): void {
  const unjudged = new Set<string>();
  for (const { runner: name, startedMs } of ledger.openJobs()) {
    if (name === null || startedMs === null) continue;
    const runner = ledger.runner(name);
    if (runner?.goneMs === null && !runner.hadJob) unjudged.add(name);
  }
  for (const name of desk.unjudgedSinceMs.keys()) if (!unjudged.has(name)) desk.unjudgedSinceMs.delete(name);
  for (const name of unjudged)
    if (!desk.unjudgedSinceMs.has(name)) desk.unjudgedSinceMs.set(name, steadyMs());
}
