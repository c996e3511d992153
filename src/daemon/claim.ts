/** Gives a warm runner its credential, late: minted when a job is assigned, piped into the guest, never written here. */
import type { Step } from '../core/step.ts';
import type { Context } from './context.ts';
import { startFailed } from './create.ts';
import { withIntent } from './intent.ts';
import { move } from './move.ts';

export async function claim(context: Context, step: Extract<Step, { do: 'claim' }>): Promise<void> {
  const { guest, queues, signal, keepSecret } = context;
  const pool = context.config().pools.find((candidate) => candidate.name === step.pool);
  const queue = queues.of(step.pool);
  if (!pool || !queue) return;
  try {
    await withIntent(context, 'claim', step.runner, async () => {
      move(context, step.runner, { type: 'claimed' });
      const { registrationId, jitConfig } = await queue.mint(step.runner, signal);
      keepSecret(jitConfig);
      move(context, step.runner, { type: 'minted', registrationId });
      await guest.deliver(step.runner, { jitConfig, environment: pool.environment }, signal);
    });
  } catch (error) {
    if (!signal.aborted) startFailed(context, step.runner, 'register-failed', error);
  }
}
