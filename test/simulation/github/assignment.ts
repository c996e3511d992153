/**
 * Which scale set gets which job: oldest job first, to any set that is listening, matches and has capacity left; among
 * several by the seeded chance, as GitHub promises no order. Taking an assignment back lives here too.
 */
import { tell } from './entries.ts';
import { nudgeIdle } from './nudge.ts';
import type { Job, ScaleSet, State } from './state.ts';

/** Finds a set for a job that was just queued, and remembers which sets will never get it. */
export function admit(state: State, job: Job): void {
  if (state.settings.capacityZero === 'never') {
    for (const set of state.sets.values()) if (set.capacity === 0) job.trappedFor.add(set);
  }
  assignJob(state, job);
}

/** Assigns what can be assigned now. Called after every change that could make room. */
export function assign(state: State): void {
  if (state.queued.size === 0) return;
  if (state.settings.backend === 'assign' && !isAnyFree(state)) return;
  for (const job of [...state.queued]) assignJob(state, job);
}

function isAnyFree(state: State): boolean {
  for (const set of state.sets.values()) if (hasRoom(set)) return true;
  return false;
}

function hasRoom(set: ScaleSet): boolean {
  return set.jobs.size < (set.capacity ?? 0);
}

function assignJob(state: State, job: Job): void {
  if (state.settings.backend === 'acquire') {
    offerToAll(state, job);
    return;
  }
  const free: ScaleSet[] = [];
  for (const set of state.sets.values()) {
    if (hasRoom(set) && !job.trappedFor.has(set) && mayServe(state, set, job)) free.push(set);
  }
  const set = free.length > 1 ? free[Math.floor(state.random() * free.length)] : free[0];
  if (set) assignTo(state, set, job);
}

function offerToAll(state: State, job: Job): void {
  for (const set of state.sets.values()) {
    if (job.offeredTo.has(set) || !mayServe(state, set, job)) continue;
    job.offeredTo.add(set);
    tell(state, set, 'JobAvailable', job);
  }
}

/** Makes the job the set's own, until a runner takes it or the assignment lapses. */
export function assignTo(state: State, set: ScaleSet, job: Job): void {
  const atMs = state.time.now();
  state.queued.delete(job);
  set.jobs.add(job);
  job.status = 'assigned';
  job.set = set;
  job.assignedMs = atMs;
  state.on({ type: 'job-assigned', atMs, job: job.key, jobId: job.jobId, set: set.name });
  tell(state, set, 'JobAssigned', job);
  armLapse(state, job);
  nudgeIdle(state, set);
}

/** Runs anew when a runner gave the job back: it was assigned all the while. */
export function armLapse(state: State, job: Job): void {
  job.timer?.cancel();
  job.timer = state.time.after(state.settings.lapseMs, () => {
    job.timer = null;
    if (job.status === 'assigned') lapse(state, job);
  });
}

/** No runner came: the set is told that this assignment is over, and the job is queued anew under another id. */
function lapse(state: State, job: Job): void {
  const { set } = job;
  const atMs = state.time.now();
  job.lapses += 1;
  tell(state, set, 'JobCompleted', job, { result: 'canceled', completedMs: atMs });
  if (set) state.on({ type: 'job-lapsed', atMs, job: job.key, jobId: job.jobId, set: set.name });
  if (job.lapses > state.settings.mostLapses) {
    set?.jobs.delete(job);
    Object.assign(job, { status: 'completed', result: 'canceled', ending: 'given-up', completedMs: atMs });
    const about = { atMs, job: job.key, jobId: job.jobId, set: set?.name ?? null, runner: null } as const;
    state.on({ type: 'job-completed', ...about, result: 'canceled', ending: 'given-up' });
    return;
  }
  requeue(state, job);
  assign(state);
}

/** Back to its place in the queue with a new id; run and job stay the same. */
export function requeue(state: State, job: Job): void {
  job.set?.jobs.delete(job);
  job.timer?.cancel();
  Object.assign(job, { status: 'queued', set: null, assignedMs: null, timer: null });
  const [, former = '1'] = job.jobId.split('.');
  job.jobId = `${job.key}.${Number(former) + 1}`;
  job.offeredTo.clear();
  const inOrder = [...state.queued, job].sort((one, other) => one.requestId - other.requestId);
  state.queued.clear();
  for (const each of inOrder) state.queued.add(each);
}

export function isSessionLive(state: State, set: ScaleSet): boolean {
  if (!set.session) return false;
  return set.held.size > 0 || state.time.now() - set.session.lastSeenMs < state.settings.sessionIdleMs;
}

function mayServe(state: State, set: ScaleSet, job: Job): boolean {
  if (!isSessionLive(state, set) || !isInScope(set.scope, job.facts.repository)) return false;
  for (const label of job.labels) if (!set.labelSet.has(label.toLowerCase())) return false;
  return true;
}

/** A scope is an owner, `owner/repository`, or an enterprise, which has all. */
function isInScope(scope: string, repository: string): boolean {
  return scope === repository || repository.startsWith(`${scope}/`) || scope.startsWith('enterprises/');
}
