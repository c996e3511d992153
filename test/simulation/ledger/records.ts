/** Intents, sessions, timelines and the audit stream. */
import type { OpenSession } from '../../../src/core/ports.ts';
import type { ClockBook } from '../../../src/ledger/clock.ts';
import type { IntentBook } from '../../../src/ledger/intents.ts';
import type { SessionBook } from '../../../src/ledger/sessions.ts';
import type { TimelineBook } from '../../../src/ledger/timeline.ts';
import type { Journal } from './journal.ts';
import { atMost, copied, whole } from './values.ts';

type Intent = ReturnType<IntentBook['openIntents']>[number];
type Entry = ReturnType<TimelineBook['timeline']>[number];
type EventRecord = ReturnType<TimelineBook['audit']>;

/** One with an outcome is dropped: nothing asks for it. */
export function createIntentBook(journal: Journal): IntentBook {
  const open = new Map<number, Intent>();
  let lastId = 0;
  return {
    beginIntent(what, subject, detail, atMs) {
      const id = lastId + 1;
      const intent = { id, what, subject, detail: copied(detail), beganMs: whole(atMs) };
      journal.willChange(() => {
        open.delete(id);
        lastId = id - 1;
      });
      open.set(id, intent);
      lastId = id;
      return id;
    },
    endIntent(id, _outcome, atMs) {
      const intent = open.get(id);
      if (!intent) return;
      whole(atMs);
      journal.willChange(() => open.set(id, intent));
      open.delete(id);
    },
    openIntents: () => [...open.values()].sort((a, b) => a.id - b.id),
  };
}

export function createSessionBook(journal: Journal): SessionBook {
  const sessions = new Map<string, OpenSession>();

  function place(pool: string, session: OpenSession | null): void {
    if (session) sessions.set(pool, session);
    else sessions.delete(pool);
  }

  return {
    openSession: (pool) => sessions.get(pool) ?? null,
    setOpenSession(pool, session) {
      const before = sessions.get(pool) ?? null;
      const after = session && { setId: whole(session.setId), id: session.id };
      journal.willChange(() => place(pool, before));
      place(pool, after);
    },
  };
}

export function createClockBook(journal: Journal): Omit<ClockBook, 'latestMs'> {
  let anchor: ReturnType<ClockBook['clockAnchor']> = null;
  return {
    clockAnchor: () => anchor,
    setClockAnchor({ boot, offsetMs }) {
      const before = anchor;
      journal.willChange(() => {
        anchor = before;
      });
      anchor = { boot, offsetMs };
    },
  };
}

export interface Timelines extends TimelineBook {
  /** Drops what `isForgotten` says of a runner's entries. */
  forget(isForgotten: (runner: string, entry: Entry) => boolean): void;
}

export function createTimelines(journal: Journal): Timelines {
  const timelines = new Map<string, readonly Entry[]>();
  return {
    note(runner, atMs, what, detail = {}) {
      append(timelines, runner, { atMs: whole(atMs), what, detail: copied(detail) }, journal);
    },
    timeline: (runner) => timelines.get(runner) ?? [],
    forget(isForgotten) {
      for (const [runner, entries] of [...timelines])
        replace(
          timelines,
          runner,
          entries.filter((entry) => !isForgotten(runner, entry)),
          journal,
        );
    },
    ...createAudit(journal),
  };
}

/** Never archived, so that an event's number is its place. */
function createAudit(journal: Journal): Pick<Timelines, 'audit' | 'auditAfter' | 'lastAuditSeq'> {
  const events: EventRecord[] = [];
  return {
    audit(atMs, what, subject, detail = {}) {
      const event = { seq: events.length + 1, atMs: whole(atMs), what, subject, detail: copied(detail) };
      journal.willChange(() => events.pop());
      events.push(event);
      return event;
    },
    auditAfter: (seq, limit) => atMost(events.slice(Math.max(0, seq)), limit),
    lastAuditSeq: () => events.length,
  };
}

function append(map: Map<string, readonly Entry[]>, key: string, entry: Entry, journal: Journal): void {
  replace(map, key, [...(map.get(key) ?? []), entry], journal);
}

function replace(
  map: Map<string, readonly Entry[]>,
  key: string,
  entries: readonly Entry[],
  journal: Journal,
): void {
  const before = map.get(key);
  if (entries.length === before?.length) return;
  journal.willChange(() => {
    if (before) map.set(key, before);
    else map.delete(key);
  });
  if (entries.length > 0) map.set(key, entries);
  else map.delete(key);
}
