/**
 * GitHub's own sample payloads, read from `@octokit/webhooks-examples` when first needed, as the base of repository,
 * run and job objects: they have the fields and forms that real answers have.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as z from 'zod';

const loose = z.record(z.string(), z.unknown());
const samplesSchema = z.array(z.object({ name: z.string(), examples: z.array(loose) }));

export type Loose = z.output<typeof loose>;

export interface Samples {
  /** A repository named `owner/name`, with links below `origin`. */
  repository(fullName: string, origin: string): Loose;
  run(fullName: string, origin: string): Loose;
  job(fullName: string, origin: string): Loose;
  user(login: string, origin: string): Loose;
}

/** A number that stands for a name, always the same. */
export function numberOf(name: string): number {
  return createHash('sha1').update(name).digest().readUInt32BE(0);
}

export function createSamples(): Samples {
  let bases: Record<'repository' | 'run' | 'job' | 'user', Loose> | undefined;
  const base = (kind: 'repository' | 'run' | 'job' | 'user') => {
    bases ??= readBases();
    return bases[kind];
  };
  return {
    repository: (fullName, origin) => ({
      ...renamed(base('repository'), fullName, origin),
      id: numberOf(fullName),
    }),
    run: (fullName, origin) => renamed(base('run'), fullName, origin),
    job: (fullName, origin) => renamed(base('job'), fullName, origin),
    user(login, origin) {
      const text = JSON.stringify(base('user')).replaceAll(String(base('user').login), login);
      return { ...relinked(text, origin), id: numberOf(login) };
    },
  };
}

function readBases() {
  const file = createRequire(import.meta.url).resolve('@octokit/webhooks-examples/api.github.com/index.json');
  const samples = samplesSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  const find = (event: string, field: string): Loose => {
    const examples = samples.find((sample) => sample.name === event)?.examples ?? [];
    // The newest samples have the most fields.
    const objects = examples.map((example) => loose.parse(example[field]));
    const [fullest] = objects.sort((left, right) => Object.keys(right).length - Object.keys(left).length);
    if (!fullest) throw new Error(`the samples hold no ${event}`);
    return fullest;
  };
  const run = find('workflow_run', 'workflow_run');
  return {
    run,
    job: find('workflow_job', 'workflow_job'),
    repository: { ...loose.parse(run.repository), ...find('workflow_run', 'repository') },
    user: find('workflow_run', 'sender'),
  };
}

/** The same object of another repository: every name and link in it. */
function renamed(base: Loose, fullName: string, origin: string): Loose {
  const [owner = '', name = ''] = fullName.split('/');
  const text = JSON.stringify(base);
  const found = /repos\/([\w.-]+)\/([\w.-]+)/.exec(text);
  const [, oldOwner = '', oldName = ''] = found ?? [];
  const swapped = text
    .replaceAll(`${oldOwner}/${oldName}`, fullName)
    .replaceAll(`"${oldName}"`, JSON.stringify(name))
    .replaceAll(`"${oldOwner}"`, JSON.stringify(owner))
    .replaceAll(`users/${oldOwner}`, `users/${owner}`)
    .replaceAll(`github.com/${oldOwner}"`, `github.com/${owner}"`);
  return relinked(swapped, origin);
}

function relinked(text: string, origin: string): Loose {
  const linked = text
    .replaceAll('https://api.github.com', `${origin}/api/v3`)
    .replaceAll('https://github.com', origin);
  return loose.parse(JSON.parse(linked));
}
