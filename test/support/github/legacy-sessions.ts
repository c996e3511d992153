/**
 * Where a runner that does not know the broker begins: the service directory and the older session, which sends it on to
 * the broker. (actions/runner: src/Sdk/DTWebApi/WebApi/TaskAgentSession.cs, BrokerMigrationMessage.cs,
 * src/Sdk/WebApi/WebApi/Location/)
 */
import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { route, TENANT } from './http.ts';
import { actionsProblem } from './problem.ts';
import { findRunnerByToken } from './runner-auth.ts';
import { BROKER } from './runners.ts';
import type { World } from './state.ts';

/** By these ids clients look up the paths. (actions/runner: src/Sdk/DTWebApi/WebApi/TaskResourceIds.cs) */
const SERVICES = [
  {
    identifier: '134e239e-2df3-4794-a6f6-24f1f19ec8dc',
    displayName: 'sessions',
    relativePath: '/_apis/{area}/pools/{poolId}/{resource}/{sessionId}',
  },
];

export function legacySessionRoutes(app: FastifyInstance, world: World): void {
  const serviceDefinitions = SERVICES.map((service) => ({
    ...service,
    serviceType: 'distributedtask',
    relativeToSetting: 'context',
    resourceVersion: 1,
    minVersion: '1.0',
    maxVersion: '6.0',
  }));
  route(app, 'GET', `${TENANT}/_apis/connectionData`, 'connection-data', (request) => {
    findRunnerByToken(world, request);
    const instanceId = randomUUID();
    return { instanceId, deploymentId: instanceId, locationServiceData: { serviceDefinitions } };
  });

  route(app, 'POST', `${TENANT}/_apis/distributedtask/pools/:pool/sessions`, 'legacy-session', (request) => {
    const runner = findRunnerByToken(world, request);
    if (!runner) throw actionsProblem(404, 'TaskAgentNotFoundException', 'The agent was not found.');
    const brokerBaseUrl = world.origin + BROKER.replace(/\/$/, '');
    return { sessionId: randomUUID(), ownerName: runner.name, brokerMigrationMessage: { brokerBaseUrl } };
  });
}
