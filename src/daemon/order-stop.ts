/**
 * An operator's order to stop one runner. Without force no job is harmed: while a job may be given to it, GitHub must
 * first agree to forget it. With force it goes whatever it does.
 */
import { MacrunnerError } from '../core/error.ts';
import type { Context } from './context.ts';
import { move } from './move.ts';
import { removeRegistration } from './stop.ts';

/** @throws {@link MacrunnerError} `github-conflict` when a job runs there and `force` is not given, `not-found` */
export async function orderStop(context: Context, name: string, force: boolean): Promise<void> {
  const runner = context.ledger.runner(name);
  if (!runner || runner.goneMs !== null) {
    throw new MacrunnerError('not-found', runner ? `${name} is gone already` : `there is no runner ${name}`, {
      hint: 'list them: macrunner runner list --all',
    });
  }
  const hasCredential = runner.phase === 'registering' || runner.phase === 'idle';
  const asked = hasCredential && !force ? await removeRegistration(context, name) : 'none';
  // Whom nobody can ask about may be busy.
  const isBusy = runner.phase === 'busy' || asked === 'busy' || asked === 'unreachable';
  if (isBusy && !force) {
    throw new MacrunnerError('github-conflict', `${name} runs a job`, {
      hint: 'wait for its end, or say --force to fail the job',
    });
  }
  move(context, name, { type: 'stop', why: 'operator' });
  context.wake();
}
