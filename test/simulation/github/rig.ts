/** A simulated GitHub on virtual time, a caller that speaks its wire, and what the observer was told. For its tests. */
import * as z from 'zod';
import type { HttpAnswer } from '../../../src/github/options.ts';
import { createRandom } from '../random.ts';
import { VirtualTime } from '../virtual-time.ts';
import type { GitHubEvent } from './events.ts';
import type { Call, Fault } from './faults.ts';
import type { RunnerCallbacks, RunnerSession } from './runner-side.ts';
import type { Settings } from './settings.ts';
import { type Connection, createSimulatedGitHub } from './simulated-github.ts';

const SERVICE = 'https://actions.simulated/tenant/123/_apis/';
const SETS = 'runtime/runnerscalesets';
export const LABELS = ['mac'];

const messageSchema = z.object({ messageId: z.number(), body: z.string() });
const entriesSchema = z.array(z.object({ messageType: z.string(), jobId: z.string() }));

export type Rig = Awaited<ReturnType<typeof rigged>>;

/** With a scale set, a session and nothing announced. */
export async function rigged(settings: Partial<Settings> = {}, seed = 1) {
  const time = new VirtualTime(1_800_000_000_000);
  const events: GitHubEvent[] = [];
  let faultOf: (call: Call) => Fault | null = () => null;
  const github = createSimulatedGitHub({
    ...{ time, settings, random: createRandom(seed, 'github').next },
    fault: (call) => faultOf(call),
    on: (event) => void events.push(event),
  });
  const line = github.connect('host');
  const caller = callerOn(line);
  await caller.signIn();
  await caller.admin('POST', SETS, { name: 'set', labels: LABELS.map((name) => ({ name })) });
  await caller.openSession();
  return {
    ...{ time, github, line, events, ...caller },
    /** Decides each call's fault from now on. */
    plan(decide: (call: Call) => Fault | null) {
      faultOf = decide;
    },
    async pass(ms: number): Promise<void> {
      const untilMs = time.now() + ms;
      time.after(ms, () => undefined);
      while (await time.step(untilMs));
    },
    /** Connects a new runner. */
    async runner(name: string, callbacks: RunnerCallbacks = {}): Promise<RunnerSession> {
      const session = line.runnerConnect(await caller.mint(name), callbacks);
      if (typeof session === 'string') throw new Error(session);
      return session;
    },
    /** Kinds of what was observed, in order. */
    kinds: () => events.map(({ type }) => type),
  };
}

/** Speaks the wire by hand. */
function callerOn({ http, rest }: Connection) {
  const never = new AbortController().signal;
  const tokens = { admin: '', queue: '' };

  function ask(method: string, url: string, authorization: string, given: unknown = null, signal = never) {
    const headers = { authorization, 'x-scalesetmaxcapacity': '2' };
    return http(new URL(url), {
      method,
      headers,
      body: given === null ? null : JSON.stringify(given),
      signal,
    });
  }
  const admin = (method: string, path: string, body: unknown = null) =>
    ask(method, `${SERVICE}${path}?api-version=6.0-preview`, tokens.admin, body);
  const queue = (method: string, rest: string, signal = never) =>
    ask(method, `https://queue.simulated/scalesets/message${rest}`, tokens.queue, null, signal);

  return {
    admin,
    async signIn(): Promise<void> {
      const registration = await rest.registrationToken(never);
      const url = 'https://api.github.com/actions/runner-registration';
      const answer = await ask('POST', url, `RemoteAuth ${registration}`, {});
      tokens.admin = `Bearer ${field(await answer.text(), 'token')}`;
    },
    async openSession(): Promise<void> {
      const answer = await admin('POST', `${SETS}/1/sessions`, { ownerName: 'host' });
      tokens.queue = `Bearer ${field(await answer.text(), 'messageQueueAccessToken')}`;
    },
    async mint(name: string): Promise<string> {
      const answer = await admin('POST', `${SETS}/1/generatejitconfig`, { name });
      return field(await answer.text(), 'encodedJITConfig');
    },
    poll: (cursor = 0, signal = never) => queue('GET', `?shard=eus-7&lastMessageId=${cursor}`, signal),
    ack: (id: number) => queue('DELETE', `/${id}?shard=eus-7`),
  };
}

/** What a message says, as `JobAssigned job-1`. */
export async function read(
  answer: HttpAnswer,
): Promise<{ readonly id: number; readonly says: readonly string[] }> {
  const { messageId, body } = messageSchema.parse(JSON.parse(await answer.text()));
  const entries = entriesSchema.parse(JSON.parse(body));
  return { id: messageId, says: entries.map(({ messageType, jobId }) => `${messageType} ${jobId}`) };
}

function field(text: string, name: string): string {
  return z.string().parse(z.record(z.string(), z.unknown()).parse(JSON.parse(text))[name]);
}

/** A promise, and how it stands. */
export function watched<T>(promise: Promise<T>) {
  const seen: { state: 'open' | 'answered' | 'failed' } = { state: 'open' };
  promise.then(
    () => {
      seen.state = 'answered';
    },
    () => {
      seen.state = 'failed';
    },
  );
  return seen;
}
