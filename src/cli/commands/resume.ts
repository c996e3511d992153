/** `macrunner resume`: the end of a drain. */
import * as z from 'zod';
import { defineCommand, EXIT, flag, JSON_OPTION } from '../command.ts';
import { printJson } from '../context.ts';

export const resume = defineCommand({
  options: [JSON_OPTION],
  examples: [['resume', 'take jobs again']],
  input: z.object({ json: flag }),
  async run({ json }, context) {
    const { isDraining, busy } = await (await context.daemon()).resume();
    if (json) printJson(context, { isDraining, busy });
    else context.out.print('The host takes jobs.');
    return EXIT.ok;
  },
});
