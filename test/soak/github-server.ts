/**
 * The simulation's GitHub on a real socket: plain HTTP on loopback, in the addresses of a GitHub Enterprise Server. The
 * rules are the simulation's; here is only what carries them: paths of the REST API, addresses, length of credentials.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Connection } from '../simulation/github/simulated-github.ts';
import { JIT_LENGTH } from './conditions.ts';

export interface GitHubServer {
  /** What the agent's configuration says. */
  readonly url: string;
  close(): Promise<void>;
}

export async function serveGitHub(connection: Connection): Promise<GitHubServer> {
  const server = createServer((request, response) => {
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    answer(connection, request, gone.signal).then(
      ({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(onWire(body, originOf(request)));
      },
      (error: unknown) => {
        if (!gone.signal.aborted) fail(response, error);
      },
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server has no port');
  return {
    url: `http://127.0.0.1:${address.port}/acme`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

async function answer(
  { http, rest }: Connection,
  request: IncomingMessage,
  signal: AbortSignal,
): Promise<Answer> {
  const { method = 'GET', url: path = '/' } = request;
  if (path.startsWith(`${RUNNERS}/registration-token`)) {
    const token = await rest.registrationToken(signal);
    return { status: 201, body: JSON.stringify({ token, expires_at: '2099-01-01T00:00:00Z' }) };
  }
  if (path.startsWith(RUNNERS)) {
    const runners = await rest.runners(signal);
    return { status: 200, body: JSON.stringify({ total_count: runners.length, runners }) };
  }
  const text = await textOf(request);
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  );
  const url = new URL(path, 'http://simulated');
  const answered = await http(url, { method, headers, body: text === '' ? null : text, signal });
  return { status: answered.status, body: await answered.text() };
}

const RUNNERS = '/api/v3/orgs/acme/actions/runners';

async function textOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces).toString('utf8');
}

function originOf(request: IncomingMessage): string {
  return `http://${request.headers.host}`;
}

const FILLING = 'x'.repeat(JIT_LENGTH);

/** The simulation's services have hosts of their own, and its credentials are short. */
function onWire(body: string, origin: string): string {
  return body
    .replace(/https:\/\/\w+\.simulated/g, origin)
    .replace(/(?<="encodedJITConfig":")[^"]+/, (jit) =>
      Buffer.from(`${jit} ${FILLING}`).toString('base64').slice(0, JIT_LENGTH),
    );
}

/** What the simulation knows the credential by. */
export function offWire(jitConfig: string): string {
  return Buffer.from(jitConfig, 'base64').toString('utf8').split(' ')[0] ?? '';
}

function fail(response: ServerResponse, error: unknown): void {
  response.writeHead(500, { 'content-type': 'text/plain' });
  response.end(String(error));
}
