/** Plays one world after another, and keeps what broke. */
import pino from 'pino';
import type { LedgerKind } from './flags.ts';
import type { Violation } from './judge.ts';
import { createMemoryLedger } from './ledger/memory-ledger.ts';
import { createSqliteLedger } from './ledger/sqlite-ledger.ts';
import type { Scenario } from './scenario.ts';
import type { Fact } from './story.ts';
import { type Outcome, playWorld, type WorldOptions } from './world.ts';

export interface Player {
  /** The whole outcome of a world; `on` is told each fact of it. */
  readonly play: (scenario: Scenario, on?: (fact: Fact) => void) => Promise<Outcome>;
  /** What a world breaks first. */
  readonly judge: (scenario: Scenario) => Promise<Violation | null>;
}

export function createPlayer(ledger: LedgerKind): Player {
  const makeLedger: WorldOptions['makeLedger'] =
    ledger === 'sqlite' ? createSqliteLedger : () => createMemoryLedger();
  const log = pino({ level: 'silent' });
  const configs: WorldOptions['configs'] = new Map();
  const play: Player['play'] = (scenario, on) =>
    playWorld(scenario, { makeLedger, log, configs, ...(on === undefined ? {} : { on }) });
  return { play, judge: async (scenario) => (await play(scenario)).violations[0] ?? null };
}

export interface Failure {
  readonly scenario: Scenario;
  readonly violation: Violation;
}

export interface SweepOptions {
  readonly from: number;
  readonly seeds: number;
  readonly scenarioOf: (seed: number) => Scenario;
  readonly judge: Player['judge'];
  readonly onPlayed?: (played: number, failures: readonly Failure[]) => void;
  readonly signal: AbortSignal;
}

/** Ends early, with what was found so far, when the signal aborts. */
export async function sweep(options: SweepOptions): Promise<readonly Failure[]> {
  const { from, seeds, scenarioOf, judge, onPlayed = () => undefined, signal } = options;
  const failures: Failure[] = [];
  for (let played = 0; played < seeds && !signal.aborted; ) {
    const scenario = scenarioOf(from + played);
    const violation = await judge(scenario);
    if (violation) failures.push({ scenario, violation });
    played += 1;
    onPlayed(played, failures);
  }
  return failures;
}
