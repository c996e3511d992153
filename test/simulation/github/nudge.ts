/** Wakes runners: always as work of its own, so that no runner's code runs within a change of the state. */
import type { RunnerCallbacks } from './runner-side.ts';
import type { Runner, ScaleSet, State } from './state.ts';

/** Calls back the runner's present connection, unless that is over by then. */
export function callBack(state: State, runner: Runner, call: (callbacks: RunnerCallbacks) => void): void {
  const { connection } = runner;
  state.time.after(0, () => {
    if (runner.isConnected && runner.isHeard && runner.connection === connection) call(runner.callbacks);
  });
}

/** All that wait hear that there may be a job; the first to ask gets it. */
export function nudgeIdle(state: State, set: ScaleSet): void {
  for (const runner of set.runners) {
    if (runner.isConnected && runner.job === null) callBack(state, runner, ({ onJob }) => onJob?.());
  }
}
