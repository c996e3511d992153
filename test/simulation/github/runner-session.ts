/** The runner's side: who may connect, and what its calls do. Nothing here is on the wire. */
import { asRunnerSees, awaitRunner, endJob, offerTo, startJob } from './jobs.ts';
import { callBack } from './nudge.ts';
import type { ConnectRefusal, RunnerCallbacks, RunnerJob, RunnerSession } from './runner-side.ts';
import type { Job, Runner, State } from './state.ts';
import { isOnline } from './statistics.ts';

/** Where a runner calls from, and whether GitHub can be reached from there at this moment. */
export interface Place {
  readonly from: string;
  readonly isReachable: () => boolean;
}

export function connectRunner(
  state: State,
  { from, isReachable }: Place,
  jitConfig: string,
  callbacks: RunnerCallbacks,
): RunnerSession | ConnectRefusal {
  if (!isReachable()) return 'unreachable';
  const runner = state.runnerByJit.get(jitConfig);
  if (!runner) return 'unknown-registration';
  if (isOnline(state, runner)) return 'session-conflict';
  runner.isConnected = true;
  runner.isHeard = true;
  runner.from = from;
  state.connected.add(runner);
  runner.connection += 1;
  runner.callbacks = callbacks;
  state.on({ type: 'runner-online', atMs: state.time.now(), ...namesOf(runner) });
  callBack(state, runner, ({ onJob }) => onJob?.());
  return sessionOf(state, isReachable, runner);
}

function sessionOf(state: State, isReachable: () => boolean, runner: Runner): RunnerSession {
  const { connection } = runner;
  const isCurrent = () => runner.isConnected && runner.connection === connection;
  const runningAs = (job: RunnerJob): Job | null => {
    const known = state.jobs.get(job.key);
    return known?.runner === runner && known.jobId === job.jobId ? known : null;
  };
  return {
    registrationId: runner.id,
    name: runner.name,
    nextJob() {
      if (!isReachable() || !isCurrent() || runner.isRemoved) return null;
      const job = offerTo(state, runner);
      return job && asRunnerSees(job);
    },
    startJob(job) {
      if (!isReachable()) return 'unreachable';
      const known = runningAs(job);
      if (!isCurrent() || known?.status !== 'assigned') return 'gone';
      startJob(state, known, runner);
      return 'started';
    },
    finishJob(job, result) {
      if (!isReachable()) return 'unreachable';
      const known = runningAs(job);
      if (!isCurrent() || known?.status !== 'running') return 'gone';
      endJob(state, known, result, 'finished');
      leave(state, runner, 0);
      return 'finished';
    },
    disconnect: () => void (isCurrent() && leave(state, runner, 0)),
    vanish: () => void (isCurrent() && leave(state, runner, state.settings.runnerOfflineMs)),
  };
}

/** Silence begins: `shownForMs` more it is taken to be alive. */
function leave(state: State, runner: Runner, shownForMs: number): void {
  const atMs = state.time.now();
  const wasHeard = runner.isHeard;
  runner.isConnected = false;
  state.connected.delete(runner);
  runner.callbacks = {};
  if (wasHeard) {
    runner.silentSinceMs = atMs;
    runner.onlineUntilMs = atMs + shownForMs;
    if (runner.job?.status === 'running') awaitRunner(state, runner.job);
  }
  state.on({ type: 'runner-offline', atMs, ...namesOf(runner) });
}

function namesOf(runner: Runner) {
  return { set: runner.set.name, runner: runner.name, registrationId: runner.id };
}
