/** Intent before effect: what is about to be done stands in the ledger first, and its outcome after. */
import type { Context } from './context.ts';

/**
 * Runs `effect` on `subject` with its intent recorded and the subject in flight. An abort leaves the intent open: the next
 * start of the daemon finds it.
 * @throws {@link MacrunnerError} `ledger-unwritable`, and the effect is not begun
 */
export async function withIntent(
  context: Context,
  what: string,
  subject: string,
  effect: () => Promise<void>,
): Promise<void> {
  if (context.desk.inFlight.has(subject)) return;
  const intent = context.ledger.beginIntent(what, subject, {}, context.nowMs());
  await carryOut(context, { intent, subject }, effect);
}

/** The same, for an intent that stands in the ledger already. */
export async function carryOut(
  { ledger, desk, nowMs, signal }: Context,
  { intent, subject }: { readonly intent: number; readonly subject: string },
  effect: () => Promise<void>,
): Promise<void> {
  desk.inFlight.add(subject);
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
