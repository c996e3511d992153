/** Runner groups, scale sets, JIT configurations and runner references, as the Actions service serves them. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { assign, requeue } from './assignment.ts';
import { createGate } from './gate.ts';
import { readBody, readToken, route, TENANT } from './http.ts';
import { actionsProblem } from './problem.ts';
import { findRunner, mint, removeRunner } from './runners.ts';
import type { ScaleSet, Scope, World } from './state.ts';
import { statisticsOf } from './statistics.ts';

const SETS = `${TENANT}/_apis/runtime/runnerscalesets`;
const FIRST_MESSAGE_ID = 100_000_001;

const setting = z.object({ disableUpdate: z.boolean().optional() }).optional();
/** Both spellings of the setting: the real service ignores case. */
const setBody = z.object({
  name: z.string().min(1).optional(),
  runnerGroupId: z.int().optional(),
  labels: z.array(z.object({ name: z.string().min(1), type: z.string().optional() })).nullish(),
  RunnerSetting: setting,
  runnerSetting: setting,
});

/** Names the scope. @throws 401 for anything but a live admin token, 400 without the API version */
export function requireAdminToken(world: World, request: FastifyRequest): Scope {
  const token = world.tokens.find('admin', readToken(request, 'Bearer'));
  if (!token) throw actionsProblem(401, 'InvalidTokenException', 'The token is not valid for this service.');
  const query = z.object({ 'api-version': z.string().optional() }).parse(request.query);
  if (!query['api-version']?.startsWith('6.0-preview')) {
    throw actionsProblem(400, 'VssVersionNotSpecifiedException', 'No api-version was supplied.');
  }
  return token.scope;
}

/** The scale set of the path, within the token's scope. @throws 404 */
export function requireSet(world: World, scope: Scope, request: FastifyRequest): ScaleSet {
  const { id } = z.object({ id: z.coerce.number() }).parse(request.params);
  const set = world.scaleSets.get(id);
  if (set?.scope === scope) return set;
  throw actionsProblem(
    404,
    'RunnerScaleSetNotFoundException',
    `No runner scale set found with identifier ${id}.`,
  );
}

export function describeSet(world: World, set: ScaleSet): Record<string, unknown> {
  return {
    id: set.id,
    name: set.name,
    runnerGroupId: set.groupId,
    runnerGroupName: world.groups.find((group) => group.id === set.groupId)?.name,
    labels: set.labels.map((name, index) => ({ id: index + 1, type: 'system', name })),
    RunnerSetting: { disableUpdate: set.disableUpdate },
    createdOn: new Date(set.createdMs).toISOString(),
    runnerJitConfigUrl: `${world.origin}${SETS}/${set.id}/generatejitconfig`,
    statistics: statisticsOf(world, set),
  };
}

export function scaleSetRoutes(app: FastifyInstance, world: World): void {
  route(app, 'GET', `${TENANT}/_apis/runtime/runnergroups/`, 'runner-groups', (request) => {
    requireAdminToken(world, request);
    const { groupName } = z.object({ groupName: z.string().optional() }).parse(request.query);
    const value = world.groups
      .filter((group) => groupName === undefined || group.name.toLowerCase() === groupName.toLowerCase())
      .map((group) => ({ id: group.id, name: group.name, size: 0, isDefaultGroup: group.isDefault }));
    return { count: value.length, value };
  });

  route(app, 'GET', SETS, 'list-scale-sets', (request) => {
    const scope = requireAdminToken(world, request);
    const query = z
      .object({ name: z.string().optional(), runnerGroupId: z.coerce.number().optional() })
      .parse(request.query);
    const value = [...world.scaleSets.values()]
      .filter((set) => set.scope === scope && (query.name === undefined || isNamed(set, query.name)))
      .filter((set) => query.runnerGroupId === undefined || set.groupId === query.runnerGroupId)
      .map((set) => describeSet(world, set));
    return { count: value.length, value };
  });

  route(app, 'GET', `${SETS}/:id`, 'get-scale-set', (request) =>
    describeSet(world, requireSet(world, requireAdminToken(world, request), request)),
  );
  route(app, 'POST', SETS, 'create-scale-set', (request) => {
    const scope = requireAdminToken(world, request);
    return describeSet(world, createSet(world, scope, readBody(setBody, request)));
  });
  route(app, 'PATCH', `${SETS}/:id`, 'update-scale-set', (request) => {
    const set = requireSet(world, requireAdminToken(world, request), request);
    updateSet(world, set, readBody(setBody, request));
    return describeSet(world, set);
  });
  route(app, 'DELETE', `${SETS}/:id`, 'delete-scale-set', (request, reply) => {
    deleteSet(world, requireSet(world, requireAdminToken(world, request), request));
    return reply.code(204).send();
  });

  route(app, 'POST', `${SETS}/:id/generatejitconfig`, 'generate-jit-config', async (request) => {
    const scope = requireAdminToken(world, request);
    const set = requireSet(world, scope, request);
    const { name, workFolder } = readBody(
      z.object({ name: z.string().min(1).max(64), workFolder: z.string().default('') }),
      request,
    );
    const { id: scaleSetId, groupId, labels, disableUpdate } = set;
    const order = { name, workFolder, scope, scaleSetId, groupId, labels, disableUpdate };
    const minted = findRunner(world, scope, name) ? null : await mint(world, order);
    if (!minted)
      throw actionsProblem(
        409,
        'AgentExistsException',
        `Runner scale set already contains a runner named ${name}.`,
      );
    const { runner, jit } = minted;
    return {
      runner: { id: runner.id, name, runnerScaleSetId: set.id, runnerGroupId: groupId },
      encodedJITConfig: jit,
    };
  });
}

function isNamed(set: ScaleSet, name: string): boolean {
  return set.name.toLowerCase() === name.toLowerCase();
}

function createSet(world: World, scope: Scope, body: z.output<typeof setBody>): ScaleSet {
  const { name, runnerGroupId: groupId = 1, labels } = body;
  if (name === undefined) throw actionsProblem(400, 'ArgumentNullException', 'name is required');
  requireFree(world, scope, name, groupId, null);
  const nowMs = world.clock.now();
  const set: ScaleSet = {
    id: world.nextId('scale-set'),
    scope,
    name,
    groupId,
    labels: labelsOf(world, labels, name),
    disableUpdate: disableUpdateOf(body) ?? false,
    createdMs: nowMs,
    session: null,
    capacity: null,
    announced: [],
    log: [],
    pending: [],
    nextMessageId: FIRST_MESSAGE_ID,
    gate: createGate(world.clock),
    lastSessionMs: nowMs,
  };
  world.scaleSets.set(set.id, set);
  world.keys.warm();
  deleteWhenInactive(world, set);
  return set;
}

function requireFree(world: World, scope: Scope, name: string, groupId: number, self: ScaleSet | null): void {
  const group = world.groups.find((each) => each.id === groupId);
  if (!group)
    throw actionsProblem(400, 'RunnerGroupNotFoundException', `No runner group with identifier ${groupId}.`);
  const taken = [...world.scaleSets.values()].some(
    (set) => set !== self && set.scope === scope && set.groupId === groupId && isNamed(set, name),
  );
  if (taken)
    throw actionsProblem(400, 'RunnerScaleSetExistsException', `Runner scale set ${name} already exists.`);
}

function labelsOf(world: World, labels: z.output<typeof setBody>['labels'], name: string): readonly string[] {
  const names = labels?.map((label) => label.name) ?? [];
  const given = names.length > 0 ? [...new Set(names)] : [name];
  return world.settings.dropExtraLabels ? given.slice(0, 1) : given;
}

function disableUpdateOf(body: z.output<typeof setBody>): boolean | undefined {
  return (body.RunnerSetting ?? body.runnerSetting)?.disableUpdate;
}

function updateSet(world: World, set: ScaleSet, body: z.output<typeof setBody>): void {
  const { name = set.name, runnerGroupId = set.groupId } = body;
  requireFree(world, set.scope, name, runnerGroupId, set);
  set.name = name;
  set.groupId = runnerGroupId;
  if (body.labels) set.labels = labelsOf(world, body.labels, name);
  set.disableUpdate = disableUpdateOf(body) ?? set.disableUpdate;
  assign(world);
}

/** Sessions end, idle runners lose their records, assigned jobs are queued anew; running jobs go on. */
export function deleteSet(world: World, set: ScaleSet): void {
  world.scaleSets.delete(set.id);
  if (set.session) world.tokens.revoke(set.session.token);
  set.session = null;
  set.gate.wake();
  for (const runner of [...world.runners.values()]) {
    if (runner.scaleSetId === set.id && runner.job === null) removeRunner(world, runner);
  }
  for (const job of world.openJobs)
    if (job.scaleSetId === set.id && job.status === 'assigned' && !job.runner) requeue(job);
  assign(world);
}

/** GitHub itself deletes sets that nobody listens to. */
function deleteWhenInactive(world: World, set: ScaleSet): void {
  const idleMs = world.settings.scaleSetIdleMs;
  const check = () => {
    if (!world.scaleSets.has(set.id)) return;
    if (set.session) set.lastSessionMs = Math.max(set.lastSessionMs, set.session.lastSeenMs);
    const leftMs = set.lastSessionMs + idleMs - world.clock.now();
    if (leftMs <= 0 && set.gate.held === 0) deleteSet(world, set);
    else world.clock.after(Math.max(leftMs, 60_000), check);
  };
  world.clock.after(idleMs, check);
}
