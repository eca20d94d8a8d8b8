-- The ledger.  Times are RFC 3339 UTC text with milliseconds, or NULL.
-- deliver/STATES.md says what each message state means and who changes it.
-- SQLite makes a table of an IN of three or more constants each time it is
-- looked at; OR costs nothing.

CREATE TABLE bookmarks (
  pipeline        TEXT NOT NULL,
  stream          TEXT NOT NULL,
  replication_key TEXT NOT NULL,
  value           TEXT NOT NULL,
  updated_at      TEXT NOT NULL,
  PRIMARY KEY (pipeline, stream)
) STRICT, WITHOUT ROWID;

-- Every version of a record that was read, wanted by somebody or not.
-- outcome: {"FILTER":MESSAGES,...}, 0 where the filter wanted none.  The log's
-- records.read names those of a time (deliver/control.h): no index has that.
CREATE TABLE records (
  stream         TEXT NOT NULL,
  record_id      TEXT NOT NULL,
  record_version TEXT NOT NULL,
  seen_at        TEXT NOT NULL,
  amount         TEXT,
  currency       TEXT,
  outcome        TEXT NOT NULL,
  PRIMARY KEY (stream, record_id, record_version)
) STRICT, WITHOUT ROWID;

-- Whole records, sealed, where the configuration has keep_records
-- (lib/record_body.h).
CREATE TABLE record_bodies (
  stream         TEXT NOT NULL,
  record_id      TEXT NOT NULL,
  record_version TEXT NOT NULL,
  kept_at        TEXT NOT NULL,
  nonce          BLOB NOT NULL,
  sealed         BLOB NOT NULL,
  PRIMARY KEY (stream, record_id, record_version)
) STRICT, WITHOUT ROWID;

-- method: what its request is: chat.postMessage, chat.update of the first message
-- about the record, or a post that says that that one is gone.
-- replays: the message that was sent, and that an operator had sent again by
-- this one.
CREATE TABLE messages (
  id             INTEGER PRIMARY KEY,
  key            TEXT NOT NULL UNIQUE,
  generation     INTEGER NOT NULL DEFAULT 1 CHECK (generation >= 1),
  state          TEXT NOT NULL CHECK (state = 'queued' OR state = 'sending'
                   OR state = 'sent' OR state = 'in_doubt' OR state = 'dead'
                   OR state = 'held' OR state = 'merged'
                   OR state = 'cancelled' OR state = 'unchanged'),
  filter         TEXT NOT NULL,
  stream         TEXT NOT NULL,
  record_id      TEXT NOT NULL,
  record_version TEXT NOT NULL,
  position       INTEGER NOT NULL,
  channel        TEXT,               -- as the filter named it; NULL: a reject
  payload_hash   TEXT NOT NULL,
  attempts       INTEGER NOT NULL DEFAULT 0,
  not_before     TEXT,
  queued_at      TEXT NOT NULL,
  sending_at     TEXT,
  sent_at        TEXT,
  slack_channel  TEXT,
  slack_ts       TEXT,
  thread_ts      TEXT,
  error          TEXT,
  method         TEXT NOT NULL DEFAULT 'post'
                   CHECK (method = 'post' OR method = 'edit'
                     OR method = 'repost'),
  replays        INTEGER REFERENCES messages (id)
) STRICT;
CREATE INDEX messages_waiting ON messages (channel, id)
  WHERE state = 'queued' OR state = 'sending' OR state = 'in_doubt';
CREATE INDEX messages_by_state ON messages (state, id);
CREATE INDEX messages_by_record ON messages (stream, record_id, id);
-- Its rows end with the id: of each route the newest message is at hand.
CREATE INDEX messages_by_route ON messages (filter, stream, channel);
CREATE INDEX messages_by_replays ON messages (replays)
  WHERE replays IS NOT NULL;

-- payload: the body of chat.postMessage, or the record of a reject.
CREATE TABLE bodies (
  message  INTEGER PRIMARY KEY REFERENCES messages (id),
  payload  TEXT NOT NULL,
  delivery TEXT
) STRICT;

CREATE TABLE attempts (
  message     INTEGER NOT NULL REFERENCES messages (id),
  generation  INTEGER NOT NULL,
  number      INTEGER NOT NULL,
  started_at  TEXT NOT NULL,
  ended_at    TEXT,
  http_status INTEGER,
  slack_error TEXT,
  retry_after INTEGER,               -- ms that we were told to wait
  outcome     TEXT,                  -- sent, retry, rate, in_doubt, dead, ...
  request_id  TEXT,
  PRIMARY KEY (message, generation, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE channels (
  name          TEXT PRIMARY KEY,
  slack_channel TEXT,
  next_send_at  TEXT,
  pause_until   TEXT,
  reason        TEXT
) STRICT, WITHOUT ROWID;

-- One row: by which clock the times in channels and throttles were written.
-- boot is the kernel's boot id, ahead_ms how far they are ahead of its
-- monotonic clock: the wall clock may have been set since.  margin_ms is what
-- channels keep beside their interval, as the last 429s taught.
CREATE TABLE clock (
  boot      TEXT PRIMARY KEY,
  ahead_ms  INTEGER NOT NULL,
  margin_ms INTEGER NOT NULL
) STRICT;

-- Pauses of a Slack method in the whole workspace.
CREATE TABLE throttles (
  method      TEXT PRIMARY KEY,
  pause_until TEXT NOT NULL,
  reason      TEXT NOT NULL
) STRICT;

CREATE TABLE audit (
  seq      INTEGER PRIMARY KEY,
  time     TEXT NOT NULL,
  actor    TEXT NOT NULL,
  event    TEXT NOT NULL,
  subject  TEXT NOT NULL,
  detail   TEXT,
  previous BLOB NOT NULL,
  hash     BLOB NOT NULL
) STRICT;
CREATE INDEX audit_by_subject ON audit (subject, seq);
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
WHEN old.seq = 1 OR NOT EXISTS (SELECT 1 FROM seals WHERE last_seq >= old.seq)
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

-- The segments of the audit log whose events may be removed: lib/seal.h.
-- hash: of the event last_seq.  archive: hash of the file that keeps the events,
-- NULL where none does.
CREATE TABLE seals (
  first_seq    INTEGER PRIMARY KEY,
  last_seq     INTEGER NOT NULL UNIQUE,
  last_message INTEGER NOT NULL,
  hash         BLOB NOT NULL,
  archive      BLOB,
  sealed_at    TEXT NOT NULL,
  mac          BLOB NOT NULL
) STRICT;

CREATE TABLE vault (
  name       TEXT PRIMARY KEY,
  key_id     TEXT NOT NULL,
  nonce      BLOB NOT NULL,
  ciphertext BLOB NOT NULL,
  created_at TEXT NOT NULL,
  rotated_at TEXT
) STRICT;

-- The keys that seal the vault and hash the audit log, once the master key was
-- changed; each is sealed with the master key of that id, the newest of which
-- has the greatest number (lib/ledger_keys.h).
-- first_event: of the audit log, from which on it is in use.
CREATE TABLE keys (
  master      INTEGER NOT NULL,
  key_id      TEXT NOT NULL,
  purpose     TEXT NOT NULL,
  first_event INTEGER NOT NULL,
  nonce       BLOB NOT NULL,
  sealed      BLOB NOT NULL,
  PRIMARY KEY (key_id, purpose, first_event)
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
  event_id TEXT PRIMARY KEY,
  seen_at  TEXT NOT NULL
) STRICT;

-- How a ledger in use looks like to SQLite's planner, which would otherwise
-- take an index over all messages of a channel for the few that wait.
ANALYZE;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('messages', 'sqlite_autoindex_messages_1', '1000000 1'),
  ('messages', 'messages_waiting', '1000 50 1'),
  ('messages', 'messages_by_state', '1000000 200000 1'),
  ('messages', 'messages_by_record', '1000000 500000 4 1'),
  ('messages', 'messages_by_route', '1000000 50000 25000 1000'),
  ('bodies', NULL, '1000000'),
  ('attempts', 'attempts', '1000000 1 1 1'),
  ('audit', 'audit_by_subject', '4000000 4 1'),
  ('records', 'records', '1000000 500000 2 1'),
  ('record_bodies', 'record_bodies', '1000000 500000 2 1');
