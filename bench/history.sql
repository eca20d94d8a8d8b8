-- What a ledger holds after a million messages: each of them sent, with its
-- body, its attempt, its record and its three events in the audit log.  The
-- hashes of the log are no hashes.
PRAGMA journal_mode = DELETE;
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -262144;
BEGIN;
CREATE TEMP TABLE old (id INTEGER PRIMARY KEY, record TEXT, channel INTEGER,
  at TEXT);
WITH RECURSIVE number (id) AS (SELECT 1 UNION ALL
  SELECT id + 1 FROM number WHERE id < 1000000)
INSERT INTO old SELECT id, printf('%d', 300000000000001 + id * 1000), id % 500,
  strftime('%Y-%m-%dT%H:%M:%fZ', 1760000000 + id, 'unixepoch') FROM number;
INSERT INTO messages (id, key, state, filter, stream, record_id,
  record_version, position, channel, payload_hash, attempts, queued_at,
  sending_at, sent_at, slack_channel, slack_ts)
SELECT id, 'finance:invoices:' || record || ':#team' || channel || ':' || at ||
  '~0123456789abcdef:0', 'sent', 'finance', 'invoices', record,
  at || '~0123456789abcdef', 0, '#team' || channel,
  '0123456789abcdef0123456789abcdef', 1, at, at, at,
  printf('C%08d', channel), printf('1760000000.%06d', id) FROM old;
INSERT INTO bodies (message, payload)
SELECT id, body FROM old, (SELECT CAST(readfile('payload') AS TEXT) AS body);
INSERT INTO attempts (message, generation, number, started_at, ended_at,
  http_status, outcome) SELECT id, 1, 1, at, at, 200, 'sent' FROM old;
INSERT INTO records (stream, record_id, record_version, seen_at, amount,
  currency, outcome)
SELECT 'invoices', record, at || '~0123456789abcdef', at, '1234567.10', 'USD',
  '{"finance":1}' FROM old;
INSERT INTO audit (seq, time, actor, event, subject, detail, previous, hash)
SELECT (SELECT max(seq) FROM audit) + 3 * (id - 1) + step, at, 'deliver',
  event, id, detail, zeroblob(32), randomblob(32)
FROM old, (SELECT 1 AS step, 'message.queued' AS event, '{"filter":"finance",'
    || '"stream":"invoices","record_id":"300000000000001","channel":"#team1",'
    || '"payload_hash":"0123456789abcdef0123456789abcdef"}' AS detail
  UNION ALL SELECT 2, 'message.sending', NULL
  UNION ALL SELECT 3, 'message.sent',
    '{"slack":"C00000001/1760000000.000001"}')
WHERE true ORDER BY id, step;
COMMIT;
