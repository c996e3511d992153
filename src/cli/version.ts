/** The version of this program: built in by the build, read from `package.json` in a checkout. */
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { parseJson } from '../lib/parse-json.ts';

/** Defined by `.ci/build.ts`. */
declare const MACRUNNER_VERSION: string | undefined;

export function programVersion(): string {
  if (typeof MACRUNNER_VERSION === 'string') return MACRUNNER_VERSION;
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return parseJson(z.object({ version: z.string() }), text, 'package.json').version;
}
