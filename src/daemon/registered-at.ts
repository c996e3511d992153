/**
 * Remembers at which address a runner is registered. Ids of records count anew in every organisation: to remove one at
 * another address would hit somebody else's runner. Kept in the runner's timeline, before the record exists.
 */
import * as z from 'zod';
import type { PoolQueue } from '../core/ports.ts';
import type { Context } from './context.ts';

type Tools = Pick<Context, 'ledger' | 'queues'>;

const NOTE = 'registers-at';
const detail = z.object({ url: z.string() });

export function noteAddress(context: Pick<Context, 'ledger' | 'nowMs'>, runner: string, url: string): void {
  context.ledger.note(runner, context.nowMs(), NOTE, { url });
}

/** Null for a runner that never asked for a credential. */
function addressOf({ ledger }: Pick<Context, 'ledger'>, runner: string): string | null {
  const note = ledger.timeline(runner).findLast(({ what }) => what === NOTE);
  return detail.safeParse(note?.detail).data?.url ?? null;
}

/** The addresses at which living runners are registered. */
export function addressesInUse({ ledger }: Pick<Context, 'ledger'>): readonly string[] {
  return ledger.runners().flatMap(({ name }) => addressOf({ ledger }, name) ?? []);
}

/** A queue at the address where this runner is registered; its own pool's when none was noted. */
export function queueOfRunner(
  { ledger, queues }: Tools,
  runner: string,
  pool: string,
): PoolQueue | undefined {
  return queues.at(addressOf({ ledger }, runner), pool);
}
