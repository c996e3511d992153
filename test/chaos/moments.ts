/** When the daemon is killed: at any time after it serves, before it serves, or right after a sign that it is at work. */
import type { Dice } from './dice.ts';
import { SIGNS, type Sign, type Signs } from './signs.ts';

export type Moment =
  | { readonly kind: 'starting'; readonly afterMs: number }
  | { readonly kind: 'any'; readonly afterMs: number }
  | { readonly kind: 'sign'; readonly sign: Sign; readonly afterMs: number };

const LONGEST_MS = 3_000;
/** Between kills that come so fast few jobs come to anything: in a long run some lives last. */
const REST = { share: 0.15, shortestMs: 4_000, longestMs: 8_000 } as const;
/** A sign that does not show for so long is not waited for. */
const SIGN_MS = 1_200;
/** What a sign announces is over soon after. */
const AFTER_SIGN_MS = 250;
const AFTER_START_MS = 800;

const WORDS: Readonly<Record<Sign, string>> = {
  clone: 'after a clone began',
  mint: 'after a credential was minted',
  gate: 'while a job is at its gate',
  teardown: 'during a teardown',
};

export function pickMoment(dice: Dice, hasTime: boolean): Moment {
  if (hasTime && dice.happens(REST.share))
    return { kind: 'any', afterMs: dice.between(REST.shortestMs, REST.longestMs) };
  const kind = dice.pick(['any', 'any', 'any', 'sign', 'sign', 'sign', 'sign', 'starting'] as const);
  switch (kind) {
    case 'starting':
      return { kind, afterMs: dice.between(0, AFTER_START_MS) };
    case 'any':
      return { kind, afterMs: dice.between(0, LONGEST_MS) };
    case 'sign':
      return { kind, sign: dice.pick(SIGNS), afterMs: dice.between(0, AFTER_SIGN_MS) };
  }
}

/** Waits until the moment has come, and returns its words. The daemon was just begun; `serving` waits until it serves. */
export async function moment(
  chosen: Moment,
  signs: Signs,
  serving: () => Promise<void>,
  sleep: (ms: number) => Promise<void>,
): Promise<string> {
  if (chosen.kind === 'starting') {
    await sleep(chosen.afterMs);
    return 'as it starts';
  }
  await serving();
  const isSeen = chosen.kind === 'sign' && (await signs.next(chosen.sign, SIGN_MS));
  await sleep(chosen.afterMs);
  return chosen.kind === 'sign' && isSeen ? WORDS[chosen.sign] : 'at any time';
}
