/**
 * The host's answer to a job-started hook that waits in a guest like a latch. Every job that GitHub routed here is
 * allowed; the hook still waits for this word, so a guest that lost its host runs no step.
 */
import type { Context } from './context.ts';
import { withIntent } from './intent.ts';
import { move } from './move.ts';

const ALLOWED = { allowed: true, why: 'GitHub routed this job here' } as const;

/** Answers event `n` of the guest; an answer that cannot be given ends the runner, and the hook refuses by itself. */
export function giveVerdict(context: Context, name: string, n: number): void {
  const { guest, ledger, nowMs, log, signal, wake } = context;
  void withIntent(context, 'verdict', `${name}#${n}`, async () => {
    await guest.verdict(name, n, ALLOWED, signal);
    ledger.note(name, nowMs(), 'verdict', ALLOWED);
  })
    .catch((error: unknown) => {
      if (signal.aborted) return;
      log.error({ runner: name, err: error }, 'the verdict did not reach the guest: its job is refused');
      move(context, name, { type: 'stop', why: 'refused' });
    })
    .finally(wake);
}

/** Verdicts that a former life of the daemon promised and perhaps did not give. */
export function giveOpenVerdicts(context: Context): void {
  for (const intent of context.ledger.openIntents().filter((open) => open.what === 'verdict')) {
    const [name, n] = intent.subject.split('#');
    context.ledger.endIntent(intent.id, 'taken up again', context.nowMs());
    if (name && n) giveVerdict(context, name, Number(n));
  }
}
