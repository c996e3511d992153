/**
 * `npm run simulate:capacity -- [--seeds N] [--jobs N] [--json]`: plays the same loads on fleets that treat a full host's
 * idle pools in different ways, each in a process of its own, and prints what the jobs went through and what it cost.
 */
import { parseArgs } from 'node:util';
import { run } from '../../../src/lib/run.ts';
import { TASKS } from './cells.ts';
import type { Cell } from './load.ts';
import type { Measured } from './measure.ts';
import { HEAD, lineOf, type Row, rowOf } from './table.ts';

const CHILD = new URL('./child.ts', import.meta.url).pathname;
const PATIENCE_MS = 600_000;
const AT_ONCE = 2;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '3' },
    jobs: { type: 'string', default: '300' },
    json: { type: 'boolean', default: false },
  },
});
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => interrupted.abort());
const rows = await compare();
if (values.json) process.stdout.write(`${JSON.stringify({ v: 1, rows })}\n`);

async function compare(): Promise<readonly Row[]> {
  const out = values.json ? process.stderr : process.stdout;
  const plays = TASKS.flatMap(({ cell, variants }) => variants.map((variant) => ({ cell, variant })));
  const found = new Map<number, Row>();
  let told = 0;
  for (const line of HEAD) out.write(`${line}\n`);
  const queue = [...plays.entries()];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [index, { cell, variant }] = next;
      found.set(index, rowOf(variant, cell, await measureApart(cell, variant)));
      for (let row = found.get(told); row; row = found.get(told)) {
        out.write(`${lineOf(row)}\n`);
        told += 1;
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return plays.flatMap((_, index) => found.get(index) ?? []);
}

async function measureApart(cell: Cell, variant: string): Promise<readonly Measured[]> {
  const hook = new URL(`./hook.ts?variant=${variant}`, import.meta.url);
  const args = ['--disable-warning=ExperimentalWarning', '--import', hook.href, CHILD];
  const asked = [JSON.stringify(cell), values.seeds, values.jobs];
  const { stdout } = await run(process.execPath, [...args, ...asked], {
    timeoutMs: PATIENCE_MS,
    signal: interrupted.signal,
  });
  return stdout
    .trim()
    .split('\n')
    .map((line): Measured => JSON.parse(line));
}
