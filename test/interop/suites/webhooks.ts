/**
 * Payloads that GitHub really sent (`@octokit/webhooks-examples`) against the run, job and repository objects of the
 * simulated GitHub, each brought to the state that the payload shows. No product code reads webhooks yet: what is
 * proved is that the simulator's objects have the fields, and the kinds of value, that GitHub's have.
 */
import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { parseJson } from '../../../src/lib/parse-json.ts';
import {
  createValidator,
  type Description,
  readDescription,
} from '../../support/github/open-api-description.ts';
import { call, listen, PAT } from '../../support/github/raw-client.ts';
import { type SimulatedGitHub, startGitHub } from '../../support/github/start.ts';
import { until } from '../../support/until.ts';
import { packageVersion } from '../package-version.ts';
import type { Check, Suite } from '../suite.ts';

const loose = z.record(z.string(), z.unknown());
type Loose = z.output<typeof loose>;
type Kind = 'workflow_job' | 'workflow_run';

const samplesSchema = z.array(z.object({ name: z.string(), examples: z.array(loose) }));
const SAMPLES = new URL(
  '../../../node_modules/@octokit/webhooks-examples/api.github.com/index.json',
  import.meta.url,
);

export const suite: Suite = {
  name: 'webhooks',
  program: '@octokit/webhooks-examples',
  missing: async () => null,
  version: () => packageVersion('@octokit/webhooks-examples'),
  async checks({ stack }) {
    const samples = parseJson(samplesSchema, await readFile(SAMPLES, 'utf8'), 'the samples');
    const github = await startGitHub();
    stack.defer(() => github.close());
    const description = readDescription('api.github.com');
    return (['workflow_job', 'workflow_run'] as const).flatMap((kind) => {
      const payloads = samples.find(({ name }) => name === kind)?.examples ?? [];
      return payloads.flatMap((payload, at) =>
        checksOf({ github, description }, kind, payload, { at, payloads }),
      );
    });
  },
};

interface Among {
  readonly at: number;
  readonly payloads: readonly Loose[];
}

interface About {
  readonly github: SimulatedGitHub;
  readonly description: Description;
}

function checksOf(about: About, kind: Kind, payload: Loose, among: Among): readonly Check[] {
  const state = stateOf(loose.parse(payload[kind]));
  const reach = STATES[kind][state];
  if (!reach) return []; // A state that the simulated GitHub does not have: docs/interop.md names them.
  const isPending = (each: string) => each === 'queued' || each === 'waiting';
  const isAlike = (each: string) => each === state || (isPending(each) && isPending(state));
  const alike = among.payloads
    .map((each) => loose.parse(each[kind]))
    .filter((each) => isAlike(stateOf(each)));
  const title = `${kind} payload ${among.at + 1} (${state})`;
  return [
    {
      name: `${title}: the simulated object has its fields and kinds of value`,
      run: async () => compare(loose.parse(payload[kind]), await reach(about.github), alike),
    },
    {
      name: `${title}: the simulated object passes GitHub's description of that hook`,
      async run() {
        complain(hookFaults(about.description, kind, await reach(about.github)));
      },
    },
    {
      name: `${title}: so has the repository`,
      async run() {
        const repository = loose.parse(payload.repository);
        compare(
          repository,
          await get(about.github, ''),
          among.payloads.map((each) => loose.parse(each.repository)),
        );
      },
    },
  ];
}

/** A run's `queued` hook is called `requested`. */
function hookFaults(description: Description, kind: Kind, ours: Loose): readonly string[] {
  const status = String(ours.status).replace('_', '-');
  const action = kind === 'workflow_run' && status === 'queued' ? 'requested' : status;
  const hook = description.components.schemas?.[`webhook-${kind.replace('_', '-')}-${action}`];
  const { properties } = z.object({ properties: z.record(z.string(), loose) }).parse(hook);
  return createValidator(description, properties[kind] ?? {})(ours);
}

function stateOf({ status, conclusion }: Loose): string {
  return conclusion === null ? String(status) : `${String(status)}, ${String(conclusion)}`;
}

type Reach = (github: SimulatedGitHub) => Promise<Loose>;

/** How to bring a job or a run to a state, and what REST then says of it. */
const STATES: Readonly<Record<Kind, Readonly<Record<string, Reach>>>> = {
  workflow_job: {
    queued: async (github) => get(github, `/actions/jobs/${github.queueJob({ labels: ['none'] }).id}`),
    in_progress: async (github) => get(github, `/actions/jobs/${(await serve(github, null)).id}`),
    'completed, success': async (github) =>
      get(github, `/actions/jobs/${(await serve(github, 'succeeded')).id}`),
    'completed, failure': async (github) =>
      get(github, `/actions/jobs/${(await serve(github, 'failed')).id}`),
  },
  workflow_run: {
    queued: async (github) => get(github, `/actions/runs/${github.queueJob({ labels: ['none'] }).runId}`),
    'completed, success': async (github) =>
      get(github, `/actions/runs/${(await serve(github, 'succeeded')).runId}`),
    'completed, action_required': async (github) =>
      get(github, `/actions/runs/${github.queueJob({ labels: ['none'], awaitsApproval: true }).runId}`),
  },
};

/** A job that a runner took, and with a result also finished. */
async function serve(github: SimulatedGitHub, result: string | null) {
  const label = `label-${github.jobs().length}`;
  const listener = await listen(github, { name: label, labels: [label] });
  const announced = new AbortController();
  const polling = listener.poll({ signal: announced.signal }).catch((error: unknown) => {
    if (!(error instanceof DOMException)) throw error; // The poll only had to announce a capacity.
  });
  await until(() => github.scaleSets().some(({ name, capacity }) => name === label && capacity !== null));
  announced.abort();
  await polling;
  const job = github.queueJob({ labels: [label] });
  const runner = await listener.runner(label);
  await runner.start();
  if (result !== null) await runner.complete(result);
  return job;
}

async function get(github: SimulatedGitHub, path: string): Promise<Loose> {
  const answer = await call('GET', `${github.origin}/api/v3/repos/acme/app${path}`, { authorization: PAT });
  if (answer.status !== 200) throw new Error(`GET ${path}: ${answer.status}`);
  return answer.body;
}

/** Every field of `sample` exists in `ours`, with a kind of value that the field has in some payload of that state. */
function compare(sample: Loose, ours: Loose, alike: readonly Loose[]): void {
  const faults = Object.keys(sample).flatMap((field) => {
    if (!(field in ours)) return [`${field} is missing`];
    const kinds = new Set(alike.filter((each) => field in each).map((each) => kindOf(each[field])));
    const kind = kindOf(ours[field]);
    return kinds.has(kind) ? [] : [`${field} is ${kind}, GitHub's ${[...kinds].join(' or ')}`];
  });
  complain(faults);
}

function complain(faults: readonly string[]): void {
  if (faults.length > 0) throw new Error(faults.join('; '));
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'list' : typeof value;
}
