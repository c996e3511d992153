/** The variants that the comparison plays are pieces of the product as it is. */
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { VARIANTS, vary } from './variants.ts';

test.each(VARIANTS.flatMap((variant) => (variant.piece ? [{ variant, ...variant.piece }] : [])))(
  '$variant.name changes $file',
  async ({ variant, file, replace }) => {
    const source = await readFile(new URL(`../../../src/${file}`, import.meta.url), 'utf8');
    expect(vary(source, variant)).toContain(replace);
  },
);
