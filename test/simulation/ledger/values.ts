/** What SQLite and JSON do to values on their way in, as far as it can be seen: so that both ledgers keep the same. */

/** A strict column of whole numbers refuses others. @see sqlite.org/stricttables.html */
export function whole(value: number): number {
  if (!Number.isInteger(value)) throw new Error(`${value} is not a whole number`);
  return value === 0 ? 0 : value;
}

export function wholeOrNull(value: number | null): number | null {
  return value === null ? null : whole(value);
}

type Detail = Readonly<Record<string, unknown>>;

/** A copy that shares nothing with the original. */
export function copied(detail: Detail): Detail {
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(detail)) {
    const value = plain(detail[key]);
    if (value !== undefined) copy[key] = value;
  }
  return copy;
}

/** Details are flat, nearly always; what is not goes the long way. */
function plain(value: unknown): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value === 0 ? 0 : value;
  const text: unknown = JSON.stringify(value);
  return typeof text === 'string' ? JSON.parse(text) : undefined;
}

/** The first `limit` of a list; all for a negative one, as SQL has it. */
export function atMost<T>(list: readonly T[], limit: number): readonly T[] {
  return limit < 0 ? [...list] : list.slice(0, limit);
}
