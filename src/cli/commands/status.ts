/** `macrunner status`: first whether it is fine, then what it does. */
import * as z from 'zod';
import { MacrunnerError } from '../../core/error.ts';
import { defineCommand, EXIT, flag, JSON_OPTION } from '../command.ts';
import { printJson } from '../context.ts';
import { statusText } from '../status-text.ts';
import { watch } from '../watch.ts';

export const status = defineCommand({
  options: [
    ['-w, --watch', 'redraw every second, until Ctrl-C'],
    ['--check', 'exit 4 when it is not fine'],
    JSON_OPTION,
  ],
  examples: [
    ['status', 'is it fine, and what runs'],
    ['status --watch', 'keep looking'],
    ['status --check >/dev/null || alert', 'for monitoring'],
    ["status --json | jq '.jobs[] | select(.cause)'", 'the jobs that wait, each with its cause'],
  ],
  input: z.object({ watch: flag, check: flag, json: flag }),
  async run(input, context) {
    if (input.watch && input.check) {
      throw new MacrunnerError('usage', '--check and --watch do not go together', {
        hint: 'take --check for monitoring, --watch to look yourself',
      });
    }
    const daemon = await context.daemon();
    const { out } = context;
    if (input.watch) {
      await watch(context, {
        isPlain: input.json,
        frame: async () => {
          const report = await daemon.status();
          return input.json ? JSON.stringify(report) : statusText(report, out);
        },
      });
      return EXIT.ok;
    }
    const report = await daemon.status();
    if (input.json) printJson(context, report);
    else out.print(statusText(report, out));
    return input.check && !report.isFine ? EXIT.unhealthy : EXIT.ok;
  },
});
