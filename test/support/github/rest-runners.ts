/** Runner administration of the REST API, for organisations, repositories and enterprises. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { requireAdmin, SCOPE_PREFIXES } from './bootstrap.ts';
import { readBody, route } from './http.ts';
import { restProblem } from './problem.ts';
import { findRunner, mint, removeRunner } from './runners.ts';
import type { Group, RunnerRecord, Scope, World } from './state.ts';
import { isOnline } from './statistics.ts';

const pageQuery = z.object({
  name: z.string().optional(),
  per_page: z.coerce.number().int().min(1).max(100).catch(30),
  page: z.coerce.number().int().min(1).catch(1),
});
const jitBody = z.object({
  name: z.string().min(1).max(64),
  runner_group_id: z.int(),
  labels: z.array(z.string()).min(1).max(100),
  work_folder: z.string().default('_work'),
});

function describe(world: World, runner: RunnerRecord) {
  return {
    id: runner.id,
    name: runner.name,
    runner_group_id: runner.groupId,
    os: runner.os,
    status: isOnline(world, runner) ? 'online' : 'offline',
    busy: runner.job !== null,
    labels:
      runner.scaleSetId === null
        ? runner.labels.map((name, index) => ({ id: index + 1, name, type: 'custom' }))
        : [],
    ephemeral: true,
    version: runner.version,
  };
}

export function runnerRoutes(app: FastifyInstance, world: World): void {
  for (const prefix of SCOPE_PREFIXES) {
    const base = `${prefix}/actions/runners`;
    route(app, 'GET', base, 'list-runners', (request, reply) => listRunners(world, request, reply));
    route(app, 'POST', `${base}/generate-jitconfig`, 'rest-jit', (request, reply) =>
      generateJit(world, request, reply),
    );
    route(app, 'GET', `${base}/:id`, 'get-runner', (request) =>
      describe(world, requireRecord(world, request)),
    );
    route(app, 'DELETE', `${base}/:id`, 'delete-runner', (request, reply) => {
      const runner = requireRecord(world, request);
      if (runner.job)
        throw restProblem(422, `Runner "${runner.name}" is currently running a job and cannot be deleted.`);
      removeRunner(world, runner);
      return reply.code(204).send();
    });
    if (!prefix.startsWith('/repos')) groupRoutes(app, world, prefix);
  }
}

function requireRecord(world: World, request: FastifyRequest): RunnerRecord {
  const scope = requireAdmin(world, request);
  const { id } = z.object({ id: z.coerce.number() }).parse(request.params);
  const runner = world.runners.get(id);
  if (runner?.scope !== scope) throw restProblem(404, 'Not Found');
  return runner;
}

function listRunners(world: World, request: FastifyRequest, reply: FastifyReply) {
  const scope = requireAdmin(world, request);
  const { name, per_page: size, page } = pageQuery.parse(request.query);
  const all = [...world.runners.values()].filter(
    (runner) => runner.scope === scope && (name === undefined || runner.name === name),
  );
  addLinks(world, request, reply, page, Math.max(1, Math.ceil(all.length / size)));
  const runners = all.slice((page - 1) * size, page * size).map((runner) => describe(world, runner));
  return { total_count: all.length, runners };
}

/** `Link`, present only where there is more than one page. */
function addLinks(
  world: World,
  request: FastifyRequest,
  reply: FastifyReply,
  page: number,
  last: number,
): void {
  const targets: [string, number, boolean][] = [
    ['prev', page - 1, page > 1],
    ['next', page + 1, page < last],
    ['last', last, page < last],
    ['first', 1, page > 1],
  ];
  const links = targets
    .filter(([, , isShown]) => isShown)
    .map(([rel, number]) => {
      const url = new URL(`/api/v3${request.url}`, world.origin);
      url.searchParams.set('page', String(number));
      return `<${url.href}>; rel="${rel}"`;
    });
  if (links.length > 0) reply.header('link', links.join(', '));
}

async function generateJit(world: World, request: FastifyRequest, reply: FastifyReply) {
  const scope = requireAdmin(world, request);
  const body = readBody(jitBody, request);
  if (!world.groups.some((group) => group.id === body.runner_group_id)) throw restProblem(404, 'Not Found');
  const order = {
    name: body.name,
    scope,
    scaleSetId: null,
    groupId: body.runner_group_id,
    labels: body.labels,
    workFolder: body.work_folder,
    disableUpdate: false,
  };
  const minted = findRunner(world, scope, body.name) ? null : await mint(world, order);
  if (!minted) throw restProblem(409, 'Already exists - A runner with the name already exists.');
  return reply.code(201).send({ runner: describe(world, minted.runner), encoded_jit_config: minted.jit });
}

function describeGroup(world: World, scope: Scope, group: Group) {
  const url = `${world.origin}/api/v3/${scope}/actions/runner-groups/${group.id}`;
  return {
    id: group.id,
    name: group.name,
    ...(scope.startsWith('orgs/') ? ofOrganization(group, url) : { visibility: 'all' }),
    default: group.isDefault,
    runners_url: `${url}/runners`,
    allows_public_repositories: group.allowsPublicRepositories,
    restricted_to_workflows: group.workflows !== null,
    selected_workflows: group.workflows ?? [],
    workflow_restrictions_read_only: false,
  };
}

/** An enterprise's group chooses organisations, which are not simulated; only an organisation's chooses repositories. */
function ofOrganization({ repositories }: Group, url: string) {
  const selected = { visibility: 'selected', selected_repositories_url: `${url}/repositories` };
  return { inherited: false, ...(repositories ? selected : { visibility: 'all' }) };
}

function groupRoutes(app: FastifyInstance, world: World, prefix: string): void {
  route(app, 'GET', `${prefix}/actions/runner-groups`, 'list-groups', (request) => {
    const scope = requireAdmin(world, request);
    const groups = world.groups.map((group) => describeGroup(world, scope, group));
    return { total_count: groups.length, runner_groups: groups };
  });
  route(app, 'GET', `${prefix}/actions/runner-groups/:id`, 'get-group', (request) => {
    const scope = requireAdmin(world, request);
    const { id } = z.object({ id: z.coerce.number() }).parse(request.params);
    const group = world.groups.find((each) => each.id === id);
    if (!group) throw restProblem(404, 'Not Found');
    return describeGroup(world, scope, group);
  });
}
