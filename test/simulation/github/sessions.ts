/** A scale set's message session: one at a time, its token renewed in place. */
import { type Answer, json, NO_CONTENT, refusal } from './answer.ts';
import { isSessionLive } from './assignment.ts';
import { describeSet, endSession } from './scale-sets.ts';
import type { QueueSession, ScaleSet, State } from './state.ts';
import { statisticsOf } from './statistics.ts';
import { issueToken } from './tokens.ts';

/** Elsewhere, with a parameter of its own: a client that rebuilds it is refused. */
export const QUEUE_PATH = '/scalesets/message';
export const SHARD = 'shard=eus-7';
const QUEUE_URL = `https://queue.simulated${QUEUE_PATH}?${SHARD}`;

export function createSession(state: State, set: ScaleSet, ownerName: unknown): Answer {
  if (typeof ownerName !== 'string' || ownerName === '') {
    return refusal(400, 'ArgumentNullException', 'ownerName is required');
  }
  if (isSessionLive(state, set)) {
    const message = `The runner scale set ${set.name} already has an active session.`;
    return refusal(409, 'RunnerScaleSetSessionConflictException', message);
  }
  endSession(state, set); // One that has lapsed.
  const nowMs = state.time.now();
  const id = `00000000-0000-4000-8000-${state.nextId('session').toString(16).padStart(12, '0')}`;
  const token = issueToken(state, 'queue', set.scope, set);
  const session = { id, ownerName, token, lastSeenMs: nowMs };
  set.session = session;
  set.capacity = null;
  state.on({ type: 'session-opened', atMs: nowMs, set: set.name, session: id });
  return describe(state, set, session);
}

export function refreshSession(state: State, set: ScaleSet, id: string): Answer {
  const { session } = set;
  if (session?.id !== id) return refusal(404, 'RunnerAdminException', 'The session is not known.');
  state.tokens.delete(session.token);
  session.token = issueToken(state, 'queue', set.scope, set);
  session.lastSeenMs = state.time.now();
  return describe(state, set, session);
}

export function deleteSession(state: State, set: ScaleSet, id: string): Answer {
  if (set.session?.id !== id) {
    return refusal(400, 'RunnerScaleSetSessionExpiredException', 'The session has expired.');
  }
  endSession(state, set);
  return NO_CONTENT;
}

function describe(state: State, set: ScaleSet, session: QueueSession): Answer {
  return json({
    sessionId: session.id,
    ownerName: session.ownerName,
    runnerScaleSet: describeSet(state, set),
    messageQueueUrl: QUEUE_URL,
    messageQueueAccessToken: session.token,
    statistics: statisticsOf(state, set),
  });
}
