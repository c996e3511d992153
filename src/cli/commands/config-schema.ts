/** `macrunner config schema`: what may be written into the configuration, for editors and device management. */
import * as z from 'zod';
import { configJsonSchema } from '../../config/json-schema.ts';
import { defineCommand, EXIT, flag } from '../command.ts';

export const configSchema = defineCommand({
  options: [['--json', 'in one line']],
  examples: [
    ['config schema > macrunner.schema.json', 'for an editor: "$schema": "./macrunner.schema.json"'],
  ],
  input: z.object({ json: flag }),
  async run({ json }, context) {
    context.out.print(JSON.stringify(configJsonSchema(), null, json ? 0 : 2));
    return EXIT.ok;
  },
});
