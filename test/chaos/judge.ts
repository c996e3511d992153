/** Judges what became of each job. Pure. */
import type { Chronicle, Order } from './chronicle.ts';

/** A job as GitHub sees it in the end. */
export interface EndedJob {
  readonly jobId: string;
  readonly status: string;
  readonly conclusion: string | null;
  readonly runnerName: string | null;
  readonly log: readonly string[];
}

/** `died-with-vm`: chaos killed the VM that it ran in, which no daemon can make good. */
type Verdict = 'as-expected' | 'died-with-vm' | 'lost';

export interface Judged {
  readonly order: Order;
  readonly job: EndedJob | null;
  readonly verdict: Verdict;
  /** Its steps began more than once. */
  readonly isDuplicated: boolean;
}

/** What GitHub writes into the log of a job whose runner fell silent. */
const SILENCE = 'lost communication with the server';

/** `timesRan` is how often the first step of a job of that name began. */
export function judgeJobs(
  { orders, deaths, starts }: Pick<Chronicle, 'orders' | 'deaths' | 'starts'>,
  jobs: readonly EndedJob[],
  timesRan: ReadonlyMap<string, number>,
): readonly Judged[] {
  const byId = new Map(jobs.map((job) => [job.jobId, job]));
  const killed = new Set(deaths.map(({ vm }) => vm));
  return orders.map((order) => {
    const job = byId.get(order.jobId) ?? null;
    const ran = timesRan.get(order.name) ?? 0;
    const started = starts.filter(({ jobId }) => jobId === order.jobId).length;
    return { order, job, verdict: verdictOf(order, job, ran, killed), isDuplicated: ran > 1 || started > 1 };
  });
}

function verdictOf(order: Order, job: EndedJob | null, ran: number, killed: ReadonlySet<string>): Verdict {
  if (job?.status !== 'completed') return 'lost';
  const wasSilent = job.conclusion === 'failure' && job.log.some((line) => line.includes(SILENCE));
  if (wasSilent) return killed.has(job.runnerName ?? '') ? 'died-with-vm' : 'lost';
  if (job.conclusion !== order.expect) return 'lost';
  // One that fails as its script says has run; a failure without a step is the host's.
  return order.expect !== 'cancelled' && ran === 0 ? 'lost' : 'as-expected';
}
