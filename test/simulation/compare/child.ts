/** `node --import './hook.ts?variant=NAME' child.ts CELL SEEDS JOBS`: measures one cell, and says each seed's on a line. */
import type { Cell } from './load.ts';
import { measure } from './measure.ts';

const [cell = '{}', seeds = '1', jobs = '100'] = process.argv.slice(2);
const asked: Cell = JSON.parse(cell);
for (let seed = 1; seed <= Number(seeds); seed += 1)
  process.stdout.write(`${JSON.stringify(await measure(asked, seed, Number(jobs)))}\n`);
