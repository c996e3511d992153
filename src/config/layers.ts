/** Reads the layers of the configuration and lays them over one another, remembering where each leaf came from. */
import { readFileSync, statSync } from 'node:fs';
import { parse as parsePlist } from 'plist';
import { MacrunnerError } from '../core/error.ts';
import type { Assignment } from './environment.ts';
import { isTree, leavesOf, type Path, pathText, type Tree, withValue } from './tree.ts';

export type Origin = 'default' | 'file' | 'managed' | 'environment';

export interface Merged {
  readonly value: unknown;
  /** By path text; a leaf that is not here is a default. */
  readonly origins: ReadonlyMap<string, Origin>;
}

/** The file's content, null when there is no file. @throws `config-invalid` when it cannot be read or is no JSON */
export function readFileLayer(file: string): unknown {
  const text = readIfThere(file)?.toString('utf8');
  if (text === undefined) return null;
  try {
    return JSON.parse(text);
  } catch (error) {
    // The parser's message may quote the text; only the place is taken from it.
    const place = error instanceof Error ? (/\(line \d+ column \d+\)/.exec(error.message)?.[0] ?? '') : '';
    throw new MacrunnerError('config-invalid', `${file} is not JSON ${place}`.trimEnd(), {
      hint: 'Comments and trailing commas are not JSON either. Correct it, then run: macrunner config check',
    });
  }
}

/**
 * Preferences that a device management wrote (XML or binary property list), null when there are none. Keys of the
 * payload itself are left out.
 * @throws {@link MacrunnerError} `config-invalid` when unreadable, or when somebody else could have written them
 */
export function readManagedLayer(file: string): unknown {
  const bytes = readIfThere(file);
  if (bytes === null) return null;
  const { mode, uid } = statSync(file);
  if ((mode & 0o022) !== 0 || (uid !== 0 && uid !== process.getuid?.())) {
    throw new MacrunnerError('config-invalid', `${file} could have been written by somebody else`, {
      hint: 'Managed preferences belong to root and only root writes them (mode 0644).',
    });
  }
  let parsed: unknown;
  try {
    // As bytes the package reads the binary form only.
    const isBinary = bytes.subarray(0, 6).toString('latin1') === 'bplist';
    parsed = parsePlist(isBinary ? bytes : bytes.toString('utf8'));
  } catch (cause) {
    throw new MacrunnerError('config-invalid', `${file} is not a property list`, { cause });
  }
  if (!isTree(parsed)) return parsed;
  return Object.fromEntries(Object.entries(parsed).filter(([key]) => !key.startsWith('Payload')));
}

function readIfThere(file: string): Buffer | null {
  try {
    return readFileSync(file);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new MacrunnerError('config-invalid', `${file} cannot be read: ${why}`, {
      hint: 'The configuration belongs to root and the group admin: run this with sudo.',
      cause,
    });
  }
}

/** Objects are laid over one another key by key; a list replaces a list. The environment comes last. */
export function merge(layers: readonly { readonly origin: Origin; readonly value: unknown }[]): Merged {
  const origins = new Map<string, Origin>();
  const value = layers.reduce<unknown>(
    (below, { origin, value }) => (value === null ? below : over(below, value, [], origin, origins)),
    {},
  );
  return { value, origins };
}

export function assign(merged: Merged, assignments: readonly Assignment[]): Merged {
  const origins = new Map(merged.origins);
  const value = assignments.reduce<unknown>((below, { path, value }) => {
    claim(value, path, 'environment', origins);
    return withValue(below, path, value);
  }, merged.value);
  return { value, origins };
}

function over(
  below: unknown,
  above: unknown,
  path: Path,
  origin: Origin,
  origins: Map<string, Origin>,
): unknown {
  if (!isTree(below) || !isTree(above)) {
    claim(above, path, origin, origins);
    return above;
  }
  let merged: Tree = below;
  for (const [key, value] of Object.entries(above)) {
    const under = Object.hasOwn(below, key) ? below[key] : undefined;
    merged = { ...merged, [key]: over(under, value, [...path, key], origin, origins) };
  }
  return merged;
}

/** What stood at `path` or below it stands no more. */
function claim(value: unknown, path: Path, origin: Origin, origins: Map<string, Origin>): void {
  const place = pathText(path);
  for (const known of origins.keys()) {
    if (known === place || known.startsWith(`${place}.`)) origins.delete(known);
  }
  for (const leaf of leavesOf(value, path)) origins.set(pathText(leaf.path), origin);
}
