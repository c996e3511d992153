/** Intent before effect: what is about to be done stands in the ledger first, and its outcome after. */
import type { Context } from './context.ts';

/**
 * Runs `effect` on `subject` with its intent recorded and the subject in flight. An abort leaves the intent open: the next
 * start of the daemon finds it.
 */
export async function withIntent(
  { ledger, desk, nowMs, signal }: Context,
  what: string,
  subject: string,
  effect: () => Promise<void>,
): Promise<void> {
  if (desk.inFlight.has(subject)) return;
  desk.inFlight.add(subject);
  const intent = ledger.beginIntent(what, subject, {}, nowMs());
  try {
    await effect();
    ledger.endIntent(intent, 'done', nowMs());
  } catch (error) {
    if (!signal.aborted) ledger.endIntent(intent, `failed: ${messageOf(error)}`, nowMs());
    throw error;
  } finally {
    desk.inFlight.delete(subject);
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
