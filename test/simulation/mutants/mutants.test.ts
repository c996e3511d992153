/** The mutants themselves: that each has its place in the product. That they are caught, `--mutants` shows. */
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { expect, test } from 'vitest';
import { MUTANTS } from './all.ts';
import { mutate } from './mutant.ts';

const sourceOf = (file: string) => readFileSync(new URL(`../../../src/${file}`, import.meta.url), 'utf8');

test.for(MUTANTS.map((mutant) => ({ ...mutant, toString: () => mutant.name })))(
  '%s: its text stands in the product once, and what comes of it is a program',
  (mutant) => {
    expect(() => stripTypeScriptTypes(mutate(sourceOf(mutant.file), mutant))).not.toThrow();
  },
);

test('a mutant whose text is gone, or stands there twice, is stale', () => {
  const mutant = { name: 'any', file: 'any.ts', find: 'one', replace: 'two', breaks: ['I1'] } as const;
  expect(mutate('a one b', mutant)).toBe('a two b');
  expect(() => mutate('none', { ...mutant, find: 'other' })).toThrow(/stale/);
  expect(() => mutate('one one', mutant)).toThrow(/stale/);
});

test('no two mutants have one name', () => {
  expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
});
