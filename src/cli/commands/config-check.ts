/** `macrunner config check`: is the configuration good, and what of it has no effect yet. */
import * as z from 'zod';
import { loadConfig } from '../../config/load.ts';
import { unenforced } from '../../config/unenforced.ts';
import { defineCommand, EXIT, flag, JSON_OPTION } from '../command.ts';
import { printJson } from '../context.ts';
import { plain, wrap } from '../text.ts';

export const configCheck = defineCommand({
  options: [JSON_OPTION],
  examples: [
    ['config check', 'after an edit: every problem at once, by its place'],
    ['config check --json', 'for programs: settings that have no effect yet are listed'],
  ],
  input: z.object({ json: flag }),
  async run({ json }, context) {
    const { out, env } = context;
    const places = context.locations();
    const { config } = loadConfig({ locations: places, env });
    const notes = unenforced(config);
    if (json) {
      printJson(context, { isValid: true, file: places.config, notes });
      return EXIT.ok;
    }
    const pools = config.pools.map(({ name }) => name).join(', ');
    out.print(wrap(`${out.paint.good('Good.')} Pools: ${plain(pools)} (${places.config})`, out.width, '  '));
    for (const note of notes) out.print(wrap(`${out.paint.warn('·')} ${plain(note)}`, out.width, '  '));
    return EXIT.ok;
  },
});
