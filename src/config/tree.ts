/** Reads and changes plain values (as JSON has them) by path. Nothing here is changed in place. */

/** Keys and list indexes from the top down. */
export type Path = readonly (string | number)[];

export type Tree = Readonly<Record<string, unknown>>;

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `pools.0.warm` */
export function pathText(path: Path): string {
  return path.join('.');
}

/** The value at `path`, undefined when there is none. */
export function valueAt(value: unknown, path: Path): unknown {
  let at = value;
  for (const key of path) {
    if (Array.isArray(at)) at = at[Number(key)];
    else at = isTree(at) && Object.hasOwn(at, key) ? at[String(key)] : undefined;
  }
  return at;
}

/** `value` with `leaf` at `path`; what is missing on the way is made, lists for indexes and objects for names. */
export function withValue(value: unknown, path: Path, leaf: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return leaf;
  const inner = withValue(valueAt(value, [key]), rest, leaf);
  if (typeof key === 'number' && !isTree(value)) {
    const list: unknown[] = Array.isArray(value) ? [...value] : [];
    list[key] = inner;
    return list;
  }
  return { ...(isTree(value) ? value : {}), [key]: inner };
}

/** Every leaf with its path: scalars, and lists of scalars as a whole. */
export function leavesOf(
  value: unknown,
  path: Path = [],
): readonly { readonly path: Path; readonly value: unknown }[] {
  if (Array.isArray(value) && value.some((item) => isTree(item)))
    return value.flatMap((item: unknown, index) => leavesOf(item, [...path, index]));
  if (isTree(value)) return Object.entries(value).flatMap(([key, item]) => leavesOf(item, [...path, key]));
  return value === undefined ? [] : [{ path, value }];
}
