/** The REST API as `src/github` takes it, in place of Octokit: a registration token, the runner records, nothing else. */
import type { Registration } from '../../../src/core/world.ts';
import { withDeadline } from '../../../src/github/deadline.ts';
import { GitHubError, readErrorBody, refusalError } from '../../../src/github/github-error.ts';
import type { HttpAnswer } from '../../../src/github/options.ts';
import type { Rest } from '../../../src/github/rest.ts';
import type { Time } from '../../../src/lib/time.ts';
import type { Answer } from './answer.ts';
import type { Route } from './faults.ts';
import { recordsOf } from './records.ts';
import type { State } from './state.ts';
import { isOnline } from './statistics.ts';
import { issueToken } from './tokens.ts';

const TIMEOUT_MS = 30_000;

/** Brings a call over the caller's line. */
type Send = (
  route: Route,
  method: string,
  path: string,
  signal: AbortSignal,
  work: () => Answer,
) => Promise<HttpAnswer>;

export function createSimulatedRest(state: State, scope: string, send: Send): Rest {
  const { now, after } = state.time;
  const soon = (work: () => void) => void after(0, work);
  const time: Time = { wallMs: now, steadyMs: now, after, soon };

  /** The body of an answer that is 2xx. */
  async function ask(route: Route, method: string, path: string, signal: AbortSignal, work: () => Answer) {
    const what = `${method} ${path}`;
    return withDeadline({ time, signal, timeoutMs: TIMEOUT_MS, what }, async (inner) => {
      const answer = await send(route, method, path, inner, work).catch((cause: unknown) => {
        inner.throwIfAborted();
        throw new GitHubError('github-unavailable', `${what} failed: ${String(cause)}`, { cause });
      });
      const body = await answer.text();
      if (answer.status >= 200 && answer.status <= 299) return body;
      const header = (name: string) => answer.headers.get(name);
      throw refusalError(what, { status: answer.status, header, ...readErrorBody(body) }, now());
    });
  }

  const path = `/${scope.includes('/') ? 'repos' : 'orgs'}/${scope}/actions/runners`;
  return {
    registrationToken: (signal) =>
      ask('registration-token', 'POST', `${path}/registration-token`, signal, () => ({
        status: 201,
        body: issueToken(state, 'registration', scope, null),
      })),
    async runners(signal) {
      let seen: readonly Registration[] = [];
      await ask('list-runners', 'GET', path, signal, () => {
        seen = recordsOf(state, scope).map((runner) => ({
          ...{ id: runner.id, name: runner.name, busy: runner.job !== null },
          status: isOnline(state, runner) ? 'online' : 'offline',
        }));
        return { status: 200, body: '' };
      });
      return seen;
    },
    async request({ method, path: asked }, signal) {
      const body = '{"message":"Not Found"}';
      const data = await ask('rest-other', method, asked, signal, () => ({ status: 404, body }));
      return { data, headers: {} };
    },
  };
}
