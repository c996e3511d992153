/**
 * When the simulated GitHub answered the poll that carried a job's assignment: the moment before the response is written.
 * Found through Node's own account of HTTP, so that the simulator knows nothing of it.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { ServerResponse } from 'node:http';
import type { SimulatedGitHub } from '../support/github/start.ts';

export interface Assignments extends Disposable {
  /** Milliseconds since 1970, or undefined while the job is not assigned. */
  of(jobId: string): number | undefined;
}

const RESPONSE_CREATED = 'http.server.response.created';

export function watchAssignments(github: SimulatedGitHub, nowMs: () => number): Assignments {
  const known = new Map<string, number>();
  const onResponse = (message: unknown): void => {
    const { request, response } = Object(message);
    if (!(response instanceof ServerResponse) || request.method !== 'GET') return;
    if (!String(request.url).startsWith('/scalesets/message')) return;
    const { end } = response;
    // Before it is written: the system may run whoever waits for it before it comes back to us.
    Reflect.set(response, 'end', (...args: unknown[]) => {
      const atMs = nowMs();
      const result: unknown = Reflect.apply(end, response, args);
      if (response.statusCode !== 200) return result;
      for (const jobId of assignedBy(github)) if (!known.has(jobId)) known.set(jobId, atMs);
      return result;
    });
  };
  subscribe(RESPONSE_CREATED, onResponse);
  return {
    of: (jobId) => known.get(jobId),
    [Symbol.dispose]: () => {
      unsubscribe(RESPONSE_CREATED, onResponse);
    },
  };
}

/** The jobs of all messages that are not acknowledged yet. */
function assignedBy({ world }: SimulatedGitHub): readonly string[] {
  return [...world.scaleSets.values()].flatMap((set) => set.log).flatMap(({ body }) => assignedIn(body));
}

function assignedIn(body: string): readonly string[] {
  const events: { readonly messageType: string; readonly jobId: string }[] = JSON.parse(body);
  return events.filter((event) => event.messageType === 'JobAssigned').map((event) => event.jobId);
}
