/**
 * GitHub's own OpenAPI descriptions, as `@octokit/openapi` ships them: of github.com, of Enterprise Cloud, and of the
 * versions of Enterprise Server. Here they are read, references are followed, and schemas become validators; what is
 * validated with them is said in `open-api.ts`.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv, type AnySchemaObject } from 'ajv';
import formats from 'ajv-formats';
import * as z from 'zod';

export type DescriptionName = 'api.github.com' | 'ghec' | 'ghes-3.17' | 'ghes-3.19';

const loose = z.record(z.string(), z.unknown());
const descriptionSchema = z.object({
  paths: z.record(z.string(), loose),
  components: z.record(z.string(), loose),
});
export type Description = z.output<typeof descriptionSchema>;
export type Loose = z.output<typeof loose>;

/** 13 MB: read once per caller. */
export function readDescription(name: DescriptionName): Description {
  const file = createRequire(import.meta.url).resolve(`@octokit/openapi/generated/${name}.json`);
  return descriptionSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
}

/** The object itself, or what its `$ref` names. */
export function resolve(description: Description, value: unknown): Loose {
  const object = loose.parse(value);
  const ref = z.string().safeParse(object.$ref);
  if (!ref.success) return object;
  const [kind = '', name = ''] = ref.data.split('/').slice(2);
  return resolve(description, description.components[kind]?.[name]);
}

/** The schema of a request's or an answer's JSON, or null when none is described. */
export function jsonSchemaOf(described: Loose): Loose | null {
  const parsed = z
    .object({ content: z.object({ 'application/json': z.object({ schema: loose }) }) })
    .safeParse(described);
  return parsed.success ? parsed.data.content['application/json'].schema : null;
}

/** A function that lists what is wrong with a value. `coerce` reads numbers and booleans from text, as in a query. */
export function createValidator(
  description: Description,
  schema: Loose,
  options: { readonly coerce?: boolean } = {},
): (value: unknown) => readonly string[] {
  const coerceTypes = options.coerce ?? false;
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: true, coerceTypes });
  formats.default(ajv);
  const validate = ajv.compile({
    ...loose.parse(loosenNullable(schema)),
    components: componentsOf(description, schema),
  });
  return (value) => {
    validate(value);
    return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message ?? ''}`.trim());
  };
}

/** The schemas that `root` refers to, however far. */
function componentsOf(description: Description, root: unknown): AnySchemaObject {
  const schemas: Record<string, unknown> = {};
  const remedy = [root];
  while (remedy.length > 0) {
    for (const [, name = ''] of JSON.stringify(remedy.pop()).matchAll(
      /"#\/components\/schemas\/([\w.-]+)"/g,
    )) {
      if (name in schemas) continue;
      const schema = loosenNullable(description.components.schemas?.[name]);
      schemas[name] = schema;
      remedy.push(schema);
    }
  }
  return { schemas };
}

/** OpenAPI 3.0's `nullable` beside `allOf` or `$ref` is unknown to JSON Schema: said as `anyOf` instead. */
function loosenNullable(schema: unknown): unknown {
  const object = loose.safeParse(schema);
  if (!object.success) return Array.isArray(schema) ? schema.map(loosenNullable) : schema;
  const entries = Object.entries(object.data).map(([key, value]) => [key, loosenNullable(value)] as const);
  const copy: Record<string, unknown> = Object.fromEntries(entries);
  // With a type the checker knows `nullable`, but an `enum` beside it must then name null too.
  if (copy.nullable !== true || (typeof copy.type === 'string' && !Array.isArray(copy.enum))) return copy;
  const { nullable: _nullable, ...rest } = copy;
  return { anyOf: [rest, { type: 'null' }] };
}
