/**
 * Checks answers against GitHub's own OpenAPI description. Only the operation asked for and what it refers to is
 * compiled; the file (13 MB) is read once per checker.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv, type AnySchemaObject } from 'ajv';
import formats from 'ajv-formats';
import * as z from 'zod';

const loose = z.record(z.string(), z.unknown());
const descriptionSchema = z.object({
  paths: z.record(z.string(), z.record(z.string(), z.unknown())),
  components: z.record(z.string(), z.record(z.string(), z.unknown())),
});
const operationSchema = z.object({ responses: z.record(z.string(), loose) });
const contentSchema = z.object({ content: z.object({ 'application/json': z.object({ schema: loose }) }) });

type Description = z.output<typeof descriptionSchema>;

export interface OpenApi {
  /** What is wrong with the body, or an empty list. @throws when the operation or status is not described */
  faults(method: string, path: string, status: number, body: unknown): readonly string[];
}

export function loadOpenApi(): OpenApi {
  const file = createRequire(import.meta.url).resolve('@octokit/openapi/generated/api.github.com.json');
  const description = descriptionSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  return {
    faults(method, path, status, body) {
      const { responses } = operationSchema.parse(description.paths[path]?.[method.toLowerCase()]);
      const response = resolve(description, responses[String(status)] ?? {});
      const { schema } = contentSchema.parse(response).content['application/json'];
      const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: true });
      formats.default(ajv);
      const validate = ajv.compile({ ...schema, components: componentsOf(description, schema) });
      validate(body);
      return (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message ?? ''}`);
    },
  };
}

function resolve(description: Description, value: Record<string, unknown>): Record<string, unknown> {
  const ref = z.string().safeParse(value.$ref);
  if (!ref.success) return value;
  const [kind = '', name = ''] = ref.data.split('/').slice(2);
  return loose.parse(description.components[kind]?.[name]);
}

/** The schemas that `root` refers to, however far. */
function componentsOf(description: Description, root: unknown): AnySchemaObject {
  const schemas: Record<string, unknown> = {};
  const todo = [root];
  while (todo.length > 0) {
    for (const [, name = ''] of JSON.stringify(todo.pop()).matchAll(/"#\/components\/schemas\/([\w.-]+)"/g)) {
      if (name in schemas) continue;
      const schema = loosenNullable(description.components.schemas?.[name]);
      schemas[name] = schema;
      todo.push(schema);
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
