/**
 * `npm run chaos -- --kills N [--seed X] [--json]`: the real daemon, as built and as built under another version, works
 * for a simulated GitHub on a simulated Tart while it is killed N times. Exits with 1 when a job was lost or run twice,
 * when something is left, or when anything else is not as it should be; the host's home then stays to be looked into.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildProgram, buildVersion, type Stage } from '../e2e/stage.ts';
import { chaos, type Ended, openChaosStage } from './chaos.ts';
import { closingLines, examine, type Findings, summarize } from './report.ts';
import { tellStories } from './story.ts';

const STORIES = 5;
const PROGRAM = join(import.meta.dirname, '../../dist/macrunner.mjs');

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const kills = Number(values.kills);
const seed = Number(values.seed);

if (Number.isInteger(kills) && kills > 0 && Number.isInteger(seed)) {
  process.exitCode = await main();
} else {
  process.stderr.write('chaos: --kills takes a whole number from 1, --seed a whole number\n');
  process.exitCode = 2;
}

async function main(): Promise<number> {
  const beganMs = performance.now();
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => interrupted.abort());
  await buildProgram();
  await using stage = await openChaosStage();
  const other = join(stage.home, 'other/macrunner.mjs');
  await buildVersion('0.0.0-other', other);
  const bundles = [
    { version: 'as shipped', file: PROGRAM },
    { version: '0.0.0-other', file: other },
  ];
  const ended = await chaos(stage, { kills, seed, bundles, say, signal: interrupted.signal });
  if (interrupted.signal.aborted) return 1;
  const found = examine(stage, ended);
  const summary = summarize(kills, seed, (performance.now() - beganMs) / 1_000, ended, found);
  const lines = `${closingLines(summary, found).join('\n')}\n`;
  process.stdout.write(values.json ? `${JSON.stringify(summary)}\n` : lines);
  if (summary.ok) return 0;
  if (values.json) process.stderr.write(lines);
  await explain(stage, ended, found);
  return 1;
}

function say(progress: string): void {
  process.stderr.write(`chaos: ${progress}\n`);
}

async function explain(stage: Stage, { chronicle }: Ended, { judged }: Findings): Promise<void> {
  stage.keep();
  const bad = judged.filter(({ verdict, isDuplicated }) => verdict === 'lost' || isDuplicated);
  for (const line of await tellStories(stage, chronicle, bad.slice(0, STORIES)))
    process.stderr.write(`${line}\n`);
  process.stderr.write(`chaos: the host's home is kept: ${stage.home}\n`);
}
