/** Checks requests and answers of the REST API against one of GitHub's own OpenAPI descriptions. */
import * as z from 'zod';
import {
  createValidator,
  type Description,
  type DescriptionName,
  jsonSchemaOf,
  type Loose,
  readDescription,
  resolve,
} from './open-api-description.ts';

interface RestRequest {
  /** Without the `/api/v3` of an Enterprise Server. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** undefined: none was sent. */
  readonly body: unknown;
}

export interface OpenApi {
  /** The described path that a real one is an instance of, as `/orgs/{org}/actions/runners`; null when there is none. */
  templateOf(method: string, path: string): string | null;
  /** Whether this status is described; a refusal that is not still has GitHub's usual form. */
  describes(method: string, template: string, status: number): boolean;
  /** What is wrong with the body, or an empty list. @throws when operation or status is not described */
  faults(method: string, template: string, status: number, body: unknown): readonly string[];
  /** What is wrong with a refusal whose status is not described. */
  refusalFaults(body: unknown): readonly string[];
  /** What is wrong with path, query and body. @throws when the operation is not described */
  requestFaults(method: string, template: string, request: RestRequest): readonly string[];
  /** Top-level fields of an answer, or of its list's elements, that are not described. */
  undescribedFields(method: string, template: string, status: number, body: unknown): readonly string[];
}

const loose = z.record(z.string(), z.unknown());
const operationSchema = z.object({
  responses: z.record(z.string(), loose),
  parameters: z.array(loose).default([]),
  requestBody: loose.optional(),
});
type Operation = z.output<typeof operationSchema>;

const parameterSchema = z.object({
  name: z.string(),
  in: z.enum(['path', 'query', 'header']),
  required: z.boolean().default(false),
  schema: loose,
});

export function loadOpenApi(name: DescriptionName = 'api.github.com'): OpenApi {
  const description = readDescription(name);
  const operations = remembered((key) => {
    const [method = '', template = ''] = key.split(' ');
    return operationSchema.parse(description.paths[template]?.[method.toLowerCase()]);
  });
  const operation = (method: string, template: string) => operations(`${method} ${template}`);
  const answerSchema = (method: string, template: string, status: number) => {
    const described = operation(method, template).responses[String(status)];
    if (!described) throw new Error(`${method} ${template}: ${status} is not described`);
    return jsonSchemaOf(resolve(description, described));
  };
  const validators = remembered((key) => {
    const [method = '', template = '', status = ''] = key.split(' ');
    const schema = answerSchema(method, template, Number(status));
    return schema && createValidator(description, schema);
  });
  const refusal = remembered(() =>
    createValidator(description, { $ref: '#/components/schemas/basic-error' }),
  );
  return {
    templateOf: (method, path) => templateOf(description, method, path),
    describes: (method, template, status) => String(status) in operation(method, template).responses,
    faults(method, template, status, body) {
      const validate = validators(`${method} ${template} ${status}`);
      if (validate) return validate(body);
      return body === undefined || body === '' ? [] : ['a body where none is described'];
    },
    refusalFaults: (body) => refusal('')(body),
    requestFaults: (method, template, request) =>
      requestFaults(description, operation(method, template), template, request),
    undescribedFields(method, template, status, body) {
      const schema = answerSchema(method, template, status);
      return schema ? undescribed(description, schema, body) : [];
    },
  };
}

function remembered<T>(make: (key: string) => T): (key: string) => T {
  const made = new Map<string, T>();
  return (key) => {
    const known = made.get(key);
    if (known !== undefined) return known;
    const value = make(key);
    made.set(key, value);
    return value;
  };
}

/** Words are preferred to parameters: `/runners/downloads` is not a runner named so. */
function templateOf(description: Description, method: string, path: string): string | null {
  const parts = path.split('/');
  const fits = (template: string) => {
    const names = template.split('/');
    return (
      names.length === parts.length &&
      names.every((name, at) => (name.startsWith('{') ? parts[at] !== '' : name === parts[at]))
    );
  };
  const parameters = (template: string) => template.split('{').length;
  const found = Object.keys(description.paths)
    .filter((template) => fits(template) && description.paths[template]?.[method.toLowerCase()])
    .sort((left, right) => parameters(left) - parameters(right));
  return found[0] ?? null;
}

function requestFaults(
  description: Description,
  operation: Operation,
  template: string,
  { path, query, body }: RestRequest,
): readonly string[] {
  const parameters = operation.parameters.map((each) => parameterSchema.parse(resolve(description, each)));
  const inPath = valuesOfPath(template, path);
  const given = { path: inPath, query: new Map(query), header: new Map<string, string>() };
  const ofParameters = parameters.flatMap(({ name, in: place, required, schema }) => {
    const value = given[place].get(name);
    if (value === undefined) return required ? [`${name} is missing`] : [];
    const validate = createValidator(
      description,
      { type: 'object', properties: { value: schema } },
      { coerce: true },
    );
    return validate({ value }).map((fault) => `${name}: ${fault}`);
  });
  const known = new Set(parameters.filter((each) => each.in === 'query').map((each) => each.name));
  const unknown = [...query.keys()].filter((name) => !known.has(name));
  return [
    ...ofParameters,
    ...unknown.map((name) => `${name} is no parameter of ${template}`),
    ...bodyFaults(description, operation, body),
  ];
}

function valuesOfPath(template: string, path: string): ReadonlyMap<string, string> {
  const parts = path.split('/');
  const pairs = template
    .split('/')
    .flatMap((name, at) => (name.startsWith('{') ? [[name.slice(1, -1), parts[at] ?? ''] as const] : []));
  return new Map(pairs);
}

function bodyFaults(description: Description, operation: Operation, body: unknown): readonly string[] {
  const described = operation.requestBody && resolve(description, operation.requestBody);
  if (body === undefined) return described?.required === true ? ['the body is missing'] : [];
  const schema = described && jsonSchemaOf(described);
  if (!schema) return ['a body where none is described'];
  const fields = undescribed(description, schema, body).map(
    (field) => `the body's ${field} is not described`,
  );
  return [...createValidator(description, schema)(body), ...fields];
}

/** Of objects and of the lists in them, one level deep: what is further down belongs to other schemas. */
function undescribed(description: Description, schema: Loose, body: unknown): readonly string[] {
  const object = loose.safeParse(body);
  if (!object.success) return [];
  const properties = propertiesOf(description, schema);
  if (Object.keys(properties).length === 0) return [];
  return Object.entries(object.data).flatMap(([name, value]) => {
    const property = properties[name];
    if (!property) return [name];
    const items = loose.safeParse(resolve(description, property).items);
    const [first] = Array.isArray(value) ? value : [];
    if (!items.success || first === undefined) return [];
    return undescribed(description, items.data, first).map((inner) => `${name}[].${inner}`);
  });
}

function propertiesOf(description: Description, schema: Loose): Record<string, unknown> {
  const resolved = resolve(description, schema);
  const parts = ['allOf', 'anyOf', 'oneOf'].flatMap((key) => {
    const list = z.array(loose).safeParse(resolved[key]);
    return list.success ? list.data : [];
  });
  const own = loose.safeParse(resolved.properties);
  return Object.assign(
    {},
    ...parts.map((part) => propertiesOf(description, part)),
    own.success ? own.data : {},
  );
}
