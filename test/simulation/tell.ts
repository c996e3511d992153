/** Plays one world and tells its story; a failing one is made shorter first. */
import { readFileSync } from 'node:fs';
import { isScenario, type Scenario } from './scenario.ts';
import { shrink } from './shrink.ts';
import type { Fact } from './story.ts';
import type { Failure, Player } from './sweep.ts';
import { tellTale } from './tale.ts';
import { START_MS } from './world.ts';

/** What making a failure shorter may cost. */
const TRIES = 600;
const PATIENCE_MS = 30_000;

export interface Told {
  readonly lines: readonly string[];
  readonly isBroken: boolean;
}

/** The whole of a world, as it is. */
export async function tellWorld(scenario: Scenario, player: Player): Promise<Told> {
  const facts: Fact[] = [];
  const { violations } = await player.play(scenario, (fact) => void facts.push(fact));
  const violation = violations[0] ?? null;
  return {
    lines: tellTale({ scenario, facts, startMs: START_MS, violation }),
    isBroken: violation !== null,
  };
}

/** Of a failing seed: the story of the shortest world found that breaks the same, and how to play both again. */
export async function tellFailure(failure: Failure, player: Player): Promise<readonly string[]> {
  const { seed } = failure.scenario;
  const lateMs = performance.now() + PATIENCE_MS;
  const isLate = () => performance.now() > lateMs;
  const { scenario } = await shrink(failure, { play: player.judge, tries: TRIES, isLate });
  const { lines } = await tellWorld(scenario, player);
  return [
    `Seed ${seed}, made shorter: ${sizeOf(failure.scenario)} before, ${sizeOf(scenario)} now.`,
    ...lines,
    `To play all of it again: npm run simulate -- --seed ${seed}`,
    'To play the short one again, put this into FILE: npm run simulate -- --scenario FILE',
    JSON.stringify(scenario),
  ];
}

/** @throws when the file holds no scenario */
export function readScenario(file: string): Scenario {
  const scenario: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (isScenario(scenario)) return scenario;
  throw new TypeError(`${file} holds no scenario`);
}

function sizeOf({ jobs, incidents }: Scenario): string {
  return `${jobs.length} ${jobs.length === 1 ? 'job' : 'jobs'} and ${incidents.length} ${incidents.length === 1 ? 'incident' : 'incidents'}`;
}
