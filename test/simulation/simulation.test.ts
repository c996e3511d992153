/** The simulation as a whole: the same worlds again and again, in which nothing breaks, unless somebody breaks it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { run } from '../../src/lib/run.ts';
import { generateScenario } from './generate.ts';
import { MUTANTS } from './mutants/all.ts';
import { huntOne, underMutant } from './mutants/hunt.ts';
import { createPlayer, sweep } from './sweep.ts';
import { tellWorld } from './tell.ts';

const player = createPlayer('memory');

test('a seed tells the same story each time', async () => {
  const tell = async () => (await tellWorld(generateScenario(3), player)).lines;
  const story = await tell();
  expect(story.length).toBeGreaterThan(20);
  expect(await tell()).toEqual(story);
});

test('nothing breaks in the first worlds', async ({ signal }) => {
  const worlds = { from: 1, seeds: 50, scenarioOf: generateScenario, signal };
  expect(await sweep({ ...worlds, judge: player.judge })).toEqual([]);
});

test('nor does it on the ledger that ships', async ({ signal }) => {
  const worlds = { from: 1, seeds: 5, scenarioOf: generateScenario, signal };
  expect(await sweep({ ...worlds, judge: createPlayer('sqlite').judge })).toEqual([]);
});

const MUTANT = 'acknowledges-before-handing-over';

test('a broken rule is caught, and the short story of it breaks again', async ({ signal }) => {
  const mutant = MUTANTS.find(({ name }) => name === MUTANT);
  const caught = mutant && (await huntOne(mutant, { judge: player.judge, ledger: 'memory', signal }));
  expect(mutant?.breaks).toContain(caught?.invariant);
  const seed = String(caught?.seed);

  const full = await simulate(['--seed', seed], signal, MUTANT);
  const short = await simulate(['--from', seed, '--seeds', '1'], signal, MUTANT);
  expect(full).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('BROKEN') });
  expect(short).toMatchObject({ exitCode: 1, stdout: expect.stringContaining(`--seed ${seed}`) });
  expect(linesOf(short.stdout)).toBeLessThan(linesOf(full.stdout));

  const home = mkdtempSync(join(tmpdir(), 'macrunner-simulation-'));
  try {
    const file = join(home, 'short.json');
    writeFileSync(file, short.stdout.split('\n').find((line) => line.startsWith('{')) ?? '');
    const again = await simulate(['--scenario', file, '--json'], signal, MUTANT);
    expect(again.exitCode).toBe(1);
    expect(JSON.parse(again.stdout)).toMatchObject({ v: 1, seeds: 1, violations: 1 });
    expect((await simulate(['--scenario', file], signal)).exitCode).toBe(0);
  } finally {
    rmSync(home, { recursive: true });
  }
});

const MAIN = new URL('./main.ts', import.meta.url).pathname;

function simulate(args: readonly string[], signal: AbortSignal, mutant?: string) {
  const node = mutant === undefined ? ['--disable-warning=ExperimentalWarning'] : underMutant(mutant);
  return run(process.execPath, [...node, MAIN, ...args], { timeoutMs: 100_000, signal, okExitCodes: [1] });
}

/** From the first to the last thing that happens. */
function linesOf(story: string): number {
  return story.split('\n').filter((line) => /^ +[\d.]+ s {2}/.test(line)).length;
}
