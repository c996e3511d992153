/**
 * Ways to treat a pool that has no job on a host that has no slot: the product's own, and others, each as a piece of
 * the product that is replaced when it is loaded.
 */

export interface Variant {
  readonly name: string;
  readonly is: string;
  /** Under `src/`; null for the product as it is. */
  readonly piece: { readonly file: string; readonly find: string; readonly replace: string } | null;
}

const HOPE = 'return most > 0 && (free > 0 || world.runners.some(isLeaving));';

function hopesWhen(replace: string): Variant['piece'] {
  return { file: 'core/capacity.ts', find: HOPE, replace: `return ${replace};` };
}

export const VARIANTS: readonly Variant[] = [
  { name: 'resting', is: 'no session while no slot is free or being freed (the product)', piece: null },
  {
    name: 'floor',
    is: 'always a session, and at least 1 announced',
    piece: {
      file: 'core/capacity.ts',
      find: 'const floor = share.isQuiet && !(isFit && hasHope(share, free, survey)) ? 0 : 1;',
      replace: 'const floor = share.isQuiet && !isFit && hasHope(share, free, survey) ? 1 : 1;',
    },
  },
  {
    name: 'full',
    is: 'no session while no slot is free',
    piece: hopesWhen('most > 0 && (free > 0 || (world.runners.length < 0 && world.runners.some(isLeaving)))'),
  },
  {
    name: 'unoffered',
    is: 'no session without an offer of its own',
    piece: hopesWhen('most > 0 && free < 0 && world.runners.some(isLeaving)'),
  },
];

/** @throws when there is no such variant, or its text is not there exactly once: the product has moved on */
export function vary(source: string, { name, piece }: Variant): string {
  if (!piece) return source;
  const [before, after, ...more] = source.split(piece.find);
  if (before === undefined || after === undefined || more.length > 0)
    throw new Error(`the variant ${name} is stale: its text stands in src/${piece.file} not exactly once`);
  return before + piece.replace + after;
}
