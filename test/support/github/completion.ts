/**
 * When a scale set hears that its job is over. Usually at once and once; the levers here make the news late, missing,
 * too early or double, all of which the real queue has done. What the end of a job changes is `jobs.ts`'s.
 */
import { tell } from './job-events.ts';
import { restProblem } from './problem.ts';
import type { Job, World } from './state.ts';

/** Says JobCompleted as the knobs want it, unless a lever said it before. */
export function announceCompletion(world: World, job: Job): void {
  if (job.wasCompletionTold) return;
  const { jobCompleted, lateMs } = world.settings;
  if (jobCompleted === 'prompt') tellCompletion(world, job);
  if (jobCompleted === 'late') world.clock.after(lateMs, () => tellCompletion(world, job));
}

/**
 * `early`: JobCompleted comes while the runner still runs, and not again when it ends. `again`: once more for a job that
 * is over, also when the first was held back. @throws 422 when the job's state does not allow it
 */
export function pullCompletion(world: World, job: Job, how: 'early' | 'again'): void {
  const needed = how === 'early' ? 'in_progress' : 'completed';
  if (job.status !== needed) throw restProblem(422, `the job is ${job.status}, not ${needed}`);
  // The running job has no result yet; the set is told a good one all the same.
  const over = how === 'early' ? ({ result: 'succeeded', completedMs: world.clock.now() } as const) : {};
  tellCompletion(world, { ...job, ...over });
  job.wasCompletionTold = true;
}

function tellCompletion(world: World, job: Job): void {
  tell(world, world.scaleSets.get(job.scaleSetId ?? -1), 'JobCompleted', job);
}
