/**
 * `npm run simulate -- --seeds N [--seed X] [--mutants] [--json]`: plays seeded worlds of the real daemon, and tells the
 * story of those that break an invariant. See `flags.ts` for all that can be asked.
 */
import { type Order, readOrder, USAGE } from './flags.ts';
import { generateScenario } from './generate.ts';
import { hunt } from './mutants/hunt.ts';
import { startProgress } from './progress.ts';
import { createPlayer, sweep } from './sweep.ts';
import { readScenario, tellFailure, tellWorld } from './tell.ts';

/** More failing seeds than this are only counted: their stories are mostly one and the same. */
const MOST_STORIES = 3;

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => interrupted.abort());
process.exitCode = await obey(readOrder(process.argv.slice(2)));

function obey(order: Order): number | Promise<number> {
  switch (order.do) {
    case 'help':
      process.stdout.write(USAGE);
      return 0;
    case 'complain':
      process.stderr.write(`simulate: ${order.why}\n\n${USAGE}`);
      return 2;
    case 'tell':
      return tellOne(order);
    case 'sweep':
      return playAll(order);
  }
}

async function tellOne({ of, isJson, ledger }: Extract<Order, { do: 'tell' }>): Promise<number> {
  const scenario = 'file' in of ? readScenario(of.file) : generateScenario(of.seed);
  const beganMs = performance.now();
  const { lines, isBroken } = await tellWorld(scenario, createPlayer(ledger));
  const worldsPerSecond = rate(1, performance.now() - beganMs);
  report(lines, isJson, { v: 1, seeds: 1, violations: isBroken ? 1 : 0, worldsPerSecond });
  return isBroken ? 1 : 0;
}

async function playAll(order: Extract<Order, { do: 'sweep' }>): Promise<number> {
  const { seeds, from, isJson, ledger, withMutants } = order;
  const { signal } = interrupted;
  const player = createPlayer(ledger);
  const progress = startProgress(seeds);
  const failures = await sweep({
    ...{ from, seeds, signal, scenarioOf: generateScenario, judge: player.judge },
    onPlayed: progress.played,
  });
  const { worldsPerSecond, lines: pace } = progress.end();
  if (signal.aborted) return 130;
  const lines = [...pace];
  for (const failure of failures.slice(0, MOST_STORIES))
    lines.push('', ...(await tellFailure(failure, player)));
  if (failures.length > 0)
    lines.push(
      '',
      ...failures.map(
        ({ scenario, violation }) => `seed ${scenario.seed}: ${violation.invariant}, ${violation.what}`,
      ),
    );
  const found = { v: 1, seeds, violations: failures.length, worldsPerSecond };
  if (!withMutants) {
    report(lines, isJson, found);
    return failures.length === 0 ? 0 : 1;
  }
  const hunted = await hunt({ judge: player.judge, ledger, signal });
  const { mutants, caught } = hunted;
  report([...lines, '', ...hunted.lines], isJson, { ...found, mutants, caught });
  return failures.length === 0 && caught === mutants ? 0 : 1;
}

function rate(worlds: number, ms: number): number {
  return Math.round((worlds / ms) * 10_000) / 10;
}

function report(lines: readonly string[], isJson: boolean, found: Readonly<Record<string, number>>): void {
  const text = lines.map((line) => `${line}\n`).join('');
  if (isJson) process.stderr.write(text);
  process.stdout.write(isJson ? `${JSON.stringify(found)}\n` : text);
}
