/** Runner references of the Actions service: looked up by id or name, and removed. */
import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { route, TENANT } from './http.ts';
import { actionsProblem } from './problem.ts';
import { findRunner, removeRunner } from './runners.ts';
import { requireAdminToken } from './scale-sets.ts';
import type { RunnerRecord, Scope, World } from './state.ts';
import { isOnline } from './statistics.ts';

const AGENTS = `${TENANT}/_apis/distributedtask/pools/0/agents`;
const byId = z.object({ id: z.coerce.number() });

function describe(world: World, runner: RunnerRecord): Record<string, unknown> {
  return {
    id: runner.id,
    name: runner.name,
    runnerScaleSetId: runner.scaleSetId,
    runnerGroupId: runner.groupId,
    version: runner.version,
    enabled: true,
    ephemeral: true,
    status: isOnline(world, runner) ? 'online' : 'offline',
    createdOn: new Date(runner.createdMs).toISOString(),
  };
}

export function agentRoutes(app: FastifyInstance, world: World): void {
  const find = (scope: Scope, params: unknown): RunnerRecord | null => {
    const runner = world.runners.get(byId.parse(params).id);
    return runner?.scope === scope ? runner : null;
  };
  const missing = () => actionsProblem(404, 'AgentNotFoundException', 'The agent was not found.');

  route(app, 'GET', AGENTS, 'find-agent', (request) => {
    const scope = requireAdminToken(world, request);
    const { agentName } = z.object({ agentName: z.string().optional() }).parse(request.query);
    const named = agentName === undefined ? null : findRunner(world, scope, agentName);
    const all = [...world.runners.values()].filter((runner) => runner.scope === scope);
    const value = (agentName === undefined ? all : named ? [named] : []).map((runner) =>
      describe(world, runner),
    );
    return { count: value.length, value };
  });

  route(app, 'GET', `${AGENTS}/:id`, 'get-agent', (request) => {
    const runner = find(requireAdminToken(world, request), request.params);
    if (!runner) throw missing();
    return describe(world, runner);
  });

  route(app, 'DELETE', `${AGENTS}/:id`, 'delete-agent', (request, reply) => {
    const runner = find(requireAdminToken(world, request), request.params);
    if (!runner && world.settings.unknownAgentDelete === '404') throw missing();
    if (runner?.job)
      throw actionsProblem(400, 'JobStillRunningException', `Runner ${runner.name} is still running a job.`);
    if (runner) removeRunner(world, runner);
    return reply.code(204).send();
  });
}
