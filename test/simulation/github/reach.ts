/** Runners that cannot reach GitHub for a while: offline after a minute, their jobs lost after ten. */
import { asRunnerSees, awaitRunner } from './jobs.ts';
import { callBack } from './nudge.ts';
import type { Runner, State } from './state.ts';

export function loseSight(state: State, isMeant: (runner: Runner) => boolean): void {
  for (const runner of connected(state, isMeant)) {
    if (!runner.isHeard) continue;
    runner.isHeard = false;
    runner.silentSinceMs = state.time.now();
    runner.onlineUntilMs = runner.silentSinceMs + state.settings.runnerOfflineMs;
    if (runner.job?.status === 'running') awaitRunner(state, runner.job);
  }
}

export function regainSight(state: State, isMeant: (runner: Runner) => boolean): void {
  for (const runner of connected(state, isMeant)) {
    if (runner.isHeard) continue;
    runner.isHeard = true;
    const { job } = runner;
    if (runner.isRemoved) callBack(state, runner, ({ onRemoved }) => onRemoved?.());
    else if (job?.status !== 'running') callBack(state, runner, ({ onJob }) => onJob?.());
    else {
      job.timer?.cancel();
      job.timer = null;
      if (job.isCancelRequested) callBack(state, runner, ({ onCancel }) => onCancel?.(asRunnerSees(job)));
    }
  }
}

function connected(state: State, isMeant: (runner: Runner) => boolean): readonly Runner[] {
  return [...state.connected].filter(isMeant);
}
