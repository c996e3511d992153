/** `macrunner up`: all services of this host in one terminal, until Ctrl-C. */
import * as z from 'zod';
import { defineCommand } from '../command.ts';
import { serveAgent } from '../serve-agent.ts';

export const up = defineCommand({
  examples: [
    ['up', 'serve until Ctrl-C; running jobs go on without it'],
    ['status --watch', 'from a second terminal: what it does'],
  ],
  input: z.object({}),
  run: (_input, context) => serveAgent(context, 'terminal'),
});
