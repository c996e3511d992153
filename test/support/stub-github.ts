/**
 * A scripted GitHub for the tests of `src/github`: answers route by route, in the order given, and keeps what it was
 * asked. It has no behaviour of its own beyond that; the simulated GitHub has.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import { createGitHub, type GitHubOptions } from '../../src/github/create-github.ts';

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** `performance.now()` when it was asked. */
  readonly atMs: number;
  /** The client hung up before it had an answer. */
  hungUp: boolean;
}

export interface Answer {
  readonly status?: number;
  readonly json?: unknown;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Never answer; the client must give up by itself. */
  readonly hang?: boolean;
  /** Break the connection. */
  readonly reset?: boolean;
}

/** Given `n`, how often the route was asked before. */
type Script = (asked: Asked, n: number) => Answer | Promise<Answer>;

export interface StubGitHub extends AsyncDisposable {
  readonly url: string;
  readonly asked: readonly Asked[];
  /** Sets a route's answers, given one after the other; the last is given for ever. */
  on(route: string, ...answers: readonly (Answer | Script)[]): void;
  /** What came in on a route, as in `GET /queue`. */
  to(route: string): readonly Asked[];
}

const HOUR_MS = 3_600_000;

/** An unsigned token that expires after `ms`. */
export function jwt(name: string, ms = HOUR_MS): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  return `${encode({ alg: 'RS256' })}.${encode({ name, exp: Math.floor((Date.now() + ms) / 1_000) })}.sig`;
}

/** Actions service paths, below the path of the base as it was returned. */
export const TENANT = '/tenant/1';
export const SETS = `${TENANT}/_apis/runtime/runnerscalesets`;
export const AGENTS = `${TENANT}/_apis/distributedtask/pools/0/agents`;
export const REGISTER = 'POST /api/v3/actions/runner-registration';

export function problem(status: number, typeName: string): Answer {
  const json = {
    typeName: `GitHub.Actions.Runtime.WebApi.${typeName}, GitHub.Actions`,
    message: `said ${typeName}`,
  };
  return { status, json };
}

export async function stubGitHub(): Promise<StubGitHub> {
  const asked: Asked[] = [];
  const routes = new Map<string, readonly (Answer | Script)[]>();
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://stub');
    const atMs = performance.now();
    const body = await textOf(request);
    const { method = '', headers } = request;
    const entry: Asked = {
      method,
      path: url.pathname,
      query: url.search,
      headers,
      body,
      atMs,
      hungUp: false,
    };
    response.on('close', () => {
      entry.hungUp = !response.writableFinished;
    });
    const route = `${method} ${url.pathname}`;
    const n = asked.filter((other) => `${other.method} ${other.path}` === route).length;
    asked.push(entry);
    const script = routes.get(route) ?? [{ status: 404, json: { message: `no route ${route}` } }];
    const step = script[Math.min(n, script.length - 1)] ?? {};
    reply(response, typeof step === 'function' ? await step(entry, n) : step);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stub: StubGitHub = {
    url: `http://127.0.0.1:${portOf(server.address())}`,
    asked,
    on: (route, ...answers) => void routes.set(route, answers),
    to: (route) => asked.filter((entry) => `${entry.method} ${entry.path}` === route),
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
  script(stub);
  return stub;
}

function portOf(address: AddressInfo | string | null): number {
  if (typeof address !== 'object' || !address) throw new Error('the stub is not listening on a port');
  return address.port;
}

function reply(response: ServerResponse, answer: Answer): void {
  if (answer.hang) return;
  if (answer.reset) {
    response.destroy();
    return;
  }
  const body = answer.text ?? (answer.json === undefined ? '' : JSON.stringify(answer.json));
  response
    .writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...answer.headers })
    .end(body);
}

/** The ordinary answers: one scale set (7), one session, an empty queue that is held. */
function script(stub: StubGitHub): void {
  stub.on('POST /api/v3/orgs/acme/actions/runners/registration-token', {
    status: 201,
    json: { token: 'registration-secret' },
  });
  stub.on(REGISTER, (_, n) => ({ json: { url: `${stub.url}${TENANT}/`, token: jwt(`admin-secret-${n}`) } }));
  stub.on(`GET ${TENANT}/_apis/runtime/runnergroups/`, {
    json: { count: 1, value: [{ id: 3, name: 'macs' }] },
  });
  stub.on(`GET ${SETS}`, { json: { count: 1, value: [aSet(7)] } });
  stub.on(`POST ${SETS}/7/sessions`, (_, n) => ({ json: aSession(stub.url, n) }));
  stub.on(`DELETE ${SETS}/7/sessions/${SESSION_ID}`, { status: 204 });
  stub.on('GET /queue', { hang: true });
}

export const SESSION_ID = '6f1e2d3c-0000-4000-8000-00000000abcd';

export function aSet(id: number, labels: readonly string[] = ['self-hosted', 'xcode']) {
  return { id, name: 'mr-abc123-ios', labels: labels.map((name) => ({ type: 'system', name })) };
}

export function aSession(url: string, n: number, totalAssignedJobs = 0) {
  return {
    sessionId: SESSION_ID,
    messageQueueUrl: `${url}/queue?tenant=a%20b`,
    messageQueueAccessToken: jwt(`queue-secret-${n}`),
    statistics: { totalAssignedJobs },
  };
}

export function aMessage(messageId: number, entries: readonly object[], totalAssignedJobs = entries.length) {
  return {
    messageId,
    messageType: 'RunnerScaleSetJobMessages',
    body: JSON.stringify(entries),
    statistics: { totalAssignedJobs },
  };
}

interface Logged {
  readonly level: string;
  readonly message: string;
  readonly fields: unknown;
}

/** The room under test against `stub`, with waits short enough for a test. */
export function gitHubOver(stub: StubGitHub, options: Partial<GitHubOptions> = {}) {
  const logged: Logged[] = [];
  const { timings, ...others } = options;
  const github = createGitHub({
    url: `${stub.url}/acme`,
    runnerGroup: 'default',
    auth: { kind: 'token', token: async () => 'ghp_configured-secret' },
    hostId: 'abc123',
    log: (level, message, fields) => void logged.push({ level, message, fields }),
    ...others,
    timings: { retryBaseMs: 2, backoffBaseMs: 2, conflictRetryMs: 2, restRetryBaseMs: 1, ...timings },
  });
  return { github, logged, queue: github.queue({ name: 'ios', labels: ['self-hosted', 'xcode'] }) };
}
