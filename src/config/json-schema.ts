/** The configuration's JSON Schema: for editors, for `config schema`, and to know which keys exist where. */
import * as z from 'zod';
import { configSchema } from './schema.ts';

/** JSON Schema, draft 2020-12, of what a user may write. */
export function configJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(configSchema, { io: 'input' }) };
}
