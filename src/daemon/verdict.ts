/**
 * The host's answer to a job-started hook that waits in a guest like a latch. Every job that GitHub routed here is
 * allowed; the hook still waits for this word, so a guest that lost its host runs no step.
 */
import { hasCode } from '../core/error.ts';
import { retry } from '../lib/retry.ts';
import { pause } from '../lib/time.ts';
import type { Context } from './context.ts';
import { messageOf, withIntent } from './intent.ts';
import { move } from './move.ts';

/** As long as the hook waits (vm-templates/guest: hooks/job-started.sh); what comes later is heard by nobody. */
const PATIENCE_MS = 60_000;
const LONGEST_PAUSE_MS = 2_000;
const ALLOWED = { allowed: true, why: 'GitHub routed this job here' } as const;

/** Answers event `n` of the guest. */
export function giveVerdict(context: Context, name: string, n: number): void {
  const { guest, ledger, time, nowMs, steadyMs, signal, wake } = context;
  const lateMs = steadyMs() + PATIENCE_MS;
  const isWaiting = () => ledger.runner(name)?.phase === 'busy' && steadyMs() < lateMs;
  void withIntent(context, 'verdict', `${name}#${n}`, async () => {
    await retry(() => guest.verdict(name, n, ALLOWED, signal), {
      signal,
      attempts: Number.POSITIVE_INFINITY,
      pauseMs: (failures) => Math.min(LONGEST_PAUSE_MS, failures * 300),
      sleep: (ms, until) => pause(time, ms, until),
      // Also when Tart knows no such VM: it has been seen not to see a VM that ran.
      isWorthRetrying: (error) => !hasCode(error, 'guest-refused') && isWaiting(),
    });
    ledger.note(name, nowMs(), 'verdict', ALLOWED);
  })
    .catch((error: unknown) => {
      if (!signal.aborted) onFailure(context, name, error);
    })
    .finally(wake);
}

/**
 * Without an answer the verdict may have arrived, and the job runs; if it did not, the hook refuses by itself after its
 * deadline. A guest that refuses the verdict is not the one we know: it goes.
 */
function onFailure(context: Context, name: string, error: unknown): void {
  context.log.error({ runner: name, err: error }, 'the guest did not answer for its verdict');
  context.ledger.note(name, context.nowMs(), 'verdict-unanswered', { error: messageOf(error) });
  if (hasCode(error, 'guest-refused')) move(context, name, { type: 'stop', why: 'refused' });
}

/** Verdicts that a former life of the daemon promised and perhaps did not give. */
export function giveOpenVerdicts(context: Context): void {
  for (const intent of context.ledger.openIntents().filter((open) => open.what === 'verdict')) {
    const [name, n] = intent.subject.split('#');
    context.ledger.endIntent(intent.id, 'taken up again', context.nowMs());
    if (name && n) giveVerdict(context, name, Number(n));
  }
}
