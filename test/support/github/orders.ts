/** Ordering a job as a workflow would: the job, and the run that it belongs to. */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { cancelJob, queueJob } from './jobs.ts';
import type { Job, Run, World } from './state.ts';

export const jobOrderSchema = z.strictObject({
  name: z.string().default('build'),
  labels: z.array(z.string()).min(1),
  steps: z
    .array(z.strictObject({ name: z.string().optional(), run: z.string(), if: z.string().optional() }))
    .default([{ run: 'true' }]),
  timeoutSeconds: z.number().positive().default(21_600),
  repository: z
    .string()
    .regex(/^[^/]+\/[^/]+$/)
    .default('acme/app'),
  visibility: z.enum(['private', 'internal', 'public']).default('private'),
  /** Left out: the repository itself. null: a fork that was deleted. */
  headRepository: z.string().nullable().optional(),
  event: z.string().default('push'),
  ref: z.string().default('refs/heads/main'),
  sha: z.string().optional(),
  actor: z.string().default('octocat'),
  triggeringActor: z.string().optional(),
  workflow: z.string().default('CI'),
  path: z.string().default('.github/workflows/ci.yml'),
  /** Adds the job to an existing run. */
  runId: z.int().optional(),
  /** The run waits until it is approved. */
  awaitsApproval: z.boolean().default(false),
});
export type JobOrderInput = z.input<typeof jobOrderSchema>;

/** Queues a job, with a run of its own unless told otherwise. */
export function orderJob(world: World, input: JobOrderInput): Job {
  const order = jobOrderSchema.parse(input);
  const existing = order.runId === undefined ? undefined : world.runs.get(order.runId);
  const run = existing ?? createRun(world, order);
  world.runs.set(run.id, run);
  return queueJob(world, {
    run,
    name: order.name,
    labels: order.labels,
    steps: order.steps,
    timeoutSeconds: order.timeoutSeconds,
  });
}

function createRun(world: World, order: z.output<typeof jobOrderSchema>): Run {
  const { repository, visibility, headRepository, event, ref, sha, actor, triggeringActor, workflow, path } =
    order;
  const id = order.runId ?? world.nextId('run');
  return {
    id,
    attempt: 1,
    repository,
    visibility,
    headRepository: headRepository === undefined ? repository : headRepository,
    event,
    ref: ref.startsWith('refs/') ? ref : `refs/heads/${ref}`,
    sha: sha ?? createHash('sha1').update(String(id)).digest('hex'),
    actor,
    triggeringActor: triggeringActor ?? actor,
    workflow,
    path,
    createdMs: world.clock.now(),
    awaitsApproval: order.awaitsApproval,
  };
}

/** A run's jobs of its present attempt. */
export function jobsOfRun(world: World, run: Run): readonly Job[] {
  return world.jobs.filter((job) => job.run === run);
}

/** The same run once more: a higher attempt, new job ids, possibly by somebody else. */
export function rerun(world: World, run: Run, triggeringActor: string): readonly Job[] {
  const again = { ...run, attempt: run.attempt + 1, triggeringActor };
  world.runs.set(run.id, again);
  return jobsOfRun(world, run).map(({ name, labels, steps, timeoutSeconds }) =>
    queueJob(world, { run: again, name, labels, steps, timeoutSeconds }),
  );
}

/** False when there is nothing left to cancel. */
export function cancelRun(world: World, run: Run): boolean {
  const open = jobsOfRun(world, run).filter((job) => job.status !== 'completed');
  for (const job of open) cancelJob(world, job);
  return open.length > 0;
}
