/** Gives a warm runner its credential, late: minted when a job is assigned, piped into the guest, never written here. */
import { hasCode } from '../core/error.ts';
import type { Step } from '../core/step.ts';
import type { Context } from './context.ts';
import { startFailed } from './create.ts';
import { messageOf, withIntent } from './intent.ts';
import { move } from './move.ts';
import { noteAddress } from './registered-at.ts';

export async function claim(context: Context, step: Extract<Step, { do: 'claim' }>): Promise<void> {
  const { guest, queues, desk, signal, keepSecret } = context;
  const pool = context.config().pools.find((candidate) => candidate.name === step.pool);
  const queue = queues.of(step.pool);
  if (!pool || !queue) return;
  try {
    await withIntent(context, 'claim', step.runner, async () => {
      move(context, step.runner, { type: 'claimed' });
      noteAddress(context, step.runner, queues.urlOf(step.pool) ?? '');
      const { registrationId, jitConfig } = await queue.mint(step.runner, signal);
      desk.holdsSecret(step.runner, keepSecret(jitConfig));
      const runner = move(context, step.runner, { type: 'minted', registrationId });
      if (runner?.phase !== 'registering') {
        // Stopped meanwhile, by somebody who could not know of this record.
        await queue.remove(registrationId, signal);
        return;
      }
      await guest.deliver(step.runner, { jitConfig, environment: pool.environment }, signal);
    });
  } catch (error) {
    if (signal.aborted) return;
    if (mayHaveArrived(context, step.runner, error)) leaveToDeadline(context, step.runner, error);
    else startFailed(context, step.runner, 'register-failed', error);
  }
}

/** A delivery without an answer may have arrived all the same, and the runner may be taking a job just now. */
function mayHaveArrived({ ledger }: Context, name: string, error: unknown): boolean {
  return (
    ledger.runner(name)?.registrationId !== null && hasCode(error, 'guest-unreachable', 'command-timed-out')
  );
}

/** The event stream tells whether it did; if not, the deadline for registering ends the runner. */
function leaveToDeadline({ ledger, nowMs, log }: Context, name: string, error: unknown): void {
  ledger.note(name, nowMs(), 'delivery-unanswered', { error: messageOf(error) });
  log.warn({ runner: name, err: error }, 'the guest did not answer for its credential');
}

/**
 * Claims that the end of the last daemon cut off. The guest takes one credential in its life, and whether it has it
 * cannot be known here: the runner goes, unless GitHub says that a job runs there.
 */
export function interruptedClaims({
  ledger,
}: Pick<Context, 'ledger'>): readonly Extract<Step, { do: 'stop' }>[] {
  return ledger
    .openIntents()
    .filter(({ what, subject }) => what === 'claim' && ledger.runner(subject)?.phase === 'registering')
    .map(({ subject }) => ({ do: 'stop', runner: subject, why: 'interrupted' }));
}
