/** `macrunner runner show`: the life of one runner, moment by moment; also of one that is gone. */
import * as z from 'zod';
import type { RunnerDetail } from '../../daemon/report.ts';
import { age } from '../age.ts';
import { defineCommand, EXIT, flag, JSON_OPTION } from '../command.ts';
import { printJson } from '../context.ts';
import { fields } from '../fields.ts';
import { type Column, table } from '../table.ts';
import { plain } from '../text.ts';

const COLUMNS: readonly Column[] = [
  { title: 'AFTER', align: 'right' },
  { title: 'WHAT' },
  { title: 'FACTS', cut: 'end' },
];

export const runnerShow = defineCommand({
  arguments: [['<name>', 'the whole name of the runner']],
  options: [JSON_OPTION],
  examples: [['runner show mr-7f3a2c-xcode-26-k3x9d2m1', 'what happened to it, from its clone to its end']],
  input: z.object({ name: z.string(), json: flag }),
  async run({ name, json }, context) {
    const { runner, timeline } = await (await context.daemon()).runner(name);
    const { out } = context;
    if (json) {
      printJson(context, { runner, timeline });
      return EXIT.ok;
    }
    const why = runner.why === null ? '' : ` (${runner.why})`;
    out.print(`${plain(runner.name)}: ${runner.phase}${why}`);
    for (const line of table(COLUMNS, moments(runner, timeline), out)) out.print(line);
    return EXIT.ok;
  },
});

function moments(runner: RunnerDetail['runner'], timeline: RunnerDetail['timeline']) {
  return timeline.map(({ atMs, what, detail }) => [age(atMs - runner.createdMs), what, fields(detail)]);
}
