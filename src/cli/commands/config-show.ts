/** `macrunner config show`: every setting in force and the layer it comes from. Secrets are references, so all is shown. */
import * as z from 'zod';
import { loadConfig, settingsOf } from '../../config/load.ts';
import { defineCommand, EXIT, flag, JSON_OPTION } from '../command.ts';
import { printJson } from '../context.ts';
import { type Cell, type Column, table } from '../table.ts';

const COLUMNS: readonly Column[] = [
  { title: 'SETTING', cut: 'middle' },
  { title: 'VALUE', cut: 'end' },
  { title: 'FROM' },
];

export const configShow = defineCommand({
  options: [['-c, --changed', 'only what is not a default'], JSON_OPTION],
  examples: [
    ['config show', 'every setting, and where it comes from'],
    ['config show --changed', 'only what somebody set'],
  ],
  input: z.object({ changed: flag, json: flag }),
  async run({ changed, json }, context) {
    const { out, env } = context;
    const loaded = loadConfig({ locations: context.locations(), env });
    const settings = settingsOf(loaded).filter(({ origin }) => !changed || origin !== 'default');
    if (json) {
      printJson(context, { settings });
      return EXIT.ok;
    }
    const rows = settings.map(({ path, value, origin }): readonly Cell[] => [
      path,
      typeof value === 'string' ? value : JSON.stringify(value),
      origin === 'default' ? { text: origin, brush: 'dim' } : origin,
    ]);
    for (const line of table(COLUMNS, rows, out)) out.print(line);
    return EXIT.ok;
  },
});
