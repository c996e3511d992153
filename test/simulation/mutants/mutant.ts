/** One rule of the product, broken on purpose: a piece of one source file that is replaced when the file is loaded. */
import type { Invariant } from '../invariants.ts';

export interface Mutant {
  readonly name: string;
  /** Under `src/`. */
  readonly file: string;
  /** Stands there exactly once. */
  readonly find: string;
  readonly replace: string;
  /** What the judge should see broken, any of them. */
  readonly breaks: readonly Invariant[];
}

/** @throws when the text is not there exactly once: the product has moved on, and the mutant must follow */
export function mutate(source: string, { name, file, find, replace }: Mutant): string {
  const [before, after, ...more] = source.split(find);
  if (before === undefined || after === undefined || more.length > 0)
    throw new Error(`the mutant ${name} is stale: its text stands in src/${file} not exactly once`);
  return before + replace + after;
}
