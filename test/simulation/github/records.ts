/** Runner records: minted with a JIT configuration, found, removed, and forgotten when they stay offline for long. */
import { type Answer, json, NO_CONTENT, refusal } from './answer.ts';
import type { Unregistered } from './events.ts';
import { callBack } from './nudge.ts';
import type { Runner, ScaleSet, State } from './state.ts';
import { isOnline } from './statistics.ts';

const LONGEST_NAME = 64;

function findRunner(state: State, scope: string, name: string): Runner | null {
  const wanted = name.toLowerCase();
  for (const runner of state.runners.values()) {
    if (runner.scope === scope && runner.name.toLowerCase() === wanted) return runner;
  }
  return null;
}

export function mint(state: State, set: ScaleSet, name: unknown): Answer {
  if (typeof name !== 'string' || name === '' || name.length > LONGEST_NAME) {
    return refusal(400, 'ArgumentException', 'name must have 1 to 64 characters');
  }
  if (findRunner(state, set.scope, name)) {
    return refusal(409, 'AgentExistsException', `A runner named ${name} exists already.`);
  }
  const id = state.nextId('runner');
  const atMs = state.time.now();
  const runner: Runner = {
    ...{ id, name, set, scope: set.scope, jit: `jit-configuration-${id}`, isRemoved: false },
    ...{
      connection: 0,
      isConnected: false,
      isHeard: true,
      from: '',
      silentSinceMs: atMs,
      onlineUntilMs: 0,
      callbacks: {},
      job: null,
    },
  };
  state.runners.set(id, runner);
  state.runnerByJit.set(runner.jit, runner);
  set.runners.add(runner);
  state.on({ type: 'registered', atMs, set: set.name, runner: name, registrationId: id });
  return json({
    runner: { id, name, runnerScaleSetId: set.id, runnerGroupId: set.groupId },
    encodedJITConfig: runner.jit,
  });
}

/** Whatever its process tries afterwards is refused; a job that it runs goes on at GitHub until that falls silent. */
export function removeRunner(state: State, runner: Runner, why: Unregistered): void {
  if (runner.isRemoved) return;
  runner.isRemoved = true;
  state.runners.delete(runner.id);
  state.runnerByJit.delete(runner.jit);
  runner.set.runners.delete(runner);
  const about = { set: runner.set.name, runner: runner.name, registrationId: runner.id };
  state.on({ type: 'unregistered', atMs: state.time.now(), ...about, why });
  callBack(state, runner, ({ onRemoved }) => onRemoved?.());
}

/** As asked for by id. */
export function deleteAgent(state: State, scope: string, id: number): Answer {
  const runner = state.runners.get(id);
  if (runner?.scope !== scope) return state.settings.unknownAgentDelete === 204 ? NO_CONTENT : noSuchAgent();
  if (runner.job) {
    return refusal(400, 'JobStillRunningException', `Runner ${runner.name} is still running a job.`);
  }
  removeRunner(state, runner, 'asked');
  return NO_CONTENT;
}

export function findAgents(state: State, scope: string, name: string | null): Answer {
  const value = recordsOf(state, scope)
    .filter((runner) => name === null || runner.name.toLowerCase() === name.toLowerCase())
    .map((runner) => describe(state, runner));
  return json({ count: value.length, value });
}

export function getAgent(state: State, scope: string, id: number): Answer {
  const runner = state.runners.get(id);
  return runner?.scope === scope ? json(describe(state, runner)) : noSuchAgent();
}

function noSuchAgent(): Answer {
  return refusal(404, 'AgentNotFoundException', 'The agent was not found.');
}

function describe(state: State, runner: Runner) {
  const { id, name, set } = runner;
  const status = isOnline(state, runner) ? 'online' : 'offline';
  return { id, name, runnerScaleSetId: set.id, runnerGroupId: set.groupId, ephemeral: true, status };
}

/** The scope's records; those that have been offline for too long are gone by the time that anyone looks. */
export function recordsOf(state: State, scope: string): readonly Runner[] {
  const found: Runner[] = [];
  const goneBeforeMs = state.time.now() - state.settings.recordOfflineMs;
  for (const runner of [...state.runners.values()]) {
    if (!runner.isConnected && !runner.job && runner.silentSinceMs <= goneBeforeMs) {
      removeRunner(state, runner, 'expired');
    } else if (runner.scope === scope) found.push(runner);
  }
  return found;
}
