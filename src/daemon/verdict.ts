/**
 * The host's answer to a job-started hook that waits in a guest like a latch. Every job that GitHub routed here is
 * allowed; the hook still waits for this word, so a guest that lost its host runs no step.
 */
import { hasCode } from '../core/error.ts';
import { retry } from '../lib/retry.ts';
import { pause } from '../lib/time.ts';
import type { Context } from './context.ts';
import { carryOut, messageOf } from './intent.ts';
import { whenWritable } from './ledger-watch.ts';
import { move } from './move.ts';

/** As long as the hook waits (vm-templates/guest: hooks/job-started.sh); what comes later is heard by nobody. */
const PATIENCE_MS = 60_000;
const LONGEST_PAUSE_MS = 2_000;
const ALLOWED = { allowed: true, why: 'GitHub routed this job here' } as const;

/**
 * Records that event `n` of the guest will be answered, and returns what answers it. To be called in the transaction that
 * takes the event in: a crash between the two would leave the job's gate unanswered. The answer is given when that is
 * committed, for a guest takes only one.
 */
export function promiseVerdict(context: Context, name: string, n: number): () => void {
  const { ledger, desk, nowMs } = context;
  const subject = subjectOf(name, n);
  if (desk.inFlight.has(subject)) return () => undefined;
  const intent = ledger.beginIntent('verdict', subject, {}, nowMs());
  return () => void giveVerdict(context, name, n, intent);
}

async function giveVerdict(context: Context, name: string, n: number, intent: number): Promise<void> {
  const { guest, ledger, time, nowMs, steadyMs, signal, wake } = context;
  const lateMs = steadyMs() + PATIENCE_MS;
  const isWaiting = () => ledger.runner(name)?.phase === 'busy' && steadyMs() < lateMs;
  try {
    await carryOut(context, { intent, subject: subjectOf(name, n) }, async () => {
      await retry(() => guest.verdict(name, n, ALLOWED, signal), {
        signal,
        attempts: Number.POSITIVE_INFINITY,
        pauseMs: (failures) => Math.min(LONGEST_PAUSE_MS, failures * 300),
        sleep: (ms, until) => pause(time, ms, until),
        // Also when Tart knows no such VM: it has been seen not to see a VM that ran.
        isWorthRetrying: (error) => !hasCode(error, 'guest-refused') && isWaiting(),
      });
      ledger.note(name, nowMs(), 'verdict', ALLOWED);
    });
  } catch (error) {
    if (!signal.aborted) await onFailure(context, name, error);
  } finally {
    wake();
  }
}

/**
 * Without an answer the verdict may have arrived, and the job runs; if it did not, the hook refuses by itself after its
 * deadline. A guest that refuses the verdict is not the one we know: it goes.
 */
async function onFailure(context: Context, name: string, error: unknown): Promise<void> {
  context.log.error({ runner: name, err: error }, 'the guest did not answer for its verdict');
  context.ledger.note(name, context.nowMs(), 'verdict-unanswered', { error: messageOf(error) });
  if (hasCode(error, 'guest-refused'))
    await whenWritable(context, () => void move(context, name, { type: 'stop', why: 'refused' }));
}

/** Verdicts that a former life of the daemon promised and perhaps did not give. Writes nothing before they are given. */
export function giveOpenVerdicts(context: Context): void {
  for (const { id, subject } of context.ledger.openIntents().filter(({ what }) => what === 'verdict')) {
    const [name, n] = subject.split('#');
    if (name && n) void giveVerdict(context, name, Number(n), id);
  }
}

function subjectOf(name: string, n: number): string {
  return `${name}#${n}`;
}
