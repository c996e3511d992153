/**
 * What the configuration may hold where, read off its JSON Schema: which keys, of which type, within which bounds. Used
 * to name settings in the environment and to say what is allowed; the check itself is the schema's.
 */
import * as z from 'zod';
import { configJsonSchema } from './json-schema.ts';
import type { Path } from './tree.ts';

const shape = z.object({
  type: z.string().optional(),
  description: z.string().optional(),
  enum: z.array(z.unknown()).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  exclusiveMinimum: z.number().optional(),
  get properties() {
    return z.record(z.string(), shape).optional();
  },
  get additionalProperties() {
    return z.union([z.literal(false), shape]).optional();
  },
  get items() {
    return shape.optional();
  },
});
export type Shape = z.output<typeof shape>;

export function configShape(): Shape {
  return shape.parse(configJsonSchema());
}

/** The shape at `path`, null when nothing may be there. */
export function shapeAt(top: Shape, path: Path): Shape | null {
  let at: Shape | null = top;
  for (const key of path) at = at && below(at, key);
  return at;
}

function below(parent: Shape, key: string | number): Shape | null {
  if (parent.items) return parent.items;
  const { properties = {}, additionalProperties } = parent;
  if (Object.hasOwn(properties, key)) return properties[key] ?? null;
  return additionalProperties === undefined || additionalProperties === false ? null : additionalProperties;
}

/** The keys that `parent` may have; empty for a list, and for a section whose keys are free. */
export function keysOf(parent: Shape | null): readonly string[] {
  return Object.keys(parent?.properties ?? {});
}

/** What may stand here, in words. */
export function allowedIn({ type, enum: values, ...bounds }: Shape): string {
  if (values) return `one of ${values.map((value) => JSON.stringify(value)).join(', ')}`;
  switch (type) {
    case 'integer':
      return `a whole number${rangeText(bounds)}`;
    case 'number':
      return `a number${rangeText(bounds)}`;
    case 'boolean':
      return 'true or false';
    case 'string':
      return 'a text';
    case 'array':
      return 'a list';
    default:
      return 'an object';
  }
}

type Bounds = Pick<Shape, 'minimum' | 'maximum' | 'exclusiveMinimum'>;

function rangeText({ minimum, maximum, exclusiveMinimum }: Bounds): string {
  if (exclusiveMinimum !== undefined) return ` above ${exclusiveMinimum}`;
  if (minimum === undefined) return '';
  return maximum === undefined || maximum === Number.MAX_SAFE_INTEGER
    ? ` of at least ${minimum}`
    : ` from ${minimum} to ${maximum}`;
}
