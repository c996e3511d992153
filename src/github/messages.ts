/**
 * Reads what the queue says (actions/scaleset: types.go). Unknown kinds are ignored; one unreadable entry is reported
 * and skipped, for it would otherwise bar the queue for good, and GitHub's count still counts its job.
 */
import * as z from 'zod';
import type { Job, JobResult } from '../core/job.ts';
import type { QueueMessage } from '../core/ports.ts';
import { GitHubError, jsonOrNull } from './github-error.ts';
import type { Context } from './options.ts';

/** What the outer message holds, `assignedCount` null when it does not say. */
export interface ReadMessage extends Omit<QueueMessage, 'assignedCount'> {
  readonly assignedCount: number | null;
  /** Jobs that are offered and must be acquired first, by request id: the way of GitHub Enterprise Server. */
  readonly offered: readonly number[];
  /** Request ids of jobs that are offered no more: they are somebody's, or over. 0 where there are none. */
  readonly settled: readonly number[];
}

const envelope = z.object({
  messageId: z.number(),
  messageType: z.literal('RunnerScaleSetJobMessages'),
  body: z.string().nullish(),
  statistics: z.object({ totalAssignedJobs: z.number() }).nullish(),
});

/** RFC 3339 to milliseconds; absent, unreadable and the year 1, which is Go's zero time, are null. */
const time = z
  .string()
  .nullish()
  .transform((text) => {
    const ms = Date.parse(text ?? '');
    return Number.isNaN(ms) || ms <= 0 ? null : ms;
  });
const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '');

const assigned = z.object({
  jobId: z.string().min(1),
  ownerName: text,
  repositoryName: text,
  jobDisplayName: text,
  jobWorkflowRef: text,
  eventName: text,
  workflowRunId: z
    .number()
    .nullish()
    .transform((id) => id ?? 0),
  queueTime: time,
  scaleSetAssignTime: time,
});
const started = z.object({ jobId: z.string().min(1), runnerName: z.string().min(1), runnerAssignTime: time });
const completed = z.object({ jobId: z.string().min(1), runnerName: text, result: text, finishTime: time });
const available = z.object({ runnerRequestId: z.number() });
/** Kinds that say of a job that it is offered no more. */
const SETTLING: ReadonlySet<string> = new Set(['JobAssigned', 'JobCompleted']);
const entries = z.array(z.looseObject({ messageType: z.string() }));

/** @throws `github-unavailable` when the message as a whole cannot be read; it must not be acknowledged then */
export function readMessage(context: Context, pool: string, body: string): ReadMessage {
  const outer = envelope.safeParse(jsonOrNull(body));
  if (!outer.success) throw unreadable(`is not one of jobs (${paths(outer.error)})`);
  const { messageId, statistics } = outer.data;
  const inner = outer.data.body
    ? entries.safeParse(jsonOrNull(outer.data.body))
    : { success: true as const, data: [] };
  if (!inner.success) throw unreadable(`${messageId} has no readable list (${paths(inner.error)})`);
  const nowMs = context.time.wallMs();
  const pick = <T>(type: string, schema: z.ZodType<T>): readonly T[] =>
    inner.data.flatMap((entry) =>
      entry.messageType === type ? readEntry(context, schema, entry, { pool, messageId, type }) : [],
    );
  return {
    messageId,
    assigned: pick('JobAssigned', assigned).map((entry) => jobOf(pool, entry, nowMs)),
    started: pick('JobStarted', started).map((entry) => ({
      jobId: entry.jobId,
      runner: entry.runnerName,
      atMs: entry.runnerAssignTime ?? nowMs,
    })),
    completed: pick('JobCompleted', completed).map((entry) => ({
      jobId: entry.jobId,
      runner: entry.runnerName || null,
      result: resultOf(entry.result),
      atMs: entry.finishTime ?? nowMs,
    })),
    assignedCount: statistics?.totalAssignedJobs ?? null,
    offered: pick('JobAvailable', available).map((entry) => entry.runnerRequestId),
    settled: inner.data.flatMap((entry) =>
      SETTLING.has(entry.messageType) ? (available.safeParse(entry).data?.runnerRequestId ?? []) : [],
    ),
  };
}

function readEntry<T>(
  context: Context,
  schema: z.ZodType<T>,
  entry: unknown,
  about: { readonly pool: string; readonly messageId: number; readonly type: string },
): readonly T[] {
  const parsed = schema.safeParse(entry);
  if (parsed.success) return [parsed.data];
  context.log('error', 'an entry of the queue cannot be read and is skipped', {
    ...about,
    fields: paths(parsed.error),
  });
  return [];
}

function jobOf(pool: string, entry: z.output<typeof assigned>, nowMs: number): Job {
  return {
    id: entry.jobId,
    pool,
    repository: `${entry.ownerName}/${entry.repositoryName}`,
    displayName: entry.jobDisplayName,
    workflowRunId: entry.workflowRunId,
    workflowRef: entry.jobWorkflowRef,
    event: entry.eventName,
    queuedMs: entry.queueTime ?? nowMs,
    assignedMs: entry.scaleSetAssignTime ?? nowMs,
    startedMs: null,
    completedMs: null,
    runner: null,
    result: null,
  };
}

const RESULTS: Readonly<Record<string, JobResult>> = {
  succeeded: 'succeeded',
  failed: 'failed',
  canceled: 'canceled',
  cancelled: 'canceled',
  skipped: 'skipped',
  ignored: 'ignored',
  abandoned: 'abandoned',
};

function resultOf(word: string): JobResult {
  return RESULTS[word.toLowerCase()] ?? 'unknown';
}

function paths(error: z.ZodError): string {
  return error.issues.map((issue) => issue.path.join('.') || 'body').join(', ');
}

function unreadable(what: string): GitHubError {
  return new GitHubError('github-unavailable', `a message of the queue ${what}`);
}
