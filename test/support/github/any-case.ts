/** GitHub's services read field names in any case, and some runners write them with capitals. */

/** The same value with all field names in lower case, at every depth. */
export function inLowerCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inLowerCase);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name.toLowerCase(), inLowerCase(inner)]),
  );
}
