/**
 * An agent's control socket without an agent: answers canned reports, each checked against the contract before it is
 * served, so that a test cannot rest on a form that no agent sends. Keeps what it was asked.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as z from 'zod';
import {
  drainReport,
  errorReport,
  eventLine,
  jobDetail,
  reloadReport,
  runnerDetail,
  runnerList,
  statusReport,
  stopReport,
} from '../../src/daemon/report.ts';

interface Answer {
  readonly status: number;
  readonly text: string;
  /** Leaves the connection open, as a stream that is followed. */
  readonly isOpen: boolean;
}

type Route = () => Answer | Promise<Answer>;

export interface ControlServer extends AsyncDisposable {
  readonly directory: string;
  readonly socketPath: string;
  /** `METHOD /path` and the body of every request so far. */
  readonly asked: readonly { readonly what: string; readonly body: string }[];
  /** Sets what `METHOD /path` answers from now on. A path without its query fits any. */
  on(what: string, route: Route): void;
  /** Ends every open stream, as an agent that stops. */
  hangUp(): void;
}

/** Listens where the program looks for its agent when `directory` is its home. */
export async function startControlServer(): Promise<ControlServer> {
  const directory = mkdtempSync(join(tmpdir(), 'mr-cli-'));
  const socketPath = join(directory, 'run', 'agent.sock');
  mkdirSync(join(directory, 'run'));
  const routes = new Map<string, Route>();
  const asked: { what: string; body: string }[] = [];
  const open = new Set<ServerResponse>();
  const server = createServer((request, response) => void serve(request, response));

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const what = `${request.method} ${request.url}`;
    asked.push({ what, body: (await request.toArray()).join('') });
    const route = routes.get(what) ?? routes.get(what.split('?')[0] ?? '');
    const answer = route ? await route() : refusal(404, 'not-found', `nothing at ${what}`);
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    if (!answer.isOpen) return void response.end(answer.text);
    open.add(response);
    response.write(answer.text);
  }

  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    directory,
    socketPath,
    asked,
    on: (what, route) => void routes.set(what, route),
    hangUp: () => {
      for (const response of open) response.end();
      open.clear();
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function checked<Schema extends z.ZodType>(schema: Schema) {
  return (value: z.input<Schema>): Answer => ({
    status: 200,
    text: JSON.stringify(schema.parse(value)),
    isOpen: false,
  });
}

export const answer = {
  status: checked(statusReport),
  job: checked(jobDetail),
  runner: checked(runnerDetail),
  runners: checked(runnerList),
  drain: checked(drainReport),
  reload: checked(reloadReport),
  stop: checked(stopReport),
  events: (events: readonly z.input<typeof eventLine>[], { isOpen = false } = {}): Answer => ({
    status: 200,
    text: events.map((event) => `${JSON.stringify(eventLine.parse(event))}\n`).join(''),
    isOpen,
  }),
  /** Whatever no agent should send. */
  raw: (text: string, status = 200): Answer => ({ status, text, isOpen: false }),
};

export function refusal(status: number, code: string, message: string, hint: string | null = null): Answer {
  return {
    status,
    text: JSON.stringify(errorReport.parse({ v: 1, error: { code, message, hint } })),
    isOpen: false,
  };
}
