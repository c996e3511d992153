/** `macrunner runner stop`: ends one runner. A job that runs there is only ended by force. */
import * as z from 'zod';
import { hasCode, MacrunnerError } from '../../core/error.ts';
import { nearest } from '../../lib/nearest.ts';
import { defineCommand, EXIT, flag, JSON_OPTION } from '../command.ts';
import { printJson } from '../context.ts';
import type { Daemon } from '../daemon.ts';
import { RefusedError } from '../errors.ts';

export const runnerStop = defineCommand({
  arguments: [['<name>', 'the whole name of the runner']],
  options: [['-f, --force', 'even while a job runs there: the job fails'], JSON_OPTION],
  examples: [
    ['runner stop mr-7f3a2c-xcode-26-k3x9d2m1', 'stop a runner without a job'],
    ['runner stop --force mr-7f3a2c-xcode-26-k3x9d2m1', 'stop it now, whatever it does'],
  ],
  input: z.object({ name: z.string(), force: flag, json: flag }),
  async run({ name, force, json }, context) {
    await stop(await context.daemon(), name, force);
    if (json) printJson(context, { runner: name, stopping: true });
    else context.out.print(`${name} is stopping.`);
    return EXIT.ok;
  },
});

async function stop(daemon: Daemon, name: string, force: boolean): Promise<void> {
  try {
    await daemon.stopRunner(name, { force });
  } catch (error) {
    if (hasCode(error, 'github-conflict')) throw left(name, error);
    if (!hasCode(error, 'not-found')) throw error;
    const runners = await daemon.runners({ all: false });
    const names = runners.map((runner) => runner.name);
    const guess = nearest(name, names);
    const hint = guess === null ? 'see `macrunner runner list`' : `did you mean \`${guess}\`?`;
    throw new MacrunnerError('not-found', error.message, { hint });
  }
}

function left(name: string, refusal: MacrunnerError): RefusedError {
  return new RefusedError('github-conflict', `${name} was left alone`, {
    cause: new Error('it runs a job, which would fail'),
    hint: refusal.hint ?? 'wait for its end, or add --force',
  });
}
