/**
 * GitHub's OpenAPI descriptions (`@octokit/openapi`) as judge of every REST exchange: what the simulated GitHub answers,
 * and what our own client sends. Organisations and repositories are held against github.com and Enterprise Server,
 * enterprises against Enterprise Cloud and Enterprise Server.
 */
import { fastify } from 'fastify';
import { createGitHub, type GitHubOptions } from '../../../src/github/create-github.ts';
import { createAppKey } from '../../support/github/app-key.ts';
import { bootstrapRoutes } from '../../support/github/bootstrap.ts';
import { loadOpenApi } from '../../support/github/open-api.ts';
import { optionsSchema } from '../../support/github/options.ts';
import { deliveryRoutes } from '../../support/github/rest-deliveries.ts';
import { runnerRoutes } from '../../support/github/rest-runners.ts';
import { runRoutes } from '../../support/github/rest-runs.ts';
import { startGitHub } from '../../support/github/start.ts';
import { createWorld } from '../../support/github/state.ts';
import { packageVersion } from '../package-version.ts';
import { type Exchange, openRecorder } from '../recorder.ts';
import { addressOf, checksOf } from '../rest-judgement.ts';
import { type Tour, tourRest } from '../rest-tour.ts';
import type { Check, Suite, SuiteContext } from '../suite.ts';

const APP = { issuer: 'Iv23interop', installationId: 4242 };
const ADMIN = 'ghp_simulated-personal-access-token';
const READER = 'ghp_simulated-reader';

export const suite: Suite = {
  name: 'openapi',
  program: '@octokit/openapi',
  missing: async () => null,
  version: () => packageVersion('@octokit/openapi'),
  async checks(context) {
    const exchanges = await record(context);
    const judges = [
      { name: 'github.com', api: loadOpenApi('api.github.com') },
      { name: 'Enterprise Cloud', api: loadOpenApi('ghec') },
      { name: 'Enterprise Server 3.19', api: loadOpenApi('ghes-3.19') },
    ];
    return [everyRouteWasDriven(exchanges), ...judges.flatMap((judge) => checksOf(judge, exchanges))];
  },
};

/** What a tour of all routes, and our own client at work, exchange with the simulated GitHub. */
async function record({ stack }: SuiteContext): Promise<readonly Exchange[]> {
  const key = createAppKey();
  const target = fastify();
  target.post('/hook', async () => 'heard');
  stack.defer(() => target.close());
  const hook = `${await target.listen({ host: '127.0.0.1', port: 0 })}/hook`;
  const github = await startGitHub({
    app: { issuers: [APP.issuer], installationId: APP.installationId, publicKeyPem: key.publicKeyPem },
    pats: { [ADMIN]: 'admin', [READER]: 'read' },
    webhooks: { url: hook, secret: 'interop' },
    groups: [{ name: 'strict', repositories: ['acme/app'], workflows: ['acme/app/x@main'] }],
  });
  stack.defer(() => github.close());
  const recorder = await openRecorder(github.origin);
  stack.defer(() => recorder.close());
  const tour: Tour = {
    github,
    api: `${recorder.origin}/api/v3`,
    app: { ...APP, key },
    admin: ADMIN,
    reader: READER,
  };
  await tourRest(tour);
  const app = { kind: 'app', clientId: APP.issuer, installationId: APP.installationId } as const;
  for (const path of ['/acme', '/acme/app']) {
    await useOurClient(recorder.origin + path, { ...app, privateKey: async () => key.privateKeyPem });
  }
  await lookByRest(`${recorder.origin}/acme/app`);
  await useOurClient(`${recorder.origin}/enterprises/acme`, { kind: 'token', token: async () => ADMIN });
  return recorder.exchanges;
}

/** Everything that our client asks of the REST API: an App's token, a registration token, the list of runners. */
async function useOurClient(url: string, auth: GitHubOptions['auth']): Promise<void> {
  const signal = AbortSignal.timeout(60_000);
  const github = createGitHub({ url, runnerGroup: 'default', hostId: 'aaaaaa', auth });
  await github.registrations('mr-', signal);
  await github.queue({ name: 'pool', labels: ['macOS'] }).mint('mr-aaaaaa-pool-1', signal);
}

/** What our client asks where there are no scale sets: for runs and their jobs, for a credential, to remove a runner. */
async function lookByRest(url: string): Promise<void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(60_000)]);
  const auth = { kind: 'token', token: async () => ADMIN } as const;
  const github = createGitHub({ url, runnerGroup: 'default', hostId: 'aaaaaa', auth, queue: 'rest' });
  const queue = github.queue({ name: 'pool', labels: ['self-hosted', 'macOS'] });
  const looked = Promise.withResolvers<void>();
  const listening = queue.listen(
    {
      ...{ capacity: () => 1, onMessage: async () => undefined, openJobs: () => [] },
      ...{ onCount: async () => looked.resolve(), onTrouble: looked.reject, onProblems: () => undefined },
      ...{ formerSession: () => null, onSession: () => undefined },
    },
    signal,
  );
  await looked.promise;
  const { registrationId } = await queue.mint('mr-aaaaaa-pool-2', signal);
  await queue.remove(registrationId, signal);
  stop.abort();
  await listening;
}

/** So that a route which is added later is not left out of the tour. */
function everyRouteWasDriven(exchanges: readonly Exchange[]): Check {
  return {
    name: 'every REST route of the simulated GitHub was driven, to each kind of answer',
    async run() {
      const driven = exchanges.map((exchange) => `${exchange.method} ${addressOf(exchange).path}`);
      const missed = restRoutes().filter((route) => {
        const pattern = new RegExp(`^${route.replaceAll(/:\w+/g, '[^/]+')}$`);
        return !driven.some((line) => pattern.test(line));
      });
      if (missed.length > 0) throw new Error(`not driven: ${missed.join(', ')}`);
      const seen = new Set(exchanges.map(({ status }) => status));
      const never = [200, 201, 202, 204, 401, 403, 404, 409, 422].filter((status) => !seen.has(status));
      if (never.length > 0) throw new Error(`never answered: ${never.join(', ')}`);
    },
  };
}

/** As `GET /orgs/:org/actions/runners`. */
function restRoutes(): readonly string[] {
  const app = fastify();
  const routes: string[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    if (method !== 'HEAD' && !url.startsWith('/_control')) routes.push(`${String(method)} ${url}`);
  });
  const world = createWorld(optionsSchema.parse({}));
  for (const addRoutes of [bootstrapRoutes, runnerRoutes, runRoutes, deliveryRoutes]) addRoutes(app, world);
  return routes;
}
