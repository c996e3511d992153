/**
 * Looks for the first seed that catches each mutant: one in which it breaks what the product as it is does not break.
 * Each is played by a process of its own, two at a time.
 */
import * as z from 'zod';
import { failureOf } from '../../../src/lib/command-failure.ts';
import { parseJson } from '../../../src/lib/parse-json.ts';
import { run } from '../../../src/lib/run.ts';
import type { LedgerKind } from '../flags.ts';
import { generateScenario } from '../generate.ts';
import type { Player } from '../sweep.ts';
import { MUTANTS } from './all.ts';
import type { Mutant } from './mutant.ts';

export interface HuntOptions {
  /** Plays the product as it is. */
  readonly judge: Player['judge'];
  readonly ledger: LedgerKind;
  readonly signal: AbortSignal;
}

export interface Hunted {
  readonly mutants: number;
  readonly caught: number;
  /** A line for each mutant. */
  readonly lines: readonly string[];
}

export interface Caught {
  readonly seed: number;
  readonly invariant: string;
  readonly what: string;
}

/** A mutant that so many worlds do not catch is not caught. */
const MOST_SEEDS = 2_000;
const AT_ONCE = 2;
const PATIENCE_MS = 600_000;

const answer = z.object({ seed: z.number(), invariant: z.string(), what: z.string() }).nullable();

export async function hunt(options: HuntOptions): Promise<Hunted> {
  const waiting = [...MUTANTS];
  const lines = new Map<string, string>();
  let caught = 0;
  const huntNext = async (): Promise<void> => {
    for (let mutant = waiting.shift(); mutant; mutant = waiting.shift()) {
      const found = await huntOne(mutant, options).catch(unplayable);
      options.signal.throwIfAborted();
      if (found !== null && typeof found === 'object') caught += 1;
      lines.set(mutant.name, lineOf(mutant, found));
      process.stderr.write(`simulate: ${lines.get(mutant.name)}\n`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, huntNext));
  const inOrder = MUTANTS.flatMap(({ name }) => lines.get(name) ?? []);
  return {
    mutants: MUTANTS.length,
    caught,
    lines: [...inOrder, `${caught} of ${MUTANTS.length} mutants caught`],
  };
}

/** Null when it survived. @throws when it cannot be played, as a stale one */
export async function huntOne(
  mutant: Mutant,
  { judge, ledger, signal }: HuntOptions,
): Promise<Caught | null> {
  for (let from = 1; from <= MOST_SEEDS; ) {
    const found = await firstFailure(mutant.name, [from, MOST_SEEDS - from + 1, ledger], signal);
    if (!found || !(await judge(generateScenario(found.seed)))) return found;
    from = found.seed + 1;
  }
  return null;
}

async function firstFailure(
  name: string,
  args: readonly (string | number)[],
  signal: AbortSignal,
): Promise<Caught | null> {
  const { stdout } = await run(process.execPath, [...underMutant(name), CHILD, ...args.map(String)], {
    timeoutMs: PATIENCE_MS,
    signal,
  });
  return parseJson(answer, stdout);
}

const CHILD = new URL('./child.ts', import.meta.url).pathname;

/** Arguments of node under which a program sees the product with that rule broken. */
export function underMutant(name: string): readonly string[] {
  const hook = new URL(`./hook.ts?mutant=${name}`, import.meta.url);
  return ['--disable-warning=ExperimentalWarning', '--import', hook.href];
}

/** Why it cannot be played, as a stale one cannot: the last thing that its program said. */
function unplayable(error: unknown): string {
  const said = failureOf(error)
    ?.stderr.split('\n')
    .find((line) => /^\w*Error: /.test(line));
  return said ?? (error instanceof Error ? error.message : String(error));
}

function lineOf({ name, breaks }: Mutant, found: Caught | string | null): string {
  const title = name.padEnd(40);
  if (typeof found === 'string') return `${title} CANNOT BE PLAYED: ${found}`;
  if (!found) return `${title} NOT CAUGHT in ${MOST_SEEDS} worlds; should break ${breaks.join(' or ')}`;
  const { seed, invariant, what } = found;
  const foreseen = breaks.some((each) => each === invariant) ? '' : ` (foreseen: ${breaks.join(', ')})`;
  return `${title} caught by seed ${seed}: ${invariant}${foreseen}, ${what.slice(0, 100)}`;
}
