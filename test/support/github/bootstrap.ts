/** The three hops from an identity to an Actions-service token: App assertion, registration token, admin token. */

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { importSPKI, jwtVerify } from 'jose';
import * as z from 'zod';
import { readBody, readToken, route, TENANT } from './http.ts';
import { restProblem } from './problem.ts';
import type { Scope, World } from './state.ts';

const LONGEST_ASSERTION_S = 600;

export function bootstrapRoutes(app: FastifyInstance, world: World): void {
  const usedAssertions = new Set<string>();

  route(app, 'POST', '/app/installations/:id/access_tokens', 'access-tokens', async (request, reply) => {
    const { id } = z.object({ id: z.coerce.number() }).parse(request.params);
    const assertion = readToken(request, 'Bearer');
    await checkAssertion(world, assertion);
    if (usedAssertions.has(assertion)) throw restProblem(401, 'This assertion was used before');
    usedAssertions.add(assertion);
    world.tokens.addSecret(assertion);
    if (world.settings.app?.installationId !== id) throw restProblem(404, 'Not Found');
    const token = world.tokens.issue('installation', '*', world.settings.installationTokenMs);
    const permissions = {
      organization_self_hosted_runners: 'write',
      administration: 'write',
      actions: 'write',
      contents: 'read',
    };
    return reply.code(201).send({
      token: token.value,
      expires_at: new Date(token.expiresMs).toISOString(),
      permissions,
      repository_selection: 'all',
    });
  });

  for (const prefix of SCOPE_PREFIXES) {
    for (const kind of ['registration', 'remove'] as const) {
      route(app, 'POST', `${prefix}/actions/runners/${kind}-token`, `${kind}-token`, (request, reply) => {
        const scope = requireAdmin(world, request);
        const token = world.tokens.issue(kind, scope, world.settings.registrationTokenMs);
        return reply
          .code(201)
          .send({ token: token.value, expires_at: new Date(token.expiresMs).toISOString() });
      });
    }
  }

  route(app, 'POST', '/actions/runner-registration', 'runner-registration', (request) => {
    const token = world.tokens.find('registration', readToken(request, 'RemoteAuth'));
    if (!token) throw restProblem(401, 'Bad credentials');
    const body = readBody(z.object({ url: z.string(), runner_event: z.literal('register') }), request);
    if (scopeOfUrl(body.url) !== token.scope) throw restProblem(404, 'Not Found');
    const admin = world.tokens.issue('admin', token.scope, world.settings.adminTokenMs);
    return {
      url: `${world.origin}${TENANT}/`,
      token: admin.value,
      token_schema: 'OAuthAccessToken',
      use_v2_flow: true,
    };
  });
}

/** @throws 401 unless the App signed it, for a short time */
export async function checkAssertion(world: World, assertion: string): Promise<void> {
  const app = world.settings.app;
  if (!app) throw restProblem(401, 'A JSON web token could not be decoded');
  const nowS = world.clock.now() / 1000;
  try {
    const key = await importSPKI(app.publicKeyPem, 'RS256');
    const currentDate = new Date(world.clock.now());
    const options = {
      algorithms: ['RS256'],
      issuer: app.issuers,
      currentDate,
      requiredClaims: ['exp', 'iat', 'iss'],
    };
    const { payload } = await jwtVerify(assertion, key, options);
    if ((payload.exp ?? 0) > nowS + LONGEST_ASSERTION_S) throw new Error("'exp' is too far in the future");
    if ((payload.iat ?? 0) > nowS) throw new Error("'iat' must not be in the future");
  } catch (error) {
    throw restProblem(401, `A JSON web token could not be decoded: ${String(error)}`);
  }
}

/** Under which the routes of runners exist. */
export const SCOPE_PREFIXES = ['/orgs/:org', '/repos/:owner/:repo', '/enterprises/:enterprise'] as const;

const scopeParams = z.object({
  org: z.string().optional(),
  owner: z.string().optional(),
  repo: z.string().optional(),
  enterprise: z.string().optional(),
});

function scopeOfParams(params: unknown): Scope {
  const { org, owner, repo, enterprise } = scopeParams.parse(params);
  if (org !== undefined) return `orgs/${org}`;
  return enterprise !== undefined ? `enterprises/${enterprise}` : `repos/${owner}/${repo}`;
}

/** The scope that a configuration URL names, or null. (actions/scaleset: config.go) */
function scopeOfUrl(url: string): Scope | null {
  const parts = URL.canParse(url) ? new URL(url).pathname.split('/').filter((part) => part !== '') : [];
  const [first, second, third] = parts;
  if (first === undefined || third !== undefined) return null;
  if (second === undefined) return `orgs/${first}`;
  return first.toLowerCase() === 'enterprises' ? `enterprises/${second}` : `repos/${first}/${second}`;
}

/** @throws 401 without a live identity, 404 for what does not exist */
export function requireIdentity(world: World, request: FastifyRequest): 'admin' | 'read' {
  const value = readToken(request, 'Bearer') || readToken(request, 'token');
  const access = world.tokens.find('installation', value) ? 'admin' : world.settings.pats[value];
  if (!access) throw restProblem(401, 'Bad credentials');
  return access;
}

/** The request's scope. @throws 401, 403 without administration rights, 404 for an unknown owner */
export function requireAdmin(world: World, request: FastifyRequest): Scope {
  const access = requireIdentity(world, request);
  const scope = scopeOfParams(request.params);
  if (!world.settings.owners.includes(scope.split('/')[1] ?? '')) throw restProblem(404, 'Not Found');
  if (access !== 'admin') throw restProblem(403, 'Resource not accessible by personal access token');
  return scope;
}
