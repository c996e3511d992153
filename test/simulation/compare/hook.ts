/** Loaded before a program (`node --import './hook.ts?variant=NAME' …`): lets it see the product in that variant. */
import { registerHooks } from 'node:module';
import { VARIANTS, vary } from './variants.ts';

const name = new URL(import.meta.url).searchParams.get('variant');
const variant = VARIANTS.find((candidate) => candidate.name === name);
if (!variant) throw new Error(`there is no variant ${name}`);
const target = variant.piece && new URL(`../../../src/${variant.piece.file}`, import.meta.url).href;

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (url !== target || !loaded.source) return loaded;
    const source =
      typeof loaded.source === 'string' ? loaded.source : new TextDecoder().decode(loaded.source);
    return { ...loaded, source: vary(source, variant) };
  },
});
