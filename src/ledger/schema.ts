/**
 * The ledger's tables, as a list of migrations: entry N takes a file of schema version N to N + 1. Entries are never
 * edited once released, only added. Opening and repairing files is left to `open.ts`, meaning to the other modules.
 */

/** Marks a SQLite file as ours (`application_id`, "mrun"). */
export const APPLICATION_ID = 0x6d72756e;

const FIRST = `
CREATE TABLE runners (
  name TEXT PRIMARY KEY,
  pool TEXT NOT NULL,
  slot INTEGER NOT NULL,
  phase TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  since_ms INTEGER NOT NULL,
  registration_id INTEGER,
  had_job INTEGER NOT NULL,
  job_ended_ms INTEGER,
  why TEXT,
  gone_ms INTEGER,
  last_event INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX runners_living ON runners (created_ms) WHERE gone_ms IS NULL;
CREATE INDEX runners_past ON runners (gone_ms) WHERE gone_ms IS NOT NULL;

CREATE TABLE messages (
  pool TEXT NOT NULL,
  message_id INTEGER NOT NULL,
  digest TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  PRIMARY KEY (pool, message_id, digest)
) STRICT, WITHOUT ROWID;
CREATE INDEX messages_by_time ON messages (at_ms);

CREATE TABLE jobs (
  id TEXT PRIMARY KEY,
  pool TEXT NOT NULL,
  repository TEXT NOT NULL,
  display_name TEXT NOT NULL,
  workflow_run_id INTEGER NOT NULL,
  workflow_ref TEXT NOT NULL,
  event TEXT NOT NULL,
  queued_ms INTEGER NOT NULL,
  assigned_ms INTEGER NOT NULL,
  is_announced INTEGER NOT NULL,
  started_ms INTEGER,
  started_runner TEXT,
  completed_ms INTEGER,
  completed_runner TEXT,
  result TEXT,
  closed_by TEXT CHECK (closed_by IN ('github', 'us')),
  runner TEXT GENERATED ALWAYS AS (coalesce(completed_runner, started_runner)) VIRTUAL
) STRICT, WITHOUT ROWID;
CREATE INDEX jobs_open ON jobs (assigned_ms) WHERE completed_ms IS NULL;
CREATE INDEX jobs_by_time ON jobs (assigned_ms);
CREATE INDEX jobs_by_runner ON jobs (runner);

CREATE TABLE intents (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  what TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT NOT NULL,
  began_ms INTEGER NOT NULL,
  ended_ms INTEGER,
  outcome TEXT
) STRICT;
CREATE INDEX intents_open ON intents (id) WHERE ended_ms IS NULL;

CREATE TABLE timeline (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  runner TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  what TEXT NOT NULL,
  detail TEXT NOT NULL
) STRICT;
CREATE INDEX timeline_by_runner ON timeline (runner, id);
CREATE TRIGGER timeline_is_append_only BEFORE UPDATE ON timeline
BEGIN SELECT raise(ABORT, 'a flight record is never rewritten'); END;

CREATE TABLE audit (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  at_ms INTEGER NOT NULL,
  what TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT NOT NULL
) STRICT;
CREATE TRIGGER audit_is_not_rewritten BEFORE UPDATE ON audit
BEGIN SELECT raise(ABORT, 'the audit stream is append-only'); END;
CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
BEGIN SELECT raise(ABORT, 'the audit stream is append-only'); END;
`;

const SESSIONS = `
CREATE TABLE sessions (
  pool TEXT PRIMARY KEY,
  set_id INTEGER NOT NULL,
  session_id TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`;

const CLOCK = `
CREATE TABLE clock (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  boot TEXT,
  offset_ms REAL NOT NULL
) STRICT;
`;

/** When a runner began to stop. */
const ENDED = `
ALTER TABLE runners ADD COLUMN ended_ms INTEGER;
UPDATE runners SET ended_ms = since_ms WHERE phase = 'stopping' OR gone_ms IS NOT NULL;
CREATE INDEX runners_ended ON runners (ended_ms) WHERE gone_ms IS NOT NULL;
`;

const TOLD_DONE = 'ALTER TABLE runners ADD COLUMN told_done_ms INTEGER;';

/**
 * When a job was heard of, and when a runner ended, both on the daemon's own clock: which came first cannot be told from
 * the times of two machines.
 */
const HEARD = `
ALTER TABLE jobs ADD COLUMN heard_ms INTEGER NOT NULL DEFAULT 0;
UPDATE jobs SET heard_ms = assigned_ms;
UPDATE runners SET ended_ms = since_ms WHERE ended_ms IS NOT NULL;
`;

/** Events up to `upto` stand in files beside the ledger, and may go from here. */
const ARCHIVE = `
CREATE TABLE archive (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  upto INTEGER NOT NULL
) STRICT;
INSERT INTO archive (id, upto) VALUES (1, 0);
CREATE TRIGGER archive_only_grows BEFORE UPDATE ON archive WHEN new.upto <= old.upto
BEGIN SELECT raise(ABORT, 'what is archived stays archived'); END;
CREATE TRIGGER archive_is_not_deleted BEFORE DELETE ON archive
BEGIN SELECT raise(ABORT, 'what is archived stays archived'); END;
DROP TRIGGER audit_is_not_deleted;
CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit WHEN old.seq > (SELECT upto FROM archive)
BEGIN SELECT raise(ABORT, 'the audit stream is append-only'); END;
`;

export const MIGRATIONS: readonly string[] = [FIRST, SESSIONS, CLOCK, ENDED, TOLD_DONE, HEARD, ARCHIVE];
