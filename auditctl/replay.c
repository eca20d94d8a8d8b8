/* SPDX-License-Identifier: MIT */
/*
 * auditctl replay: send messages again.
 *
 * Each is a transaction of its own, which looks at the state under the write
 * lock: a deliver and another replay may run.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "auditctl/auditctl.h"
#include "buffer.h"
#include "log.h"

struct replay {
	struct ledger *ledger;
	const char *reason, *state; /* or NULL */
	bool resend, again, dry;
};

/* What is known of a message. */
struct found {
	char state[16];
	bool reject, payload;
	bool doubt; /* it is held, and may be in Slack */
};

/* 1, 0: there is none, or -1. */
static int
look(struct ledger *ledger, int64_t id, struct found *found,
    struct error *error)
{
	struct statement *statement;
	int rc;

	if ((statement = db_prepare(ledger->db, "SELECT state, "
	    "channel IS NULL, "
	    "EXISTS (SELECT 1 FROM bodies WHERE message = m.id), "
	    "state = 'held' AND 'in_doubt' IS (SELECT a.outcome FROM "
	    "attempts a WHERE a.message = m.id AND a.generation = m.generation "
	    "ORDER BY a.number DESC LIMIT 1) FROM messages m WHERE id = ?1",
	    error)) == NULL)
		return -1;
	db_bind_int(statement, 1, id);
	if ((rc = db_step(statement, error)) != 1)
		return rc;
	snprintf(found->state, sizeof(found->state), "%s",
	    db_text(statement, 0));
	found->reject = db_int(statement, 1) != 0;
	found->payload = db_int(statement, 2) != 0;
	found->doubt = db_int(statement, 3) != 0;
	db_reset(statement);
	return 1;
}

static int
audit(const struct replay *replay, const char *event, int64_t id,
    struct buffer *detail, struct error *error)
{
	if (replay->reason != NULL)
		buffer_json_member(detail, "reason", replay->reason);
	buffer_puts(detail, "}");
	if (detail->failed)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	return audit_message(replay->ledger, event, id, buffer_text(detail),
	    error);
}

/* The next generation of the same row; one that may be in Slack is looked up
 * there first, by the key of the generation that it has. */
static int
queue_row(const struct replay *replay, int64_t id, bool doubt,
    struct buffer *detail, struct error *error)
{
	struct statement *statement;

	if ((statement = db_prepare(replay->ledger->db, doubt ?
	    "UPDATE messages SET state = 'in_doubt', error = NULL "
	    "WHERE id = ?1" :
	    "UPDATE messages SET state = 'queued', "
	    "generation = generation + 1, attempts = 0, not_before = NULL, "
	    "error = NULL WHERE id = ?1", error)) == NULL)
		return -1;
	db_bind_int(statement, 1, id);
	if (db_run(statement, error) == -1)
		return -1;
	buffer_puts(detail, "{");
	buffer_json_member(detail, "state", doubt ? "in_doubt" : "queued");
	return audit(replay, "message.replayed", id, detail, error);
}

static bool
refuse_sent(int64_t id, int64_t copy)
{
	log_error("message %lld was sent again as message %lld", (long long)id,
	    (long long)copy);
	return false;
}

/* A sent message stays what it is: a row of its own, whose key can be made but
 * once, says the same.  It is a post, whatever the first one was: an edit or a
 * reply would be no second message in the channel. */
static const char copy_sql[] = "INSERT INTO messages (key, generation, state, "
    "filter, stream, record_id, record_version, position, channel, "
    "payload_hash, queued_at, replays) SELECT key || ':!replay:' || "
    "(generation + 1), generation + 1, 'queued', filter, stream, record_id, "
    "record_version, position, channel, payload_hash, "
    "strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), id FROM messages WHERE id = ?1 "
    "ON CONFLICT (key) DO NOTHING RETURNING id, filter, stream, record_id, "
    "record_version, channel, payload_hash";

/* The row that has the key of the copy; 0: there is none, -1: error. */
static int64_t
find_copy(const struct replay *replay, int64_t id, struct error *error)
{
	struct statement *statement;
	int64_t copy;
	int rc;

	if ((statement = db_prepare(replay->ledger->db, "SELECT c.id "
	    "FROM messages m JOIN messages c ON c.key = m.key || ':!replay:' "
	    "|| (m.generation + 1) WHERE m.id = ?1", error)) == NULL)
		return -1;
	db_bind_int(statement, 1, id);
	if ((rc = db_step(statement, error)) != 1)
		return rc;
	copy = db_int(statement, 0);
	db_reset(statement);
	return copy;
}

/* The new row's id in *copy: 0, or -1. */
static int
insert_copy(const struct replay *replay, int64_t id, int64_t *copy,
    struct buffer *detail, struct error *error)
{
	static const char *const names[] = { "filter", "stream", "record_id",
		"record_version", "channel", "payload_hash" };
	struct statement *statement;
	size_t i;
	int rc;

	if ((statement = db_prepare(replay->ledger->db, copy_sql,
	    error)) == NULL)
		return -1;
	db_bind_int(statement, 1, id);
	if ((rc = db_step(statement, error)) == 0)
		return error_set(error, EXIT_BUG, "its copy has no key");
	if (rc == -1)
		return -1;
	*copy = db_int(statement, 0);
	buffer_puts(detail, "{");
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		buffer_json_member(detail, names[i],
		    db_text(statement, (int)i + 1));
	buffer_printf(detail, ",\"replays\":%lld", (long long)id);
	if (db_run(statement, error) == -1 || (statement = db_prepare(
	    replay->ledger->db, "INSERT INTO bodies (message, payload, "
	    "delivery) SELECT ?1, payload, '{\"on_change\":\"post\"}' "
	    "FROM bodies WHERE message = ?2", error)) == NULL)
		return -1;
	db_bind_int(statement, 1, *copy);
	db_bind_int(statement, 2, id);
	if (db_run(statement, error) == -1)
		return -1;
	return audit(replay, "message.queued", *copy, detail, error);
}

/* May it be replayed?  Says why not. */
static bool
judge(const struct replay *replay, int64_t id, const struct found *found,
    bool *copies)
{
	const char *state = found->state;

	*copies = replay->again && strcmp(state, "sent") == 0;
	if (found->reject)
		log_error("message %lld is a reject: its filter made no "
		    "message; mend the filter and read the record again with "
		    "fetch --since", (long long)id);
	else if (!*copies && strcmp(state, "dead") != 0 &&
	    strcmp(state, "held") != 0 && strcmp(state, "cancelled") != 0)
		log_error("message %lld is %s: only dead, held and cancelled "
		    "ones can be replayed%s", (long long)id, state,
		    strcmp(state, "sent") == 0 ?
		    "; --again sends it as a new message" : "");
	else if (!found->payload)
		log_error("message %lld has no payload any more: auditctl "
		    "prune removed it", (long long)id);
	else
		return true;
	return false;
}

/* 1: its row, or *copy if that isn't 0, is queued; 0: no; -1: error. */
static int
change(const struct replay *replay, int64_t id, struct found *found,
    int64_t *copy, bool *copies, struct error *error)
{
	struct buffer detail;
	int64_t earlier;
	int rc;

	if ((rc = look(replay->ledger, id, found, error)) == 0)
		log_error("there is no message %lld", (long long)id);
	if (rc != 1)
		return rc;
	if (!judge(replay, id, found, copies))
		return 0;
	found->doubt = found->doubt && !replay->resend;
	if (*copies && (earlier = find_copy(replay, id, error)) != 0)
		return earlier == -1 ? -1 : refuse_sent(id, earlier);
	if (replay->dry)
		return 1;
	buffer_init(&detail, 1024 * 1024);
	rc = *copies ? insert_copy(replay, id, copy, &detail, error) :
	    queue_row(replay, id, found->doubt, &detail, error);
	buffer_free(&detail);
	if (rc == -1 || db_commit(replay->ledger->db, error) == -1)
		return -1;
	return 1;
}

static int
replay_one(void *context, int64_t id)
{
	const struct replay *replay = context;
	struct error error;
	struct found found = { 0 };
	int64_t copy = 0;
	bool copies = false;
	int rc;

	if (db_begin(replay->ledger->db, &error) == -1)
		return log_failure(&error);
	rc = change(replay, id, &found, &copy, &copies, &error);
	db_rollback(replay->ledger->db);
	if (rc == -1)
		return log_failure(&error);
	if (rc == 0)
		return EXIT_NO;
	if (!copies)
		printf("{\"id\":%lld,\"state\":\"%s\"}\n", (long long)id,
		    found.doubt ? "in_doubt" : "queued");
	else if (replay->dry)
		printf("{\"id\":null,\"state\":\"queued\",\"replays\":%lld}\n",
		    (long long)id);
	else
		printf("{\"id\":%lld,\"state\":\"queued\",\"replays\":%lld}\n",
		    (long long)copy, (long long)id);
	return EXIT_DONE;
}

/* They are dead too, and no message to be sent. */
static void
tell_rejects(struct ledger *ledger)
{
	struct error error;
	int64_t count;

	if (db_number(ledger->db, "SELECT count(*) FROM messages "
	    "WHERE state = 'dead' AND channel IS NULL", NULL, &count,
	    &error) == -1)
		log_failure(&error);
	else if (count > 0)
		log_warning("%lld rejects can't be replayed: mend the filter "
		    "and read the records again with fetch --since",
		    (long long)count);
}

/* All of a state, one by one: a short transaction each. */
static int
replay_state(struct replay *replay)
{
	struct ledger *ledger = replay->ledger;
	struct statement *statement;
	struct error error;
	int64_t id = 0;
	int rc, worst = EXIT_DONE, one;

	for (;;) {
		if ((statement = db_prepare(ledger->db, "SELECT min(id) FROM "
		    "messages WHERE state = ?1 AND id > ?2 "
		    "AND channel IS NOT NULL", &error)) == NULL)
			return log_failure(&error);
		db_bind_text(statement, 1, replay->state);
		db_bind_int(statement, 2, id);
		if ((rc = db_step(statement, &error)) == -1)
			return log_failure(&error);
		if (rc == 0 || db_is_null(statement, 0)) {
			db_reset(statement);
			if (strcmp(replay->state, "dead") == 0)
				tell_rejects(ledger);
			return worst;
		}
		id = db_int(statement, 0);
		db_reset(statement);
		if ((one = replay_one(replay, id)) != EXIT_DONE)
			worst = one;
	}
}

static int
take_options(struct replay *replay, int argc, char **argv)
{
	static const struct option options[] = {
		{ "resend", no_argument, NULL, 'x' },
		{ "again", no_argument, NULL, 'a' },
		{ "state", required_argument, NULL, 's' },
		{ "reason", required_argument, NULL, 'r' },
		{ "dry-run", no_argument, NULL, 'n' },
		{ NULL, 0, NULL, 0 }
	};
	int option;

	optind = 0;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (option) {
		case 'x':
			replay->resend = true;
			break;
		case 'a':
			replay->again = true;
			break;
		case 's':
			replay->state = optarg;
			break;
		case 'r':
			replay->reason = optarg;
			break;
		case 'n':
			replay->dry = true;
			break;
		default:
			log_error("replay: an option is unknown or lacks its "
			    "argument; see auditctl --help");
			return -1;
		}
	return 0;
}

int
replay_command(struct ledger *ledger, int argc, char **argv)
{
	struct replay replay = { .ledger = ledger };

	if (take_options(&replay, argc, argv) == -1)
		return EXIT_USAGE;
	if (!reason_fits(replay.reason))
		return EXIT_USAGE;
	if ((replay.state == NULL) == (optind == argc)) {
		log_error("replay takes ids, - for ids on stdin, or --state "
		    "dead; --resend sends what may be in Slack already, "
		    "--again what was sent");
		return EXIT_USAGE;
	}
	if (replay.state == NULL)
		return each_id(argv + optind, argc - optind, replay_one,
		    &replay);
	if (strcmp(replay.state, "dead") == 0 ||
	    strcmp(replay.state, "held") == 0 ||
	    strcmp(replay.state, "cancelled") == 0)
		return replay_state(&replay);
	log_error("--state takes dead, held or cancelled");
	return EXIT_USAGE;
}
