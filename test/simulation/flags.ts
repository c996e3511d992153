/** The command line of `npm run simulate`: what is asked for, or why that cannot be. */
import { parseArgs } from 'node:util';

export const USAGE = `npm run simulate -- [--seeds N] [--from K] [--seed X] [--scenario FILE] [--mutants] [--json] [--ledger memory|sqlite]

Plays worlds of the real daemon on virtual time, with a simulated GitHub, Tart and guests, and judges every step.

  --seeds N        how many worlds, each from a seed of its own (1000)
  --from K         the first seed (1)
  --seed X         play this one, and tell all of its story
  --scenario FILE  play what a failing seed was made into, and tell all of its story
  --mutants        break each rule of the product on purpose, and see that it is caught
  --json           one line of JSON on standard output, all else on standard error
  --ledger KIND    memory (default), or sqlite: the product's own, of which nothing reaches a disk

Exits with 1 when an invariant is broken or a mutant is not caught, with 2 when it was asked for what it does not know.
`;

export type LedgerKind = 'memory' | 'sqlite';

interface Manner {
  readonly isJson: boolean;
  readonly ledger: LedgerKind;
}

export type Order =
  | { readonly do: 'help' }
  | { readonly do: 'complain'; readonly why: string }
  | (Manner & { readonly do: 'tell'; readonly of: { readonly seed: number } | { readonly file: string } })
  | (Manner & {
      readonly do: 'sweep';
      readonly from: number;
      readonly seeds: number;
      readonly withMutants: boolean;
    });

export function readOrder(args: readonly string[]): Order {
  try {
    return orderOf(args);
  } catch (error) {
    return { do: 'complain', why: error instanceof Error ? error.message : String(error) };
  }
}

function orderOf(args: readonly string[]): Order {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string', default: '1000' },
      from: { type: 'string', default: '1' },
      seed: { type: 'string' },
      scenario: { type: 'string' },
      mutants: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      ledger: { type: 'string', default: 'memory' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return { do: 'help' };
  const { ledger, seed, scenario: file, mutants: withMutants } = values;
  if (ledger !== 'memory' && ledger !== 'sqlite')
    return { do: 'complain', why: '--ledger takes memory or sqlite' };
  const manner: Manner = { isJson: values.json, ledger };
  const asked = [seed !== undefined, file !== undefined, withMutants].filter(Boolean).length;
  if (asked > 1) return { do: 'complain', why: '--seed, --scenario and --mutants do not go together' };
  if (file !== undefined) return { do: 'tell', of: { file }, ...manner };
  if (seed !== undefined) return { do: 'tell', of: { seed: wholeNumber('--seed', seed, 0) }, ...manner };
  return {
    do: 'sweep',
    ...manner,
    withMutants,
    seeds: wholeNumber('--seeds', values.seeds, 1),
    from: wholeNumber('--from', values.from, 0),
  };
}

function wholeNumber(flag: string, text: string, least: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
  throw new RangeError(`${flag} takes a whole number from ${least}`);
}
