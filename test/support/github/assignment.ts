/**
 * Which scale set gets which job: oldest job first, to any set that is listening, matches and has capacity left; among
 * several by the seeded chance, as GitHub promises no order. Taking an assignment back lives here too.
 */
import { randomUUID } from 'node:crypto';
import { tell } from './job-events.ts';
import type { Job, Run, ScaleSet, World } from './state.ts';
import { jobsOf } from './statistics.ts';

/** After this many lapses the job is given up. (actions/scaleset: README.md) */
const MOST_LAPSES = 3;

/** Finds a set for a job that was just queued, and remembers which sets will never get it. */
export function admit(world: World, job: Job): void {
  if (world.settings.capacityZero === 'never') {
    for (const set of world.scaleSets.values()) if (set.capacity === 0) job.trappedFor.add(set.id);
  }
  assignJob(world, job);
}

/** Assigns what can be assigned now. Called after every change that could make room. */
export function assign(world: World): void {
  const isFull = (set: ScaleSet) => jobsOf(world, set).length >= (set.capacity ?? 0);
  if (world.settings.backend === 'dotcom' && [...world.scaleSets.values()].every(isFull)) return;
  for (const job of world.openJobs) assignJob(world, job);
}

function assignJob(world: World, job: Job): void {
  if (job.status !== 'queued' || job.run.awaitsApproval) return;
  const candidates = [...world.scaleSets.values()].filter((set) => mayServe(world, set, job));
  if (world.settings.backend === 'ghes') offerToAll(world, job, candidates);
  else assignToOne(world, job, candidates);
}

function assignToOne(world: World, job: Job, candidates: readonly ScaleSet[]): void {
  const free = candidates.filter(
    (set) => !job.trappedFor.has(set.id) && jobsOf(world, set).length < (set.capacity ?? 0),
  );
  const set = free[Math.floor(world.random() * free.length)];
  if (set) assignTo(world, set, job);
}

function offerToAll(world: World, job: Job, candidates: readonly ScaleSet[]): void {
  for (const set of candidates) {
    if (job.offeredTo.has(set.id)) continue;
    job.offeredTo.add(set.id);
    tell(world, set, 'JobAvailable', job);
  }
}

/** Makes the job the set's own, until a runner takes it or the assignment lapses. */
export function assignTo(world: World, set: ScaleSet, job: Job): void {
  job.status = 'assigned';
  job.scaleSetId = set.id;
  job.assignedMs = world.clock.now();
  tell(world, set, 'JobAssigned', job);
  wakeRunners(world, set.id);
  const { queueId } = job;
  world.clock.after(world.settings.lapseMs, () => {
    if (job.status === 'assigned' && job.queueId === queueId && job.runner === null) lapse(world, job);
  });
}

/** No runner came: the set is told that this assignment is over, and the job is queued anew under another id. */
function lapse(world: World, job: Job): void {
  const set = world.scaleSets.get(job.scaleSetId ?? -1);
  job.lapses += 1;
  job.completedMs = world.clock.now();
  job.result = 'canceled';
  tell(world, set, 'JobCompleted', job);
  if (job.lapses > MOST_LAPSES) {
    job.status = 'completed';
    world.openJobs.delete(job);
    for (const watch of world.jobWatchers) watch(job);
    return;
  }
  requeue(job);
  assign(world);
}

/** Back to the queue with a new id of the queue; run and REST job stay the same. */
export function requeue(job: Job): void {
  job.formerQueueIds.push(job.queueId);
  job.queueId = randomUUID();
  Object.assign(job, {
    status: 'queued',
    scaleSetId: null,
    assignedMs: null,
    completedMs: null,
    result: null,
  });
  job.offeredTo.clear();
}

export function wakeRunners(world: World, scaleSetId: number | null): void {
  for (const runner of world.runners.values()) if (runner.scaleSetId === scaleSetId) runner.gate.wake();
}

export function isSessionLive(world: World, set: ScaleSet): boolean {
  if (!set.session) return false;
  if (set.gate.held > 0 || world.settings.sessionIdleMs === null) return true;
  return world.clock.now() - set.session.lastSeenMs < world.settings.sessionIdleMs;
}

function mayServe(world: World, set: ScaleSet, job: Job): boolean {
  return isSessionLive(world, set) && coversLabels(set.labels, job.labels) && mayReach(world, set, job.run);
}

/** Superset match; letter case does not count. */
export function coversLabels(offered: readonly string[], wanted: readonly string[]): boolean {
  const have = new Set(offered.map((label) => label.toLowerCase()));
  return wanted.every((label) => have.has(label.toLowerCase()));
}

/** Scope, and for organisations the runner group: repository, visibility and workflow. */
function mayReach(world: World, set: ScaleSet, run: Run): boolean {
  if (set.scope.startsWith('repos/')) return set.scope === `repos/${run.repository}`;
  if (set.scope.startsWith('orgs/') && run.repository.split('/')[0] !== set.scope.split('/')[1]) return false;
  const group = world.groups.find((each) => each.id === set.groupId);
  if (!group) return false;
  if (run.visibility === 'public' && !group.allowsPublicRepositories) return false;
  if (group.repositories && !group.repositories.includes(run.repository)) return false;
  const workflow = `${run.repository}/${run.path}@`;
  const refs = [run.ref, run.ref.replace(/^refs\/(heads|tags)\//, '')];
  return group.workflows === null || refs.some((ref) => group.workflows?.includes(workflow + ref));
}
