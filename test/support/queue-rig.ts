/** A listener on the queue of a scripted GitHub, and the routes and the message that its tests share. */
import { vi } from 'vitest';
import type { QueueListener, QueueMessage } from '../../src/core/ports.ts';
import type { GitHubOptions } from '../../src/github/create-github.ts';
import type { Timings } from '../../src/github/options.ts';
import { systemTime, type Time } from '../../src/lib/time.ts';
import { aMessage, gitHubOver, SESSION_ID, SETS, stubGitHub } from './stub-github.ts';

export const SESSIONS = `POST ${SETS}/7/sessions`;
export const RENEW = `PATCH ${SETS}/7/sessions/${SESSION_ID}`;
export const CLOSE = `DELETE ${SETS}/7/sessions/${SESSION_ID}`;
/** Where GitHub's message ids begin. */
export const FIRST = 100000001;
const job = { messageType: 'JobAssigned', jobId: 'a', ownerName: 'acme', repositoryName: 'app' };
export const firstMessage = { json: aMessage(FIRST, [job]) };

/** Listens to the queue of a fresh stub; disposing stops and closes all. */
export async function listening(
  timings: Partial<Timings> = {},
  own: Partial<QueueListener> = {},
  options: Partial<GitHubOptions> = {},
) {
  const stub = await stubGitHub();
  const stop = new AbortController();
  const messages: QueueMessage[] = [];
  const counts: number[] = [];
  const troubles: unknown[] = [];
  const over = gitHubOver(stub, { ...options, timings });
  const listener: QueueListener = {
    capacity: () => 1,
    onMessage: async (message) => void messages.push(message),
    onCount: async (count) => void counts.push(count),
    onTrouble: (error) => void troubles.push(error),
    onProblems: () => undefined,
    openJobs: () => [],
    formerSession: () => null,
    onSession: () => undefined,
    ...own,
  };
  let done: Promise<void> | undefined;
  const start = () => {
    done = over.queue.listen(listener, stop.signal);
  };
  const end = async () => {
    stop.abort();
    await done;
  };
  const dispose = async () => {
    await end();
    await stub[Symbol.asyncDispose]();
  };
  return { ...over, stub, stop, messages, counts, troubles, start, end, [Symbol.asyncDispose]: dispose };
}

/** Waits for what is about to be true. */
export const soon = (check: () => void) => vi.waitFor(check, { timeout: 30_000, interval: 2 });

/** Real time, but the deadlines of polls come when the test says so: no machine is too slow for them. */
export function pollDeadlines() {
  const pollTimeoutMs = 600_001; // Told from all other deadlines by its length.
  const open = new Set<() => void>();
  const after: Time['after'] = (ms, work) => {
    if (ms !== pollTimeoutMs) return systemTime.after(ms, work);
    open.add(work);
    return { cancel: () => void open.delete(work) };
  };
  const pass = () => {
    for (const work of open) work();
  };
  return { timings: { pollTimeoutMs }, time: { ...systemTime, after }, pass };
}
