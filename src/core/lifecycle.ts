/**
 * The life of one runner: cloning → booting → warm → registering → idle → busy → stopping → (gone).
 * Every phase may go to `stopping`, none comes back; a failure is a reason to stop, not a phase.
 * Nothing here waits, reads a clock or touches the world: the daemon does, and keeps the result in the ledger.
 */
import type { Phase, Runner, RunnerEvent } from './runner.ts';

const APPLIES_IN: Record<RunnerEvent['type'], readonly Phase[]> = {
  cloned: ['cloning'],
  answered: ['booting'],
  claimed: ['warm'],
  minted: ['registering'],
  online: ['registering'],
  // A job may start before the news that the runner is online is read.
  'job-started': ['registering', 'idle'],
  'job-completed': ['busy'],
  // GitHub may hear of a job that its guest never reported.
  'told-done': ['registering', 'idle', 'busy'],
  exited: ['registering', 'idle', 'busy'],
  stop: ['cloning', 'booting', 'warm', 'registering', 'idle', 'busy'],
};

/**
 * Applies one event at `nowMs`. Late, foreign or repeated news is normal after a restart: it returns the same object,
 * so `advance(r, …) === r` means that nothing happened.
 */
export function advance(runner: Runner, event: RunnerEvent, nowMs: number): Runner {
  if (!APPLIES_IN[event.type].includes(runner.phase)) return runner;
  switch (event.type) {
    case 'cloned':
      return { ...runner, phase: 'booting', sinceMs: nowMs };
    case 'answered':
      return { ...runner, phase: 'warm', sinceMs: nowMs };
    case 'claimed':
      return { ...runner, phase: 'registering', sinceMs: nowMs };
    case 'minted':
      if (runner.registrationId === event.registrationId) return runner;
      return { ...runner, registrationId: event.registrationId };
    case 'online':
      return { ...runner, phase: 'idle', sinceMs: nowMs };
    case 'job-started':
      return { ...runner, phase: 'busy', sinceMs: nowMs, hadJob: true };
    case 'job-completed':
      // The first word counts: the teardown deadline must not be pushed back by a guest that repeats itself.
      return runner.jobEndedMs === null ? { ...runner, jobEndedMs: nowMs } : runner;
    case 'told-done':
      return runner.toldDoneMs === null ? { ...runner, toldDoneMs: nowMs } : runner;
    case 'exited':
      return { ...runner, phase: 'stopping', sinceMs: nowMs, why: runner.hadJob ? 'job-done' : 'no-job' };
    case 'stop':
      return { ...runner, phase: 'stopping', sinceMs: nowMs, why: event.why };
  }
}
