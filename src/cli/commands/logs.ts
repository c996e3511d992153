/** `macrunner logs`: the agent's log file, also when no agent runs. */
import * as z from 'zod';
import { MacrunnerError } from '../../core/error.ts';
import { count, defineCommand, EXIT, flag } from '../command.ts';
import { logText } from '../log-text.ts';
import { isMissing, tail } from '../tail.ts';

export const logs = defineCommand({
  options: [
    ['-f, --follow', 'go on until Ctrl-C, also over rotations'],
    ['-n, --lines <count>', 'begin with so many of the last lines (50)'],
    ['--json', 'the lines as they are in the file'],
  ],
  examples: [
    ['logs', 'the last 50 lines'],
    ['logs -f -n 0', 'only what comes from now on'],
    ["logs -n 10000 --json | jq 'select(.level >= 50)'", 'errors only'],
  ],
  input: z.object({ follow: flag, lines: count.default(50), json: flag }),
  async run({ follow, lines, json }, context) {
    const { out, signal } = context;
    const path = context.locations().log;
    const onLine = (line: string) => out.print(json ? line : logText(line, out.paint));
    try {
      await tail(path, { from: { lines }, follow, signal, onLine });
    } catch (error) {
      if (isMissing(error)) {
        throw new MacrunnerError('not-found', `there is no log at ${path}`, {
          cause: new Error('no agent has written one here yet'),
          hint: '`macrunner up` writes to the terminal; the installed agent writes to the file',
        });
      }
      throw unreadable(path, error);
    }
    return EXIT.ok;
  },
});

function unreadable(path: string, error: unknown): unknown {
  const isDenied = error instanceof Error && 'code' in error && error.code === 'EACCES';
  if (!isDenied) return error;
  return new MacrunnerError('command-failed', `${path} may not be read by you`, {
    cause: error,
    hint: 'use sudo, or an account that is an administrator',
  });
}
