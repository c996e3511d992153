/** The version of an installed npm package. */
import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { parseJson } from '../../src/lib/parse-json.ts';

const MODULES = new URL('../../node_modules/', import.meta.url);

export async function packageVersion(name: string): Promise<string> {
  const text = await readFile(new URL(`${name}/package.json`, MODULES), 'utf8');
  return parseJson(z.object({ version: z.string() }), text, `package.json of ${name}`).version;
}
