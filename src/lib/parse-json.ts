/** The door for JSON from outside: text in, checked value out. */
import type * as z from 'zod';
import { MacrunnerError } from '../core/error.ts';

/**
 * Parses `text` and checks it with `schema`. The message names the fields that are wrong, never their values:
 * they may be secret.
 *
 * @param what what the text is, for the message, such as `the output of tart list`
 * @throws {@link MacrunnerError} `output-unreadable`
 */
export function parseJson<Schema extends z.ZodType>(
  schema: Schema,
  text: string,
  what = 'JSON',
): z.output<Schema> {
  const parsed = schema.safeParse(readJson(text, what));
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues
    .slice(0, 3)
    .map((issue) => `${issue.path.join('.') || '(top)'}: ${issue.code}`);
  throw new MacrunnerError('output-unreadable', `${what} has an unexpected form (${where.join('; ')})`);
}

function readJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which may be secret.
    throw new MacrunnerError('output-unreadable', `${what} is not JSON (${text.length} characters)`);
  }
}
