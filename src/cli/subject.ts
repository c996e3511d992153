/** What a person means by a word: the host, a pool, a runner, or a job by the start of its id or by its name. Pure. */
import { MacrunnerError } from '../core/error.ts';
import type { JobReport, PoolReport, RunnerReport, StatusReport } from '../daemon/report.ts';
import { nearest } from '../lib/nearest.ts';

export type Subject =
  | { readonly is: 'host' }
  | { readonly is: 'pool'; readonly pool: PoolReport }
  | { readonly is: 'runner'; readonly runner: RunnerReport }
  | { readonly is: 'job'; readonly job: JobReport }
  /** Not among what the status shows; it may be a job of the past. */
  | { readonly is: 'unknown' };

/**
 * Finds what `word` means, the surest reading first.
 *
 * @throws {@link MacrunnerError} `usage` when several jobs are meant
 */
export function findSubject(word: string, status: StatusReport): Subject {
  if (word === 'host' || word === status.host.id) return { is: 'host' };
  const pool = status.pools.find(({ name }) => name === word);
  if (pool) return { is: 'pool', pool };
  const runner = status.runners.find(({ name }) => name === word);
  if (runner) return { is: 'runner', runner };
  const job = findJob(word, status.jobs);
  return job ? { is: 'job', job } : { is: 'unknown' };
}

function findJob(word: string, jobs: readonly JobReport[]): JobReport | undefined {
  const lower = word.toLowerCase();
  const readings = [
    jobs.filter(({ id }) => id.toLowerCase().startsWith(lower)),
    jobs.filter(({ displayName }) => displayName.toLowerCase() === lower),
    jobs.filter(({ displayName }) => displayName.toLowerCase().includes(lower)),
  ];
  const found = readings.find((reading) => reading.length > 0) ?? [];
  // Jobs of the past repeat their names: of those with one name, the open one is meant.
  const open = found.filter(({ state }) => state !== 'completed');
  const candidates = open.length > 0 ? open : found;
  if (candidates.length <= 1) return candidates[0];
  const names = candidates.slice(0, 5).map(({ id, displayName }) => `${id.slice(0, 8)} (${displayName})`);
  throw new MacrunnerError('usage', `${candidates.length} jobs match ${JSON.stringify(word)}`, {
    hint: `give more of the id: ${names.join(', ')}`,
  });
}

/** The error for a word that means nothing here, with the name that comes nearest. */
export function unknownSubject(word: string, status: StatusReport): MacrunnerError {
  const names = [
    'host',
    ...status.pools.map(({ name }) => name),
    ...status.runners.map(({ name }) => name),
    ...status.jobs.map(({ displayName }) => displayName),
  ];
  const guess = nearest(word, names);
  const hint = guess === null ? 'see `macrunner status` for the names' : `did you mean \`${guess}\`?`;
  return new MacrunnerError('not-found', `nothing here is called ${JSON.stringify(word)}`, { hint });
}
