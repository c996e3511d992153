/**
 * Reads the job as GitHub sends it: steps whose inputs are template tokens, contexts as typed data, the endpoint with the
 * job's own token (actions/runner: src/Sdk/DTPipelines/Pipelines/AgentJobRequestMessage.cs, ObjectTemplating/,
 * ContextData/). What a script needs is taken out; actions, containers and defaults are not known here.
 */

export interface Step {
  readonly id: string;
  readonly name: string | undefined;
  readonly run: string;
  readonly condition: string;
}

export interface Job {
  readonly jobId: string;
  readonly planId: string;
  readonly name: string;
  readonly steps: readonly Step[];
  /** The `github` context, as far as it is text. */
  readonly github: Readonly<Record<string, string>>;
  readonly billingOwnerId: string;
  /** Of the run service, with a token that is good for this job alone. */
  readonly url: string;
  readonly token: string;
  /** Where the live console listens. */
  readonly feedUrl: string;
}

type Fields = Record<string, unknown>;

/** @throws when something in it is missing, or is a step that is not a script */
export function readJob(text: string): Job {
  const message = fields(JSON.parse(text));
  if (message.messageType !== 'RunnerJobRequest') throw new Error(`a job of type ${message.messageType}`);
  const endpoints = list(fields(message.resources).endpoints).map(fields);
  const system = endpoints.find(({ name }) => name === 'SystemVssConnection');
  if (!system) throw new Error('the job has no SystemVssConnection');
  const variables = fields(message.variables);
  return {
    jobId: String(message.jobId),
    planId: String(fields(message.plan).planId),
    name: String(message.jobDisplayName),
    steps: list(message.steps).map((step) => readStep(fields(step))),
    github: {
      ...textsOf(fields(message.contextData).github),
      job: String(fields(variables['system.github.job']).value),
    },
    billingOwnerId: String(message.billingOwnerId),
    url: String(system.url),
    token: String(fields(fields(system.authorization).parameters).AccessToken),
    feedUrl: String(fields(system.data).FeedStreamUrl),
  };
}

function readStep(step: Fields): Step {
  const { type } = fields(step.reference);
  if (type !== 'script') throw new Error(`a step of type ${type} cannot be run`);
  const script = inputsOf(step.inputs).script;
  if (script === undefined) throw new Error('a script step has no script');
  return {
    id: String(step.id),
    name: step.displayNameToken === undefined ? undefined : literal(step.displayNameToken),
    run: script,
    condition: String(step.condition),
  };
}

/** A mapping token: pairs of tokens. */
function inputsOf(token: unknown): Record<string, string> {
  const { type, map } = fields(token);
  if (type !== 2) throw new Error('the inputs of a step are no mapping');
  const pairs = list(map).map(fields);
  return Object.fromEntries(pairs.map(({ Key, Value }) => [literal(Key), literal(Value)]));
}

/** A literal token, which may also be a bare string. */
function literal(token: unknown): string {
  if (typeof token === 'string') return token;
  const { type, lit } = fields(token);
  if (type !== 0) throw new Error(`a template token of type ${type} cannot be evaluated`);
  return String(lit);
}

/** The entries of a dictionary that are text. */
function textsOf(data: unknown): Record<string, string> {
  const { t, d } = fields(data);
  if (t !== 2) throw new Error('the job has no github context');
  const pairs = list(d).map(fields);
  return Object.fromEntries(pairs.flatMap(({ k, v }) => (typeof v === 'string' ? [[String(k), v]] : [])));
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
