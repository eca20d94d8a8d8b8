/* SPDX-License-Identifier: MIT */
/* What a message says once more: a row of its own that names it. */
#include "auditctl/replay.h"

#include "clock.h"
#include "log.h"

/* It is there once for each channel. */
static int
find(struct replay *replay, const struct replay_copy *copy,
    struct error *error)
{
	struct statement *statement;
	int rc;

	if ((statement = db_prepare(replay->acts.ledger->db, "SELECT id, state "
	    "FROM messages WHERE replays = ?1 AND channel = ?2 UNION ALL "
	    "SELECT id, state FROM messages WHERE key = ?3 LIMIT 1",
	    error)) == NULL)
		return -1;
	db_bind_int(statement, 1, copy->of);
	db_bind_text(statement, 2, copy->channel);
	db_bind_text(statement, 3, copy->key);
	if ((rc = db_step(statement, error)) == 1) {
		acts_refuse(&replay->acts, "sent again before", "message %lld "
		    "was sent again as message %lld, which is %s",
		    (long long)copy->of, (long long)db_int(statement, 0),
		    db_text(statement, 1));
		db_reset(statement);
	}
	return rc;
}

int
replay_copy_try(struct replay *replay, const struct replay_copy *copy,
    struct error *error)
{
	int rc = find(replay, copy, error);

	return rc == -1 ? -1 : rc == 0;
}

int
replay_again_key(const struct replay_found *found, struct buffer *key,
    struct error *error)
{
	return buffer_printf(key, "%s:!replay:%lld", found->key,
	    (long long)found->generation + 1) == 0 ? 0 :
	    error_set(error, EXIT_SYSTEM, "out of memory");
}

static int
insert_body(struct replay *replay, const struct replay_copy *copy, int64_t id,
    struct error *error)
{
	struct statement *statement;

	if ((statement = db_prepare(replay->acts.ledger->db, "INSERT INTO "
	    "bodies (message, payload, delivery) SELECT ?1, "
	    "coalesce(?3, (SELECT payload FROM bodies WHERE message = ?2)), "
	    "'" REPLAY_DELIVERY "'", error)) == NULL)
		return -1;
	db_bind_int(statement, 1, id);
	db_bind_int(statement, 2, copy->of);
	db_bind_text(statement, 3, copy->payload);
	return db_run(statement, error);
}

static const char insert_sql[] = "INSERT INTO messages (key, generation, "
    "state, filter, stream, record_id, record_version, position, channel, "
    "payload_hash, not_before, queued_at, replays) SELECT ?2, generation + 1, "
    "'queued', filter, stream, record_id, record_version, position, ?3, "
    "coalesce(?4, payload_hash), ?5, ?6, id FROM messages WHERE id = ?1 "
    "RETURNING id, filter, stream, record_id, record_version, channel, "
    "payload_hash";

int
replay_copy(struct replay *replay, const struct replay_copy *copy,
    int64_t *id, struct error *error)
{
	static const char *const names[] = { "filter", "stream", "record_id",
		"record_version", "channel", "payload_hash" };
	struct ledger *ledger = replay->acts.ledger;
	struct statement *statement;
	struct buffer detail;
	char now[CLOCK_TEXT];
	size_t i;
	int rc;

	if ((rc = find(replay, copy, error)) != 0)
		return rc == -1 ? -1 : 0;
	if ((statement = db_prepare(ledger->db, insert_sql, error)) == NULL)
		return -1;
	db_bind_int(statement, 1, copy->of);
	db_bind_text(statement, 2, copy->key);
	db_bind_text(statement, 3, copy->channel);
	db_bind_text(statement, 4, copy->hash);
	db_bind_text(statement, 5, copy->not_before);
	clock_now(now);
	db_bind_text(statement, 6, now);
	if (db_step(statement, error) != 1)
		return -1;
	*id = db_int(statement, 0);
	buffer_init(&detail, (size_t)1 << 20);
	buffer_puts(&detail, "{");
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		buffer_json_member(&detail, names[i],
		    db_text(statement, (int)i + 1));
	buffer_printf(&detail, ",\"replays\":%lld", (long long)copy->of);
	acts_end_detail(&replay->acts, &detail);
	rc = db_run(statement, error);
	if (rc == 0)
		rc = insert_body(replay, copy, *id, error);
	if (rc == 0)
		rc = detail.failed ? error_set(error, EXIT_SYSTEM, "out of "
		    "memory") : audit_message(ledger, "message.queued", *id,
		    buffer_text(&detail), error);
	buffer_free(&detail);
	return rc == -1 ? -1 : 1;
}
