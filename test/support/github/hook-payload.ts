/** What a `workflow_job` webhook says, of the same objects as the REST API, and how it is signed. */
import { createHmac } from 'node:crypto';
import { type Context, describeJob, describeRepository } from './rest-runs.ts';
import { type Loose, numberOf } from './samples.ts';
import type { Job } from './state.ts';

/** The value of `X-Hub-Signature-256` over the raw bytes of the body. */
export function signPayload(secret: string, payload: string): string {
  return `sha256=${createHmac('sha256', secret).update(payload).digest('hex')}`;
}

/** The job as it is now; the action is its status. */
export function describeHook(context: Context, job: Job): Loose & { readonly action: string } {
  const { world, samples } = context;
  const owner = job.run.repository.split('/')[0] ?? '';
  const id = world.settings.app?.installationId;
  const described = describeJob(context, job);
  return {
    action: String(described.status),
    workflow_job: described,
    repository: describeRepository(context, job.run.repository),
    organization: describeOrganization(world.origin, owner),
    sender: samples.user(job.run.triggeringActor, world.origin),
    ...(id === undefined ? {} : { installation: { id, node_id: encode(`Installation${id}`) } }),
  };
}

function describeOrganization(origin: string, login: string): Loose {
  const url = `${origin}/api/v3/orgs/${login}`;
  return {
    login,
    id: numberOf(login),
    node_id: encode(`Organization${numberOf(login)}`),
    url,
    repos_url: `${url}/repos`,
    events_url: `${url}/events`,
    hooks_url: `${url}/hooks`,
    issues_url: `${url}/issues`,
    members_url: `${url}/members{/member}`,
    public_members_url: `${url}/public_members{/member}`,
    avatar_url: `${origin}/avatars/${login}`,
    description: '',
  };
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64');
}
