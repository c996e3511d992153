/** Runner groups and scale sets: found, made, changed, and deleted by the client or by GitHub itself. */
import { type Answer, json, NO_CONTENT, refusal } from './answer.ts';
import { assign, requeue } from './assignment.ts';
import { wake } from './entries.ts';
import { removeRunner } from './records.ts';
import type { ScaleSet, State } from './state.ts';
import { statisticsOf } from './statistics.ts';

const FIRST_MESSAGE_ID = 100_000_001;

/** What a client may say of a set, read leniently. */
export interface SetBody {
  readonly name?: unknown;
  readonly runnerGroupId?: unknown;
  readonly labels?: unknown;
}

export function findGroups(state: State, name: string | null): Answer {
  const value = state.groups
    .filter((group) => name === null || group.name.toLowerCase() === name.toLowerCase())
    .map(({ id, name }) => ({ id, name, size: 0, isDefaultGroup: id === 1 }));
  return json({ count: value.length, value });
}

export function describeSet(state: State, set: ScaleSet): Readonly<Record<string, unknown>> {
  return {
    id: set.id,
    name: set.name,
    runnerGroupId: set.groupId,
    runnerGroupName: state.groups.find((group) => group.id === set.groupId)?.name,
    labels: set.labels.map((name, index) => ({ id: index + 1, type: 'system', name })),
    RunnerSetting: { disableUpdate: true },
    createdOn: new Date(set.createdMs).toISOString(),
    statistics: statisticsOf(state, set),
  };
}

export function findSets(state: State, scope: string, query: URLSearchParams): Answer {
  const name = query.get('name')?.toLowerCase();
  const groupId = query.get('runnerGroupId');
  const value: unknown[] = [];
  for (const set of state.sets.values()) {
    if (set.scope !== scope || (name !== undefined && set.name.toLowerCase() !== name)) continue;
    if (groupId === null || set.groupId === Number(groupId)) value.push(describeSet(state, set));
  }
  return json({ count: value.length, value });
}

export function createSet(state: State, scope: string, body: SetBody): Answer {
  const { name, runnerGroupId = 1 } = body;
  if (typeof name !== 'string' || name === '')
    return refusal(400, 'ArgumentNullException', 'name is required');
  const groupId = Number(runnerGroupId);
  const refused = refuseTaken(state, scope, name, groupId, null);
  if (refused) return refused;
  const labels = labelsOf(state, body, name);
  const nowMs = state.time.now();
  const set: ScaleSet = {
    ...{ id: state.nextId('set'), scope, name, groupId, createdMs: nowMs },
    ...{ labels, labelSet: lowerCased(labels), session: null, capacity: null },
    ...{ log: [], pending: [], again: [], acked: [], nextMessageId: FIRST_MESSAGE_ID },
    ...{ held: new Set(), isWaking: false, jobs: new Set(), runners: new Set() },
  };
  state.sets.set(set.id, set);
  state.on({ type: 'set-created', atMs: nowMs, set: name });
  return json(describeSet(state, set));
}

export function updateSet(state: State, set: ScaleSet, body: SetBody): Answer {
  const { name = set.name, runnerGroupId = set.groupId } = body;
  const groupId = Number(runnerGroupId);
  const refused = refuseTaken(state, set.scope, String(name), groupId, set);
  if (refused) return refused;
  set.name = String(name);
  set.groupId = groupId;
  if (body.labels) {
    set.labels = labelsOf(state, body, set.name);
    set.labelSet = lowerCased(set.labels);
  }
  assign(state);
  return json(describeSet(state, set));
}

/** Sessions end, idle runners lose their records, assigned jobs are queued anew; running jobs go on. */
export function deleteSet(state: State, set: ScaleSet): Answer {
  if (!state.sets.delete(set.id)) return NO_CONTENT;
  endSession(state, set);
  state.on({ type: 'set-deleted', atMs: state.time.now(), set: set.name });
  for (const runner of [...set.runners]) {
    if (!runner.job) removeRunner(state, runner, 'set-deleted');
  }
  for (const job of [...set.jobs]) if (job.status === 'assigned' && !job.runner) requeue(state, job);
  assign(state);
  return NO_CONTENT;
}

/** A poll that is held learns of it at once. */
export function endSession(state: State, set: ScaleSet): void {
  const { session } = set;
  if (session) {
    state.tokens.delete(session.token);
    set.session = null;
    const atMs = state.time.now();
    state.on({ type: 'session-ended', atMs, set: set.name, session: session.id });
  }
  wake(state, set);
}

function refuseTaken(
  state: State,
  scope: string,
  name: string,
  groupId: number,
  self: ScaleSet | null,
): Answer | null {
  if (!state.groups.some((group) => group.id === groupId)) {
    return refusal(400, 'RunnerGroupNotFoundException', `No runner group with identifier ${groupId}.`);
  }
  const wanted = name.toLowerCase();
  for (const set of state.sets.values()) {
    if (set === self || set.scope !== scope || set.groupId !== groupId) continue;
    if (set.name.toLowerCase() === wanted) {
      return refusal(400, 'RunnerScaleSetExistsException', `Runner scale set ${name} already exists.`);
    }
  }
  return null;
}

/** None given: the set's name is its label. */
function labelsOf(state: State, { labels }: SetBody, name: string): readonly string[] {
  const names = Array.isArray(labels) ? labels.map((label) => String(Object(label).name)) : [];
  const given = names.length > 0 ? [...new Set(names)] : [name];
  return state.settings.dropsExtraLabels ? given.slice(0, 1) : given;
}

function lowerCased(labels: readonly string[]): ReadonlySet<string> {
  return new Set(labels.map((label) => label.toLowerCase()));
}
