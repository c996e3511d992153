/** What a fault plan may do to the simulated GitHub besides faults of single calls. */
import { assign } from './assignment.ts';
import { wake } from './entries.ts';
import type { Fault } from './faults.ts';
import { completeAgain, completeEarly } from './jobs.ts';
import { loseSight, regainSight } from './reach.ts';
import { removeRunner } from './records.ts';
import { deleteSet, endSession } from './scale-sets.ts';
import type { Settings } from './settings.ts';
import type { Job, Runner, ScaleSet, State, Token } from './state.ts';
import type { Line } from './transport.ts';

interface Outage {
  /** What every call meets; null ends the outage. */
  readonly fault: Fault | null;
  /** One caller's network instead of GitHub as a whole. */
  readonly from?: string;
  /** Runners cannot be heard either: after ten minutes of it their jobs fail. */
  readonly andRunners?: boolean;
}

/** Those that name a set, runner or job answer false when there is none, or its state does not allow it. */
export interface Levers {
  turn(settings: Partial<Settings>): void;
  outage(outage: Outage): void;
  /** Refuses the tokens issued so far, before their time. */
  expireTokens(kind?: Token['kind']): void;
  /** As GitHub does with sets that were idle for long. */
  deleteSet(set: string): boolean;
  /** GitHub forgets the session: its token is refused, and so is its renewal. */
  killSession(set: string): boolean;
  /** What was delivered comes again, the last few acknowledged messages included. */
  replay(set: string): boolean;
  /** A message with any body. */
  pushMessage(set: string, body: string, messageType?: string): boolean;
  /** The record vanishes, whatever its process does. */
  forgetRunner(name: string): boolean;
  /** JobCompleted for a job that runs on. */
  completeEarly(job: string): boolean;
  /** JobCompleted for a job that is over, once more. */
  completeAgain(job: string): boolean;
}

export function createLevers(
  state: State,
  outages: Map<string, Fault>,
  lines: ReadonlyMap<Line, string>,
): Levers {
  const onJob = (key: string, pull: (state: State, job: Job) => boolean): boolean => {
    const job = state.jobs.get(key);
    return job !== undefined && pull(state, job);
  };
  return {
    ...leversOfSets(state),
    turn(settings) {
      Object.assign(state.settings, settings);
      assign(state);
    },
    outage: (outage) => setOutage(state, outages, lines, outage),
    expireTokens(kind) {
      for (const [value, token] of state.tokens) {
        if (kind === undefined || token.kind === kind) state.tokens.delete(value);
      }
    },
    forgetRunner(name) {
      for (const runner of state.runners.values()) {
        if (runner.name !== name) continue;
        removeRunner(state, runner, 'forgotten');
        return true;
      }
      return false;
    },
    completeEarly: (key) => onJob(key, completeEarly),
    completeAgain: (key) => onJob(key, completeAgain),
  };
}

function leversOfSets(state: State): Pick<Levers, 'deleteSet' | 'killSession' | 'replay' | 'pushMessage'> {
  const onSet = (name: string, pull: (set: ScaleSet) => void): boolean => {
    for (const set of state.sets.values()) {
      if (set.name !== name) continue;
      pull(set);
      return true;
    }
    return false;
  };
  return {
    deleteSet: (name) => onSet(name, (set) => deleteSet(state, set)),
    killSession: (name) => onSet(name, (set) => endSession(state, set)),
    replay: (name) =>
      onSet(name, (set) => {
        set.again = [...set.acked, ...set.log.filter((message) => message.wasDelivered)];
        wake(state, set);
      }),
    pushMessage: (name, body, messageType) =>
      onSet(name, (set) => pushMessage(state, set, body, messageType)),
  };
}

function setOutage(
  state: State,
  outages: Map<string, Fault>,
  lines: ReadonlyMap<Line, string>,
  { fault, from = '*', andRunners = false }: Outage,
): void {
  const isMeant = (runner: Runner) =>
    (from === '*' || runner.from === from) &&
    (state.unreachable.has('*') || state.unreachable.has(runner.from)) === (fault !== null);
  if (fault === null) {
    outages.delete(from);
    state.unreachable.delete(from);
    regainSight(state, isMeant);
    return;
  }
  outages.set(from, fault);
  const how = fault === 'lost-request' || fault === 'lost-reply' ? 'silently' : 'broken';
  for (const [line, caller] of lines) if (from === '*' || caller === from) line.cut(how);
  if (!andRunners) return;
  state.unreachable.add(from);
  loseSight(state, isMeant);
}

function pushMessage(
  state: State,
  set: ScaleSet,
  body: string,
  messageType = 'RunnerScaleSetJobMessages',
): void {
  const messageId = set.nextMessageId++;
  const text = JSON.stringify({
    messageId,
    messageType,
    body,
    statistics: { totalAssignedJobs: set.jobs.size },
  });
  set.log.push({ messageId, entries: [], text, wasDelivered: false });
  state.on({ type: 'message-pushed', atMs: state.time.now(), set: set.name, messageId });
  wake(state, set);
}
