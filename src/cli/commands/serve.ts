/** `macrunner serve`: one service, as launchd starts it, with its log in a file. */
import * as z from 'zod';
import { defineCommand } from '../command.ts';
import { assertCanServe, serveAgent } from '../serve-agent.ts';

export const serve = defineCommand({
  arguments: [['<service>', '`agent`, which decides and acts']],
  examples: [['serve agent', 'what `dev.macrunner.agent` runs']],
  input: z.object({ service: z.literal('agent', 'the one service is `agent`') }),
  run: (_input, context) => {
    assertCanServe(context);
    return serveAgent(context);
  },
});
