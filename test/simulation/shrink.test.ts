/** What makes a failing scenario shorter, on plays that are made up. */
import { expect, test } from 'vitest';
import { generateScenario } from './generate.ts';
import type { Invariant } from './invariants.ts';
import type { Scenario } from './scenario.ts';
import { shrink } from './shrink.ts';

const violation = (invariant: Invariant) => ({ invariant, what: 'made up', atMs: 0 });

function aBusyScenario(): Scenario {
  for (let seed = 1; ; seed += 1) {
    const scenario = generateScenario(seed);
    const isBusy = scenario.jobs.length > 3 && scenario.incidents.some(({ kind }) => kind === 'kill-at-call');
    if (isBusy && scenario.incidents.length > 3) return scenario;
  }
}

test('what does not matter is left out, what breaks it stays', async () => {
  const scenario = aBusyScenario();
  const play = async ({ jobs, incidents }: Scenario) =>
    jobs.length >= 2 && incidents.some(({ kind }) => kind === 'kill-at-call') ? violation('I9') : null;
  const short = await shrink({ scenario, violation: violation('I9') }, { play, tries: 1_000 });
  expect(short.scenario.jobs).toHaveLength(2);
  expect(short.scenario.incidents.map(({ kind }) => kind)).toEqual(['kill-at-call']);
  expect(short.scenario.hosts).toHaveLength(1);
  expect(short.scenario.github).toEqual({});
  expect(short.scenario.jobs.map(({ atMs }) => atMs)).toEqual([0, 0]);
});

test('a world that breaks another invariant is no shorter form of this one', async () => {
  const scenario = aBusyScenario();
  const play = async (played: Scenario) => violation(played === scenario ? 'I9' : 'I1');
  const found = { scenario, violation: violation('I9') };
  expect(await shrink(found, { play, tries: 1_000 })).toBe(found);
});

test('no more worlds are played than allowed', async () => {
  let played = 0;
  const play = async () => {
    played += 1;
    return violation('I9');
  };
  await shrink({ scenario: aBusyScenario(), violation: violation('I9') }, { play, tries: 7 });
  expect(played).toBe(7);
});
