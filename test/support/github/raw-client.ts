/**
 * A client of the simulated GitHub without any cleverness: one HTTP request per call, nothing retried or refreshed.
 * Tests use it to look at the simulator itself, and to play the listener or the runner against the product.
 */
import * as z from 'zod';
import { type Runner, runnerOf } from './raw-runner.ts';
import type { SimulatedGitHub } from './start.ts';

const loose = z.record(z.string(), z.unknown());

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON object, `{}` when it is none. */
  readonly body: z.output<typeof loose>;
}

export interface CallOptions {
  readonly authorization?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

const TIMEOUT_MS = 120_000;

export async function call(method: string, url: string, options: CallOptions = {}): Promise<Answer> {
  const { authorization, headers = {}, body, signal } = options;
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(url, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(authorization === undefined ? {} : { authorization }),
      ...headers,
    },
    signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: parseObject(text) };
}

function parseObject(text: string): z.output<typeof loose> {
  try {
    const parsed = loose.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : {};
  } catch {
    return {}; // plain text, cut or empty: the caller looks at `text`
  }
}

export const PAT = 'Bearer ghp_simulated-personal-access-token';

const sessionSchema = z.object({
  sessionId: z.uuid(),
  messageQueueUrl: z.url(),
  messageQueueAccessToken: z.string(),
});
const messageSchema = z.object({
  messageId: z.int(),
  messageType: z.string(),
  body: z.string(),
  statistics: z.record(z.string(), z.int()),
});
const eventsSchema = z.array(z.looseObject({ messageType: z.string(), jobId: z.string() }));

export type RawMessage = z.output<typeof messageSchema>;

export interface Actions {
  /** The returned base, with its path. */
  readonly base: string;
  readonly authorization: string;
  call(method: string, path: string, body?: unknown): Promise<Answer>;
}

/** Hops 1 and 2. `scope` is the path of the configuration URL. */
export async function bootstrap(github: SimulatedGitHub, scope = 'acme'): Promise<Actions> {
  const prefix = scope.includes('/') ? `repos/${scope}` : `orgs/${scope}`;
  const rest = `${github.origin}/api/v3`;
  const first = await call('POST', `${rest}/${prefix}/actions/runners/registration-token`, {
    authorization: PAT,
  });
  const second = await call('POST', `${rest}/actions/runner-registration`, {
    authorization: `RemoteAuth ${String(first.body.token)}`,
    body: { url: `${github.origin}/${scope}`, runner_event: 'register' },
  });
  const base = String(second.body.url);
  const authorization = `Bearer ${String(second.body.token)}`;
  return {
    base,
    authorization,
    call(method, path, body) {
      const url = `${base}${path}${path.includes('?') ? '&' : '?'}api-version=6.0-preview`;
      return call(method, url, { authorization, ...(body === undefined ? {} : { body }) });
    },
  };
}

export interface Listener {
  readonly set: number;
  readonly actions: Actions;
  readonly session: z.output<typeof sessionSchema>;
  poll(options?: { last?: number; capacity?: number | null; signal?: AbortSignal }): Promise<Answer>;
  /** Polls until a message comes. */
  next(options?: { last?: number; capacity?: number }): Promise<RawMessage>;
  ack(messageId: number): Promise<Answer>;
  mint(name: string): Promise<Answer>;
  /** Mints a credential and makes the runner that uses it. */
  runner(name: string): Promise<Runner>;
}

export interface ListenOptions {
  readonly name?: string;
  readonly labels?: readonly string[];
  readonly scope?: string;
  readonly groupId?: number;
}

/** A scale set with an open session. */
export async function listen(github: SimulatedGitHub, options: ListenOptions = {}): Promise<Listener> {
  const { name = 'set', labels = ['macOS'], scope = 'acme', groupId = 1 } = options;
  const actions = await bootstrap(github, scope);
  const order = {
    name,
    runnerGroupId: groupId,
    labels: labels.map((label) => ({ type: 'System', name: label })),
  };
  const created = await actions.call('POST', '_apis/runtime/runnerscalesets', order);
  return openSession(actions, z.int().parse(created.body.id));
}

/** A session of a scale set that exists. */
export async function openSession(actions: Actions, set: number): Promise<Listener> {
  const sets = `_apis/runtime/runnerscalesets/${set}`;
  const opened = await actions.call('POST', `${sets}/sessions`, { ownerName: 'test' });
  const session = sessionSchema.parse(opened.body);
  const authorization = `Bearer ${session.messageQueueAccessToken}`;
  const mint = (runner: string) =>
    actions.call('POST', `${sets}/generatejitconfig`, { name: runner, workFolder: '' });
  const poll: Listener['poll'] = ({ last = 0, capacity = 10, signal } = {}) => {
    const url = last > 0 ? `${session.messageQueueUrl}&lastMessageId=${last}` : session.messageQueueUrl;
    const headers: Record<string, string> =
      capacity === null ? {} : { 'x-scalesetmaxcapacity': String(capacity) };
    return call('GET', url, { authorization, headers, ...(signal ? { signal } : {}) });
  };
  return {
    set,
    actions,
    session,
    poll,
    mint,
    async next(pollOptions) {
      for (;;) {
        const answer = await poll(pollOptions);
        if (answer.status === 200) return messageSchema.parse(answer.body);
        if (answer.status !== 202) throw new Error(`poll: ${answer.status} ${answer.text}`);
      }
    },
    ack(messageId) {
      const url = new URL(session.messageQueueUrl);
      url.pathname += `/${messageId}`;
      return call('DELETE', url.href, { authorization });
    },
    runner: async (runner) => runnerOf(z.string().parse((await mint(runner)).body.encodedJITConfig)),
  };
}

/** The inner messages. */
export function eventsOf(message: RawMessage) {
  return eventsSchema.parse(message.body === '' ? [] : JSON.parse(message.body));
}
