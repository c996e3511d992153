/** `macrunner runner list`: the runners that live, or also those of the past. */
import * as z from 'zod';
import type { RunnerReport } from '../../daemon/report.ts';
import { age } from '../age.ts';
import { defineCommand, EXIT, flag, JSON_OPTION } from '../command.ts';
import { printJson } from '../context.ts';
import { phaseCell } from '../status-text.ts';
import { type Cell, type Column, table } from '../table.ts';

const COLUMNS: readonly Column[] = [
  { title: 'RUNNER', cut: 'middle' },
  { title: 'POOL', cut: 'middle' },
  { title: 'SLOT', align: 'right' },
  { title: 'PHASE' },
  { title: 'FOR', align: 'right' },
  { title: 'AGE', align: 'right' },
  { title: 'JOB' },
  { title: 'WHY' },
];

export const runnerList = defineCommand({
  options: [['-a, --all', 'also runners of the past'], JSON_OPTION],
  examples: [
    ['runner list', 'the runners of this host'],
    ['runner list --all', 'also those that are gone, and why they ended'],
  ],
  input: z.object({ all: flag, json: flag }),
  async run({ all, json }, context) {
    const { out } = context;
    const runners = await (await context.daemon()).runners({ all });
    const rows = runners.map((runner) => row(runner, context.nowMs()));
    if (json) printJson(context, { runners });
    else if (runners.length === 0)
      out.print(all ? 'No runner so far.' : 'No runner now. Those of the past: --all');
    else for (const line of table(COLUMNS, rows, out)) out.print(line);
    return EXIT.ok;
  },
});

function row(runner: RunnerReport, nowMs: number): readonly Cell[] {
  return [
    runner.name,
    runner.pool,
    String(runner.slot),
    phaseCell(runner.phase),
    age(nowMs - runner.sinceMs),
    age(nowMs - runner.createdMs),
    runner.jobId?.slice(0, 8) ?? '',
    runner.why ?? '',
  ];
}
