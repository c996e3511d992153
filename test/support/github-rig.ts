/**
 * The GitHub room on the simulated GitHub: signed in as an App, with listeners that keep what they are told. Several
 * hosts can share one server.
 */
import { expect } from 'vitest';
import type { Job } from '../../src/core/job.ts';
import type { QueueListener, QueueMessage } from '../../src/core/ports.ts';
import { createGitHub, type GitHubOptions } from '../../src/github/create-github.ts';
import { createAppKey } from './github/app-key.ts';
import type { Options } from './github/options.ts';
import { type SimulatedGitHub, startGitHub } from './github/start.ts';

export const LABELS = ['self-hosted', 'macOS', 'xcode-26'];
export const PAT = 'ghp_simulated-personal-access-token';

export interface HostOptions extends Partial<GitHubOptions> {
  readonly pool?: string;
  readonly labels?: readonly string[];
  readonly listener?: Partial<QueueListener>;
}

interface Logged {
  readonly level: string;
  readonly message: string;
  readonly fields: unknown;
}

/** A host on `server`: the room, the queue of one pool, and what its listener was told. */
export function hostOn(server: SimulatedGitHub, options: HostOptions = {}) {
  const { pool = 'ios', labels = LABELS, listener: own, timings, ...others } = options;
  const stop = new AbortController();
  const messages: QueueMessage[] = [];
  const counts: number[] = [];
  const troubles: unknown[] = [];
  const problems: (readonly string[])[] = [];
  const logged: Logged[] = [];
  const github = createGitHub({
    url: server.url,
    runnerGroup: 'macs',
    auth: { kind: 'token', token: async () => PAT },
    hostId: 'abc123',
    log: (level, message, fields) => void logged.push({ level, message, fields }),
    ...others,
    timings: { retryBaseMs: 5, backoffBaseMs: 5, conflictRetryMs: 20, restRetryBaseMs: 1, ...timings },
  });
  const queue = github.queue({ name: pool, labels });
  const listener: QueueListener = {
    capacity: () => 2,
    onMessage: async (message) => void messages.push(message),
    onCount: async (count) => void counts.push(count),
    onTrouble: (error) => void troubles.push(error),
    onProblems: (now) => void problems.push(now),
    openJobs: () => openOf(messages),
    formerSession: () => null,
    onSession: () => undefined,
    ...own,
  };
  let done = Promise.resolve();
  return {
    ...{ github, queue, messages, counts, troubles, problems, logged },
    listen() {
      done = queue.listen(listener, stop.signal);
    },
    async end() {
      stop.abort();
      await done;
    },
    /** Names of the jobs that were assigned, in order. */
    assigned: () => messages.flatMap((message) => message.assigned.map((job) => job.displayName)),
  };
}

function openOf(messages: readonly QueueMessage[]): readonly Job[] {
  const over = new Set(messages.flatMap(({ completed }) => completed.map(({ jobId }) => jobId)));
  return messages.flatMap(({ assigned }) => assigned).filter(({ id }) => !over.has(id));
}

/** A simulated GitHub with one host on it, signed in as an App. */
export async function connected(options: Options = {}, host: HostOptions = {}) {
  const key = createAppKey();
  const app = { issuers: ['Iv23x'], installationId: 42, publicKeyPem: key.publicKeyPem };
  const server = await startGitHub({ app, holdMs: 500, groups: [{ name: 'macs' }], ...options });
  const auth = {
    kind: 'app',
    clientId: 'Iv23x',
    installationId: 42,
    privateKey: async () => key.privateKeyPem,
  } as const;
  const first = hostOn(server, { auth, ...host });
  const control = async (path: string, body: object = {}) => {
    const answer = await fetch(`${server.origin}/_control/${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    expect(answer.status).toBeLessThan(300);
  };
  const dispose = async () => {
    await first.end();
    await server.close();
  };
  return { server, ...first, control, [Symbol.asyncDispose]: dispose };
}
