/** The status of a host as text: first whether it is fine, then pools, slots and jobs. Pure. */
import type { JobReport, PoolReport, RunnerReport, StatusReport } from '../daemon/report.ts';
import { age } from './age.ts';
import type { Brush, Paint } from './paint.ts';
import { type Cell, type Column, table } from './table.ts';
import { plain, widthOf, wrap } from './text.ts';

export interface Look {
  readonly width: number;
  readonly paint: Paint;
}

/** Finished jobs and runners are history: the status shows only so many of the newest jobs. */
const FINISHED_SHOWN = 5;

export function statusText(status: StatusReport, look: Look): string {
  const blocks = [
    headline(status, look),
    poolTable(status, look),
    slotTable(status, look),
    jobTable(status, look),
  ];
  return blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n');
}

function headline(status: StatusReport, { width, paint }: Look): readonly string[] {
  const { host, vms } = status;
  const verdict = status.isFine ? paint.good('Fine.') : paint.bad('Not fine.');
  const [worst, ...others] = status.problems.map(plain);
  const list = (mark: string, text: string) => wrap(`${mark} ${plain(text)}`, width, '  ');
  const running = vms === null ? 'VMs unknown' : `${vms.running} of ${host.slots} VMs running${unlike(vms)}`;
  const facts = [
    `host ${host.id}`,
    ...(host.isDraining ? ['draining'] : []),
    running,
    `agent ${status.version} up ${age(status.nowMs - status.startedMs)}`,
    status.github.url,
  ];
  return [
    wrap(worst === undefined ? `${verdict} ${summary(status)}` : `${verdict} ${worst}`, width, '  '),
    ...others.map((problem) => list(paint.bad('!'), problem)),
    ...status.notes.map((note) => list(paint.warn('·'), note)),
    ...inLines(facts.map(plain), width).map((line) => paint.dim(line)),
  ];
}

/** Joins with ` · `, in as few lines as it takes. */
function inLines(facts: readonly string[], width: number): readonly string[] {
  const lines: string[] = [];
  for (const fact of facts) {
    const longer = `${lines.at(-1)} · ${fact}`;
    if (lines.length > 0 && widthOf(longer) <= width) lines[lines.length - 1] = longer;
    else lines.push(fact);
  }
  return lines;
}

function unlike({ foreign, ghosts = 0 }: NonNullable<StatusReport['vms']>): string {
  return `${foreign === 0 ? '' : `, ${foreign} not ours`}${ghosts === 0 ? '' : `, ${ghosts} not to be seen`}`;
}

function summary({ jobs, host }: StatusReport): string {
  const of = (state: JobReport['state']) => jobs.filter((job) => job.state === state).length;
  const parts = [`${of('running')} running`, `${of('starting')} starting`, `${of('waiting')} waiting`];
  return `${host.isDraining ? 'Draining; jobs' : 'Jobs'}: ${parts.join(', ')}.`;
}

const POOL_COLUMNS: readonly Column[] = [
  { title: 'POOL', cut: 'middle' },
  { title: 'QUEUE' },
  { title: 'RUNNERS', align: 'right' },
  { title: 'WARM', align: 'right' },
  { title: 'ASSIGNED', align: 'right' },
  { title: 'ANNOUNCED', align: 'right' },
  { title: 'NOTE', cut: 'end' },
];

function poolTable(status: StatusReport, look: Look): readonly string[] {
  if (status.pools.length === 0) return ['No pools are configured.'];
  const rows = status.pools.map((pool): readonly Cell[] => {
    const own = status.runners.filter((runner) => runner.pool === pool.name && runner.phase !== 'gone');
    const warm = own.filter((runner) => runner.phase === 'warm').length;
    return [
      pool.name,
      { text: pool.queue, brush: QUEUE_BRUSH[pool.queue] },
      `${own.length}/${pool.max}`,
      `${warm}/${pool.warm}`,
      pool.assigned === null ? '?' : String(pool.assigned),
      String(pool.announced),
      poolNote(pool, status.nowMs),
    ];
  });
  return table(POOL_COLUMNS, rows, look);
}

const QUEUE_BRUSH = { opening: 'warn', listening: 'good', trouble: 'bad' } as const;

function poolNote(pool: PoolReport, nowMs: number): Cell {
  if (pool.trouble !== null) return { text: pool.trouble, brush: 'bad' };
  if (pool.retryAtMs > nowMs) {
    return { text: `${pool.failures} failed; retry in ${age(pool.retryAtMs - nowMs)}`, brush: 'warn' };
  }
  return pool.url ?? '';
}

const SLOT_COLUMNS: readonly Column[] = [
  { title: 'SLOT', align: 'right' },
  { title: 'RUNNER', cut: 'middle' },
  { title: 'PHASE' },
  { title: 'FOR', align: 'right' },
  { title: 'JOB', cut: 'end' },
];

function slotTable(status: StatusReport, look: Look): readonly string[] {
  const alive = status.runners.filter((runner) => runner.phase !== 'gone');
  const taken = new Set(alive.map(({ slot }) => slot));
  const free = Array.from({ length: status.host.slots }, (_, slot) => slot).filter(
    (slot) => !taken.has(slot),
  );
  const rows = [
    ...alive.map((runner) => ({ slot: runner.slot, cells: slotRow(runner, status) })),
    ...free.map((slot) => ({ slot, cells: [String(slot), { text: 'free', brush: 'dim' } as const] })),
  ].toSorted((one, other) => one.slot - other.slot);
  return table(
    SLOT_COLUMNS,
    rows.map(({ cells }) => cells),
    look,
  );
}

function slotRow(runner: RunnerReport, status: StatusReport): readonly Cell[] {
  const job = status.jobs.find(({ id }) => id === runner.jobId);
  const what = job ? `${job.displayName} (${job.repository})` : (runner.why ?? '');
  return [
    String(runner.slot),
    runner.name,
    phaseCell(runner.phase),
    age(status.nowMs - runner.sinceMs),
    what,
  ];
}

const PHASE_BRUSH: Readonly<Partial<Record<RunnerReport['phase'], Brush>>> = {
  busy: 'strong',
  warm: 'good',
  stopping: 'dim',
  gone: 'dim',
};

export function phaseCell(phase: RunnerReport['phase']): Cell {
  const brush = PHASE_BRUSH[phase];
  return brush === undefined ? phase : { text: phase, brush };
}

const JOB_COLUMNS: readonly Column[] = [
  { title: 'JOB' },
  { title: 'NAME', cut: 'end' },
  { title: 'REPOSITORY', cut: 'middle' },
  { title: 'STATE' },
  { title: 'FOR', align: 'right' },
  { title: 'RUNNER OR CAUSE', cut: 'middle' },
];

function jobTable({ jobs, nowMs }: StatusReport, look: Look): readonly string[] {
  const open = jobs.filter(({ state }) => state !== 'completed');
  const finished = jobs
    .filter(({ state }) => state === 'completed')
    .toSorted((one, other) => (other.completedMs ?? 0) - (one.completedMs ?? 0));
  const shown = [...open, ...finished.slice(0, FINISHED_SHOWN)];
  if (shown.length === 0) return [];
  const rows = shown.map((job): readonly Cell[] => [
    job.id.slice(0, 8),
    job.displayName,
    job.repository,
    stateCell(job),
    age(nowMs - (job.completedMs ?? job.startedMs ?? job.assignedMs)),
    job.cause ?? job.runner ?? '',
  ]);
  return table(JOB_COLUMNS, rows, look);
}

function stateCell(job: JobReport): Cell {
  if (job.state === 'waiting') return { text: 'waiting', brush: 'warn' };
  if (job.state !== 'completed') return job.state;
  return { text: job.result ?? 'completed', brush: job.result === 'failed' ? 'bad' : 'dim' };
}
