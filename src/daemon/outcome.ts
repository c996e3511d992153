/**
 * Which ends of runners were failed starts, and what counts as a start that went well. A pool whose starts fail, in
 * whatever way, waits longer each time: a VM that boots and a runner that then never comes to work is as bad.
 */
import { isAlarming } from '../core/backoff.ts';
import type { Runner, StopReason } from '../core/runner.ts';
import type { Context } from './context.ts';

/** How far a start got. That a VM boots says nothing about what failed after booting. */
export type Stage = 'boot' | 'serve';

const FAILED: Readonly<Partial<Record<StopReason, Stage>>> = {
  'clone-failed': 'boot',
  'start-failed': 'boot',
  'boot-timeout': 'boot',
  'register-failed': 'serve',
  'register-timeout': 'serve',
  'registration-gone': 'serve',
  'no-job': 'serve',
};

/** Tells the desk what this move of a runner means for its pool. */
export function judge(
  { desk, steadyMs, log }: Pick<Context, 'desk' | 'steadyMs' | 'log'>,
  before: Runner,
  after: Runner,
): void {
  if (after.phase === before.phase) return;
  if (after.phase === 'warm') desk.succeeded(after.pool, 'boot');
  if (after.phase === 'busy') desk.succeeded(after.pool, 'serve');
  const stage = after.phase === 'stopping' ? failedStage(before, after) : null;
  if (stage === null) return;
  const { failures } = desk.failed(after.pool, stage, steadyMs());
  const facts = { runner: after.name, pool: after.pool, why: after.why, failures };
  if (isAlarming(failures)) log.error(facts, 'starts keep failing: this pool needs attention');
  else log.warn(facts, 'a runner came to nothing');
}

function failedStage(before: Runner, after: Runner): Stage | null {
  if (after.why === 'vm-died') return DIED_IN[before.phase] ?? null;
  return after.why === null ? null : (FAILED[after.why] ?? null);
}

/** A VM that dies while it waits or works is an accident of its own. */
const DIED_IN: Readonly<Partial<Record<Runner['phase'], Stage>>> = { booting: 'boot', registering: 'serve' };
