/** The rows of jobs, with the orders and bindings in which they are asked for. Rows are never changed, only replaced. */
import type { Job } from '../../../src/core/job.ts';
import type { JobRow } from './job-rules.ts';
import type { Journal } from './journal.ts';

export interface JobRows {
  get(id: string): JobRow | undefined;
  put(row: JobRow): void;
  remove(id: string): void;
  /** In no order. */
  all(): Iterable<JobRow>;
  /** Not completed, oldest first. */
  open(pool?: string): readonly Job[];
  /** In no order. */
  ofRunner(name: string): readonly Job[];
}

const NONE: readonly Job[] = [];

export function createJobRows(journal: Journal): JobRows {
  const rows = new Map<string, JobRow>();
  const open = new Map<string, Job>();
  const byRunner = new Map<string, readonly Job[]>();
  let inOrder: readonly Job[] | null = [];
  const ofPool = new Map<string, readonly Job[]>();

  function place(id: string, row: JobRow | undefined): void {
    const before = rows.get(id);
    if (before) unbind(byRunner, before.job);
    if (row) {
      rows.set(id, row);
      bind(byRunner, row.job);
    } else rows.delete(id);
    if (row && row.job.completedMs === null) open.set(id, row.job);
    else open.delete(id);
    inOrder = null;
    ofPool.clear();
  }

  function change(id: string, row: JobRow | undefined): void {
    const before = rows.get(id);
    if (row === before) return;
    journal.willChange(() => place(id, before));
    place(id, row);
  }

  function allOpen(): readonly Job[] {
    inOrder ??= [...open.values()].sort(byAge);
    return inOrder;
  }

  function openOf(pool: string): readonly Job[] {
    const known = ofPool.get(pool);
    if (known) return known;
    const found = allOpen().filter((job) => job.pool === pool);
    ofPool.set(pool, found);
    return found;
  }

  return {
    get: (id) => rows.get(id),
    put: (row) => change(row.job.id, row),
    remove: (id) => change(id, undefined),
    all: () => rows.values(),
    open: (pool) => (pool === undefined ? allOpen() : openOf(pool)),
    ofRunner: (name) => byRunner.get(name) ?? NONE,
  };
}

function bind(byRunner: Map<string, readonly Job[]>, job: Job): void {
  if (job.runner !== null) byRunner.set(job.runner, [...(byRunner.get(job.runner) ?? NONE), job]);
}

function unbind(byRunner: Map<string, readonly Job[]>, job: Job): void {
  if (job.runner === null) return;
  const others = (byRunner.get(job.runner) ?? NONE).filter((other) => other !== job);
  if (others.length > 0) byRunner.set(job.runner, others);
  else byRunner.delete(job.runner);
}

/** Oldest first, by the moment of assignment. */
export function byAge(a: Job, b: Job): number {
  return a.assignedMs - b.assignedMs || byId(a, b);
}

/** Latest first. */
export function byYouth(a: Job, b: Job): number {
  return b.assignedMs - a.assignedMs || byId(a, b);
}

function byId(a: Job, b: Job): number {
  if (a.id === b.id) return 0;
  return a.id < b.id ? -1 : 1;
}
