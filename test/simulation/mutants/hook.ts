/**
 * Loaded before a program (`node --import './hook.ts?mutant=NAME' …`): lets it see the product with one rule broken. It
 * ends the program when the mutant is not to be had.
 */
import { registerHooks } from 'node:module';
import { MUTANTS } from './all.ts';
import { mutate } from './mutant.ts';

const name = new URL(import.meta.url).searchParams.get('mutant');
const mutant = MUTANTS.find((candidate) => candidate.name === name);
if (!mutant) throw new Error(`there is no mutant ${name}`);
const target = new URL(`../../../src/${mutant.file}`, import.meta.url).href;

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (url !== target || !loaded.source) return loaded;
    const source =
      typeof loaded.source === 'string' ? loaded.source : new TextDecoder().decode(loaded.source);
    return { ...loaded, source: mutate(source, mutant) };
  },
});
