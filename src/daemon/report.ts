/**
 * What the control socket says, as schemas: the contract between the daemon and its clients (the CLI, the demo).
 * Version 1; fields are only ever added. Times are milliseconds since 1970.
 */
import * as z from 'zod';
import { PHASES, STOP_REASONS } from '../core/runner.ts';
import { CAUSES } from '../core/step.ts';

const runnerReport = z.object({
  name: z.string(),
  pool: z.string(),
  slot: z.number(),
  /** `gone` for a runner of the past. */
  phase: z.enum([...PHASES, 'gone']),
  createdMs: z.number(),
  sinceMs: z.number(),
  why: z.enum(STOP_REASONS).nullable(),
  jobId: z.string().nullable(),
});
export type RunnerReport = z.output<typeof runnerReport>;

const jobReport = z.object({
  id: z.string(),
  pool: z.string(),
  repository: z.string(),
  displayName: z.string(),
  state: z.enum(['waiting', 'starting', 'running', 'completed']),
  assignedMs: z.number(),
  startedMs: z.number().nullable(),
  completedMs: z.number().nullable(),
  runner: z.string().nullable(),
  result: z.string().nullable(),
  /** Only while waiting. */
  cause: z.enum(CAUSES).nullable(),
});
export type JobReport = z.output<typeof jobReport>;

const poolReport = z.object({
  name: z.string(),
  /** Where its runners register, when that is not where the others do. */
  url: z.string().nullable(),
  labels: z.array(z.string()),
  max: z.number(),
  warm: z.number(),
  queue: z.enum(['opening', 'listening', 'trouble']),
  /** What stands in the way, when `trouble`. */
  trouble: z.string().nullable(),
  assigned: z.number().nullable(),
  announced: z.number(),
  /** Why it does not listen for jobs, which GitHub then gives to others or keeps; null while it does. */
  resting: z.enum(CAUSES).nullable().optional(),
  failures: z.number(),
  retryAtMs: z.number(),
});
export type PoolReport = z.output<typeof poolReport>;

/** `GET /v1/status` */
export const statusReport = z.object({
  v: z.literal(1),
  isFine: z.boolean(),
  /** What is not fine, one sentence each, worst first. */
  problems: z.array(z.string()),
  /** Worth knowing, no reason to worry. */
  notes: z.array(z.string()),
  version: z.string(),
  pid: z.number(),
  startedMs: z.number(),
  nowMs: z.number(),
  host: z.object({
    id: z.string(),
    slots: z.number(),
    isDraining: z.boolean(),
    unfit: z.string().nullable(),
    /** That is why no VM may start. Older agents do not say. */
    isDiskShort: z.boolean().optional(),
  }),
  github: z.object({ url: z.string() }),
  /**
   * VMs that run here, ours and foreign, and those that macOS counts though nobody sees them (older agents do not say);
   * null when Tart cannot be read.
   */
  vms: z.object({ running: z.number(), foreign: z.number(), ghosts: z.number().optional() }).nullable(),
  pools: z.array(poolReport),
  runners: z.array(runnerReport),
  jobs: z.array(jobReport),
});
export type StatusReport = z.output<typeof statusReport>;

/** `GET /v1/jobs/<id or unambiguous prefix>` and `/v1/runners/<name>`: one subject with its timeline. */
const timelineEntry = z.object({
  atMs: z.number(),
  what: z.string(),
  detail: z.record(z.string(), z.unknown()),
});
export const jobDetail = z.object({ v: z.literal(1), job: jobReport, timeline: z.array(timelineEntry) });
export const runnerDetail = z.object({
  v: z.literal(1),
  runner: runnerReport,
  timeline: z.array(timelineEntry),
});
export type JobDetail = z.output<typeof jobDetail>;
export type RunnerDetail = z.output<typeof runnerDetail>;

/** `GET /v1/runners?all=1` */
export const runnerList = z.object({ v: z.literal(1), runners: z.array(runnerReport) });

/** `POST /v1/drain`, `POST /v1/resume` */
export const drainReport = z.object({ v: z.literal(1), isDraining: z.boolean(), busy: z.number() });

/** `POST /v1/reload`: the configuration is read again soon. One that is refused shows among the problems of the status. */
export const reloadReport = z.object({ v: z.literal(1) });

/** `POST /v1/runners/<name>/stop` with `{ "force": boolean }`; a busy runner is only stopped by force. */
export const stopReport = z.object({ v: z.literal(1), runner: z.string(), stopping: z.boolean() });

/** One line of `GET /v1/events?after=SEQ&follow=1` (NDJSON): the audit stream. */
export const eventLine = z.object({
  v: z.literal(1),
  seq: z.number(),
  atMs: z.number(),
  what: z.string(),
  subject: z.string(),
  detail: z.record(z.string(), z.unknown()),
});
export type EventLine = z.output<typeof eventLine>;

/** Every refusal of the control socket: a `MacrunnerError` as JSON, with a 4xx or 5xx status. */
export const errorReport = z.object({
  v: z.literal(1),
  error: z.object({ code: z.string(), message: z.string(), hint: z.string().nullable() }),
});
