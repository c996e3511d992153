/** Facts beside a sentence, as `name=value`. */
import { plain } from './text.ts';

/** Values with spaces are quoted, nested ones are JSON, control characters are gone. */
export function fields(facts: Readonly<Record<string, unknown>>): string {
  return Object.entries(facts)
    .map(([name, value]) => `${plain(name)}=${valueText(value)}`)
    .join(' ');
}

function valueText(value: unknown): string {
  if (typeof value !== 'string') return plain(JSON.stringify(value) ?? String(value));
  return /^[^\s"=]+$/.test(value) ? plain(value) : plain(JSON.stringify(value));
}
