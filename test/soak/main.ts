/**
 * `npm run soak -- --jobs N [--seed X] [--json]`: the agent serves N jobs, one after the other in two slots, on a simulated
 * Mac and GitHub on which all goes fast. Exits with 1 when a job was lost or when memory, descriptors, ledger or log grow.
 */
import { parseArgs } from 'node:util';
import { soak } from './soak.ts';
import { closingLines, judge } from './verdict.ts';

const { values } = parseArgs({
  options: {
    jobs: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const jobs = Number(values.jobs);
const seed = Number(values.seed);

if (Number.isInteger(jobs) && jobs > 0 && Number.isInteger(seed)) {
  process.exitCode = await main();
} else {
  process.stderr.write('soak: --jobs takes a whole number from 1, --seed a whole number\n');
  process.exitCode = 2;
}

async function main(): Promise<number> {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => interrupted.abort());
  const say = (progress: string): void => void process.stderr.write(`soak: ${progress}\n`);
  const soaked = await soak({ jobs, seed, say, signal: interrupted.signal });
  if (interrupted.signal.aborted) return 130;
  const verdict = judge(soaked);
  const lines = `${closingLines(verdict).join('\n')}\n`;
  process.stdout.write(values.json ? `${JSON.stringify(verdict.summary)}\n` : lines);
  if (values.json && !verdict.summary.ok) process.stderr.write(lines);
  return verdict.summary.ok ? 0 : 1;
}
