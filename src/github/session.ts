/**
 * The session under which a scale set's queue is read. One at a time: a second is refused until the first is closed or
 * lapses. Its token is renewed in place; a session that GitHub has forgotten is told apart, so that a new one can follow.
 */
import * as z from 'zod';
import type { OpenSession } from '../core/ports.ts';
import { type ActionsClient, nothing } from './actions-client.ts';
import { GitHubError } from './github-error.ts';
import type { Context } from './options.ts';
import type { ScaleSet } from './scale-set.ts';
import { expiryMs, tokenSchema } from './tokens.ts';

export interface Session extends OpenSession {
  /** Exactly as GitHub gave it. */
  readonly queueUrl: string;
  readonly token: string;
  /** When to renew the token without being asked; Infinity when it does not say. */
  readonly renewAtMs: number;
  /** `totalAssignedJobs`, null when it was left out. */
  readonly assignedCount: number | null;
  /** `totalAvailableJobs`: jobs that are offered and nobody's. 0 where jobs come without an offer. */
  readonly availableCount: number;
}

export interface Sessions {
  /** @throws `github-conflict` while another session is open, RunnerScaleSetNotFoundException when the set is gone */
  open(set: ScaleSet, signal: AbortSignal): Promise<Session>;
  /** The same session with a new token, or null when GitHub no longer knows it. */
  renew(session: Session, signal: AbortSignal): Promise<Session | null>;
  /**
   * Best effort with a deadline of its own, for the way out: the signal that stops us has aborted by then.
   * True when GitHub says that the session is no more.
   */
  close(session: OpenSession): Promise<boolean>;
}

const answer = z.object({
  sessionId: z.guid(),
  messageQueueUrl: z.string().nullish(),
  messageQueueAccessToken: z.string().nullish(),
  statistics: z.object({ totalAssignedJobs: z.number(), totalAvailableJobs: z.number().nullish() }).nullish(),
});

export function createSessions(context: Context, client: ActionsClient, hostId: string): Sessions {
  const { time, timings, log } = context;
  const pathOf = (setId: number) => `_apis/runtime/runnerscalesets/${setId}/sessions`;

  function read(setId: number, { sessionId, ...given }: z.output<typeof answer>): Session {
    const url = z.url().safeParse(given.messageQueueUrl);
    const token = tokenSchema.safeParse(given.messageQueueAccessToken);
    if (!url.success || !token.success) {
      // Seen in an outage (ARC: issue 4370): an open session without a queue.
      throw new GitHubError(
        'github-unavailable',
        'GitHub opened a session without saying where its queue is',
      );
    }
    const renewAtMs = (expiryMs(token.data) ?? Number.POSITIVE_INFINITY) - timings.refreshMarginMs;
    // A token that lives shorter than the margin would be renewed with each poll: leave it to the 401.
    const isUsable = renewAtMs > time.wallMs();
    return {
      id: sessionId,
      setId,
      queueUrl: url.data,
      token: token.data,
      renewAtMs: isUsable ? renewAtMs : Number.POSITIVE_INFINITY,
      assignedCount: given.statistics?.totalAssignedJobs ?? null,
      availableCount: given.statistics?.totalAvailableJobs ?? 0,
    };
  }

  async function close({ id, setId }: OpenSession): Promise<boolean> {
    const path = `${pathOf(setId)}/${id}`;
    const call = { method: 'DELETE', path, schema: nothing, timeoutMs: timings.closeTimeoutMs } as const;
    try {
      await client.call(call, new AbortController().signal);
      return true;
    } catch (err) {
      if (err instanceof GitHubError && (err.status === 404 || err.status === 400)) return true;
      log('debug', 'session not closed: it lapses by itself', { err });
      return false;
    }
  }

  return {
    async open(set, signal) {
      const body = { ownerName: `macrunner-${hostId}` };
      const given = await client.call({ method: 'POST', path: pathOf(set.id), body, schema: answer }, signal);
      try {
        return read(set.id, given);
      } catch (error) {
        await close({ id: given.sessionId, setId: set.id }); // Left open, it would bar the next for a minute.
        throw error;
      }
    },
    async renew(session, signal) {
      const path = `${pathOf(session.setId)}/${session.id}`;
      try {
        return read(session.setId, await client.call({ method: 'PATCH', path, schema: answer }, signal));
      } catch (error) {
        // RunnerAdminException: unknown to the store, though it was in use a moment ago (actions/scaleset: PR 123).
        if (error instanceof GitHubError && error.code === 'github-not-found') return null;
        throw error;
      }
    },
    close,
  };
}
