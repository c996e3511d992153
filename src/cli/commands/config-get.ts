/** `macrunner config get`: one setting in force. */
import * as z from 'zod';
import { getValue } from '../../config/store.ts';
import { MacrunnerError } from '../../core/error.ts';
import { defineCommand, EXIT, flag, JSON_OPTION } from '../command.ts';
import { printJson } from '../context.ts';
import { plain } from '../text.ts';

export const configGet = defineCommand({
  arguments: [['<setting>', 'its place, such as `host.slots` or `pools.0.warm`']],
  options: [JSON_OPTION],
  examples: [
    ['config get host.slots', 'one value'],
    ['config get pools --json', 'a whole section'],
  ],
  input: z.object({ setting: z.string(), json: flag }),
  async run({ setting, json }, context) {
    const value = getValue({ locations: context.locations(), env: context.env }, setting);
    if (json) {
      printJson(context, { setting, value: value ?? null });
      return EXIT.ok;
    }
    if (value === undefined) {
      throw new MacrunnerError('not-found', `${setting} is not set, and has no default`, {
        hint: `set it with \`macrunner config set ${setting} …\``,
      });
    }
    context.out.print(typeof value === 'string' ? plain(value) : JSON.stringify(value));
    return EXIT.ok;
  },
});
