/** `macrunner version`: of the program and of the Node that runs it. */
import * as z from 'zod';
import { defineCommand, EXIT, flag, JSON_OPTION } from '../command.ts';
import { printJson } from '../context.ts';
import { programVersion } from '../version.ts';

export const version = defineCommand({
  options: [JSON_OPTION],
  examples: [['version', 'of the program and of its Node']],
  input: z.object({ json: flag }),
  async run({ json }, context) {
    const versions = { macrunner: programVersion(), node: process.versions.node };
    const platform = `${context.platform}-${process.arch}`;
    if (json) printJson(context, { ...versions, platform });
    else context.out.print(`macrunner ${versions.macrunner} (Node ${versions.node}, ${platform})`);
    return EXIT.ok;
  },
});
