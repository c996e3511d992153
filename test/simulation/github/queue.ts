/** A set's queue: the held poll, its messages and their acknowledgement, and acquiring where that exists. */
import {
  type Answer,
  json,
  NO_CONTENT,
  NOTHING_YET,
  noSuchSet,
  notAllowed,
  refusal,
  type Waiting,
} from './answer.ts';
import { assign, assignTo } from './assignment.ts';
import type { Entry, HeldPoll, Job, Message, QueueSession, ScaleSet, State } from './state.ts';
import { statisticsOf } from './statistics.ts';
import { bareToken, findToken } from './tokens.ts';

const MOST_ENTRIES = 50;
/** How many acknowledged messages can come again. */
const REMEMBERED = 8;

/** The set whose live session's own token this is. */
function owner(
  state: State,
  authorization: string | undefined,
): { set: ScaleSet; session: QueueSession } | null {
  const set = findToken(state, 'queue', authorization)?.set;
  const session = set?.session;
  return set && session && session.token === bareToken(authorization) ? { set, session } : null;
}

export function poll(
  state: State,
  authorization: string | undefined,
  lastMessageId: number,
  capacity: string | undefined,
): Answer | Waiting {
  const own = owner(state, authorization);
  if (!own) return notAllowed();
  const { set, session } = own;
  session.lastSeenMs = state.time.now();
  if (capacity === undefined || !/^\d+$/.test(capacity)) {
    return refusal(400, 'ArgumentException', 'X-ScaleSetMaxCapacity must be a number ≥ 0.');
  }
  set.capacity = Number(capacity);
  state.on({ type: 'capacity-announced', atMs: session.lastSeenMs, set: set.name, capacity: set.capacity });
  assign(state);
  return next(state, set, lastMessageId) ?? hold(state, set, session, lastMessageId);
}

function hold(state: State, set: ScaleSet, session: QueueSession, last: number): Waiting {
  return (deliver) => {
    const leave = () => {
      timer.cancel();
      set.held.delete(held);
      session.lastSeenMs = state.time.now();
    };
    const end = (answer: Answer) => {
      leave();
      deliver(answer);
    };
    const held: HeldPoll = {
      look() {
        if (!state.sets.has(set.id)) return end(noSuchSet(set.id));
        if (set.session !== session) return end(notAllowed());
        const answer = next(state, set, last);
        if (answer) end(answer);
      },
    };
    set.held.add(held);
    const timer = state.time.after(state.settings.holdMs, () => end(NOTHING_YET));
    return leave;
  };
}

/** The first message after `last`. What is pending becomes one only when somebody asks, and is the same ever after. */
function next(state: State, set: ScaleSet, last: number): Answer | null {
  const message = set.again.shift() ?? set.log.find((each) => each.messageId > last) ?? write(state, set);
  if (!message) return null;
  const about = { atMs: state.time.now(), set: set.name, messageId: message.messageId };
  state.on({ type: 'message-delivered', ...about, isAgain: message.wasDelivered, entries: message.entries });
  message.wasDelivered = true;
  return { status: 200, body: message.text };
}

function write(state: State, set: ScaleSet): Message | null {
  if (set.pending.length === 0) return null;
  const { isReordering, statisticsLag } = state.settings;
  const entries = isReordering
    ? set.pending.splice(Math.floor(state.random() * set.pending.length), 1)
    : set.pending.splice(0, MOST_ENTRIES);
  const statistics = statisticsOf(state, set);
  const isLagging = statisticsLag && entries.some(({ type }) => type === 'JobAssigned');
  const message = {
    messageId: set.nextMessageId++,
    entries,
    text: '',
    wasDelivered: false,
  };
  message.text = textOf(
    message.messageId,
    entries,
    isLagging ? { ...statistics, totalAssignedJobs: 0 } : statistics,
  );
  set.log.push(message);
  return message;
}

function textOf(messageId: number, entries: readonly Entry[], statistics: unknown): string {
  const body = JSON.stringify(entries.map(({ wire }) => wire));
  return JSON.stringify({ messageId, messageType: 'RunnerScaleSetJobMessages', body, statistics });
}

export function acknowledge(state: State, authorization: string | undefined, messageId: number): Answer {
  const own = owner(state, authorization);
  if (!own) return notAllowed();
  const { set, session } = own;
  session.lastSeenMs = state.time.now();
  const index = set.log.findIndex((message) => message.messageId === messageId);
  if (index < 0) return refusal(404, 'MessageNotFoundException', `No message ${messageId}.`);
  set.acked.push(...set.log.splice(index, 1));
  if (set.acked.length > REMEMBERED) set.acked.shift();
  state.on({ type: 'message-acked', atMs: session.lastSeenMs, set: set.name, messageId });
  return NO_CONTENT;
}

/** Claims offered jobs; the ids of those that another set claimed first are left out of the answer. */
export function acquire(state: State, authorization: string | undefined, ids: unknown): Answer {
  if (state.settings.backend === 'assign') return refusal(404, 'PageNotFoundException', 'Page not found.');
  const own = owner(state, authorization);
  if (!own) return notAllowed();
  if (!Array.isArray(ids)) return refusal(400, 'ArgumentException', 'A list of request ids is wanted.');
  const value: number[] = [];
  for (const job of offersTo(state, own.set)) {
    if (!ids.includes(job.requestId)) continue;
    assignTo(state, own.set, job);
    value.push(job.requestId);
  }
  return json({ count: value.length, value });
}

export function listOffers(state: State, set: ScaleSet): Answer {
  const value = offersTo(state, set).map((job) => ({
    messageType: 'JobAvailable',
    runnerRequestId: job.requestId,
    requestLabels: job.labels,
  }));
  return value.length === 0 ? NO_CONTENT : json({ count: value.length, value });
}

function offersTo(state: State, set: ScaleSet): readonly Job[] {
  return [...state.queued].filter((job) => job.offeredTo.has(set));
}
