/**
 * The job as its runner gets it: steps as template tokens, contexts as typed data, variables, and the endpoint with the
 * job's own token. Only script steps are written; a workflow file is not read, so there are no containers, services or
 * defaults. (actions/runner: src/Sdk/DTPipelines/Pipelines/AgentJobRequestMessage.cs, ContextData/, ObjectTemplating/)
 */
import { randomUUID } from 'node:crypto';
import { issueJobToken } from './runner-auth.ts';
import { BILLING_OWNER, FEED, RESULTS, RUN_SERVICE } from './runners.ts';
import type { Job, Step, World } from './state.ts';

export function writeJobMessage(world: World, job: Job): Record<string, unknown> {
  const token = issueJobToken(world, job);
  const plan = { scopeIdentifier: randomUUID(), planId: job.planId, planType: 'actions', version: 12 };
  return {
    messageType: 'RunnerJobRequest',
    plan,
    timeline: { id: job.planId, changeId: 0, location: null },
    jobId: job.queueId,
    jobDisplayName: job.name,
    jobName: '__default',
    requestId: job.requestId,
    lockedUntil: new Date(job.renewedMs + world.settings.runnerLostMs).toISOString(),
    jobContainer: null,
    jobServiceContainers: null,
    jobOutputs: null,
    resources: { endpoints: [endpointOf(world, job, token)] },
    contextData: { github: typed(githubContext(world, job)), needs: typed({}), inputs: null, matrix: null },
    workspace: {},
    mask: [{ type: 'regex', value: token.replaceAll('.', '\\.') }],
    environmentVariables: [],
    defaults: [],
    actionsEnvironment: null,
    variables: variablesOf(world, job),
    steps: job.steps.map(writeStep),
    fileTable: [job.run.path],
    billingOwnerId: BILLING_OWNER,
  };
}

function endpointOf(world: World, job: Job, token: string): Record<string, unknown> {
  return {
    name: 'SystemVssConnection',
    url: world.origin + RUN_SERVICE,
    authorization: { scheme: 'OAuth', parameters: { AccessToken: token } },
    data: {
      FeedStreamUrl: `${world.origin.replace(/^http/, 'ws')}${FEED}${job.queueId}`,
      ResultsServiceUrl: world.origin + RESULTS,
      PipelinesServiceUrl: `${world.origin}/tenant/123/`,
    },
    isShared: false,
    isReady: true,
  };
}

function variablesOf(world: World, job: Job): Record<string, unknown> {
  return {
    'system.github.job': { value: job.name },
    'system.github.results_endpoint': { value: world.origin + RESULTS },
    'system.github.token': { value: world.tokens.issue('installation', '', 0).value, isSecret: true },
    'system.runnerGroupName': { value: 'Default' },
    'system.workflowFileFullPath': { value: job.run.path },
  };
}

function writeStep(step: Step, index: number): Record<string, unknown> {
  const contextName = index === 0 ? '__run' : `__run_${index + 1}`;
  return {
    type: 'action',
    id: randomUUID(),
    name: contextName,
    contextName,
    reference: { type: 'script' },
    ...(step.name === undefined ? {} : { displayNameToken: { type: 0, lit: step.name } }),
    inputs: { type: 2, map: [{ Key: 'script', Value: { type: 0, lit: step.run } }] },
    condition: conditionOf(step.if),
  };
}

/** As the service writes it: without a status function, the step also needs success. */
function conditionOf(given: string | undefined): string {
  const text = (given ?? '').trim();
  const bare = /^\$\{\{(.*)\}\}$/s.exec(text)?.[1]?.trim() ?? text;
  if (bare === '') return 'success()';
  return /\b(success|failure|always|cancelled)\s*\(/.test(bare) ? bare : `success() && (${bare})`;
}

function githubContext(world: World, job: Job): Record<string, unknown> {
  const { run } = job;
  const isTag = run.ref.startsWith('refs/tags/');
  return {
    actor: run.actor,
    api_url: `${world.origin}/api/v3`,
    base_ref: '',
    event: { repository: { full_name: run.repository } },
    event_name: run.event,
    graphql_url: `${world.origin}/api/graphql`,
    head_ref: '',
    ref: run.ref,
    ref_name: run.ref.replace(/^refs\/(heads|tags|pull)\//, ''),
    ref_protected: false,
    ref_type: isTag ? 'tag' : 'branch',
    repository: run.repository,
    repository_owner: run.repository.split('/')[0] ?? '',
    retention_days: '90',
    run_attempt: String(run.attempt),
    run_id: String(run.id),
    run_number: '1',
    server_url: world.origin,
    sha: run.sha,
    triggering_actor: run.triggeringActor,
    workflow: run.workflow,
    workflow_ref: `${run.repository}/${run.path}@${run.ref}`,
    workflow_sha: run.sha,
  };
}

/** Context data on the wire: strings bare, all else an object that says its type. */
function typed(value: unknown): unknown {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return { t: 3, b: value };
  if (typeof value === 'number') return { t: 4, n: value };
  if (Array.isArray(value)) return { t: 1, a: value.map(typed) };
  const pairs = Object.entries(Object(value)).map(([k, inner]) => ({ k, v: typed(inner) }));
  return { t: 2, d: pairs };
}
