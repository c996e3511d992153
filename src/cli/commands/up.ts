/** `macrunner up`: all services of this host in one terminal, until Ctrl-C. Their log goes to its file, and is shown. */
import { statSync } from 'node:fs';
import * as z from 'zod';
import { defineCommand } from '../command.ts';
import type { Context } from '../context.ts';
import { explain } from '../errors.ts';
import { logText } from '../log-text.ts';
import { assertCanServe, serveAgent } from '../serve-agent.ts';
import { tail } from '../tail.ts';

export const up = defineCommand({
  examples: [
    ['up', 'serve until Ctrl-C; running jobs go on without it'],
    ['status --watch', 'from a second terminal: what it does'],
  ],
  input: z.object({}),
  async run(_input, context) {
    assertCanServe(context);
    const ended = new AbortController();
    const shown = showLog(context, ended.signal);
    try {
      return await serveAgent(context);
    } finally {
      ended.abort();
      await shown;
    }
  },
});

/** Shows on standard error what is logged from now on. That it cannot is no reason to stop serving. */
function showLog({ locations, err }: Context, signal: AbortSignal): Promise<void> {
  const path = locations().log;
  const byte = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const onLine = (line: string) => err.print(logText(line, err.paint));
  return tail(path, { from: { byte }, follow: true, signal, onLine }).catch((error: unknown) => {
    err.print(explain(error, err.paint));
  });
}
