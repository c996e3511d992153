/**
 * How long a daemon took, from its process's start, until every VM that lived at the end of the one before was in its
 * hands again: followed, or being ended for a reason. Pure, from the audit stream.
 */
import type { Chronicle, Life } from './chronicle.ts';

type Tale = Pick<Chronicle, 'lives' | 'events' | 'deaths'>;

/** A VM that has not answered yet has nothing to be taken up; one that is stopping is on its way out. */
const TAKEN_UP_FROM: ReadonlySet<string> = new Set([
  'runner-warm',
  'runner-registering',
  'runner-idle',
  'runner-busy',
  'runner-adopted',
]);
/** Said before the guest was reached. */
const NOT_YET: ReadonlySet<string> = new Set(['runner-rebuilt']);

/**
 * Milliseconds, one number for each life that had something to adopt: its slowest VM. A life that ended before it came
 * to that counts with its length when that is beyond `patienceMs`, and is left out otherwise.
 */
export function readoptions(tale: Tale, patienceMs: number): readonly number[] {
  return tale.lives.flatMap((life, at) => {
    const before = tale.lives[at - 1];
    const took = (before?.living ?? [])
      .filter((vm) => wasFollowed(tale, vm, life.startedMs))
      .flatMap((vm) => tookOf(tale, life, vm, patienceMs));
    return took.length === 0 ? [] : [Math.max(...took)];
  });
}

function wasFollowed({ events }: Tale, vm: string, beforeMs: number): boolean {
  const last = events.findLast(({ subject, atMs }) => subject === vm && atMs < beforeMs);
  return last !== undefined && TAKEN_UP_FROM.has(last.what);
}

function tookOf({ events, deaths }: Tale, life: Life, vm: string, patienceMs: number): readonly number[] {
  const endedMs = life.endedMs ?? Number.POSITIVE_INFINITY;
  const isTaken = ({ subject, atMs, what }: Tale['events'][number]): boolean =>
    subject === vm && atMs >= life.startedMs && atMs <= endedMs && !NOT_YET.has(what);
  const taken = events.find(isTaken);
  if (taken) return [taken.atMs - life.startedMs];
  if (deaths.some((death) => death.vm === vm)) return [];
  const lastedMs = endedMs - life.startedMs;
  return lastedMs > patienceMs ? [lastedMs] : [];
}
