/** The layer of environment variables: `MACRUNNER_CONFIG_HOST__SLOTS=1` sets `host.slots`. */
import { keysOf, type Shape, shapeAt } from './shape.ts';
import { isTree, type Path, valueAt } from './tree.ts';

export interface Assignment {
  readonly path: Path;
  readonly value: unknown;
}

const PREFIX = 'MACRUNNER_CONFIG_';

/**
 * What the environment sets. `__` separates the keys, whose letter case and underscores are free; list items go by
 * number. `below` is what the other layers say: names that the user chose are matched with it.
 */
export function assignmentsOf(env: NodeJS.ProcessEnv, shape: Shape, below: unknown): readonly Assignment[] {
  return Object.keys(env)
    .filter((name) => name.startsWith(PREFIX) && name.length > PREFIX.length)
    .sort()
    .map((name) => {
      const path = pathOf(name.slice(PREFIX.length).split('__'), shape, below);
      return { path, value: valueFromText(shape, path, env[name] ?? '') };
    });
}

/** What a text on the command line or in the environment means at `path`: JSON where a text is not what is wanted. */
export function valueFromText(shape: Shape, path: Path, text: string): unknown {
  if (shapeAt(shape, path)?.type === 'string') return text;
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON, so it is meant as it stands; the schema says whether a text may be here.
    return text;
  }
}

function pathOf(words: readonly string[], shape: Shape, below: unknown): Path {
  const path: (string | number)[] = [];
  for (const word of words) {
    const present = valueAt(below, path);
    const here = shapeAt(shape, path);
    if (here?.type === 'array' && /^\d{1,3}$/.test(word)) path.push(Number(word));
    else path.push(keyFor(word, [...keysOf(here), ...(isTree(present) ? Object.keys(present) : [])]));
  }
  return path;
}

function keyFor(word: string, keys: readonly string[]): string {
  return keys.find((key) => key === word) ?? keys.find((key) => plain(key) === plain(word)) ?? word;
}

function plain(key: string): string {
  return key.toLowerCase().replace(/[_-]/g, '');
}
