/** `macrunner config set`: changes one setting of the file, when the whole stays good, and tells the agent. */
import * as z from 'zod';
import { setValue } from '../../config/store.ts';
import { hasCode } from '../../core/error.ts';
import { defineCommand, EXIT, flag, JSON_OPTION } from '../command.ts';
import { type Context, printJson } from '../context.ts';

export const configSet = defineCommand({
  arguments: [
    ['<setting>', 'its place, such as `host.slots` or `pools.0.warm`'],
    ['<value>', 'JSON, or a text as it stands'],
  ],
  options: [JSON_OPTION],
  examples: [
    ['config set pools.0.warm 2', 'a number'],
    ['config set pools.0.labels \'["xcode-26","fast"]\'', 'a list, as JSON'],
  ],
  input: z.object({ setting: z.string(), value: z.string(), json: flag }),
  async run({ setting, value, json }, context) {
    const { out, err, env } = context;
    const { inForce } = await setValue({ locations: context.locations(), env }, setting, value);
    const isTold = await tellAgent(context);
    if (json) {
      printJson(context, { setting, inForce, isTold });
      return EXIT.ok;
    }
    out.print(`${setting} is set${isTold ? '; the agent reads it now' : '; no agent runs here now'}.`);
    if (inForce !== 'file')
      err.print(`It has no effect: the ${inForce} layer says something else, and is stronger.`);
    return EXIT.ok;
  },
});

/** False when no agent is there to be told: it will read the file when it starts. */
async function tellAgent(context: Context): Promise<boolean> {
  try {
    await (await context.daemon()).reload();
    return true;
  } catch (error) {
    if (hasCode(error, 'daemon-unreachable')) return false;
    throw error;
  }
}
