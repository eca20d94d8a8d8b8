/* SPDX-License-Identifier: MIT */
/* auditctl replay: send a message again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auditctl/auditctl.h"
#include "log.h"

int
parse_id(const char *text, int64_t *id)
{
	char *end;

	*id = strtoll(text, &end, 10);
	if (end != text && *end == '\0' && *id > 0)
		return 0;
	log_error("'%.40s' is no message id: auditctl list shows them", text);
	return -1;
}

/* The state in fresh memory; NULL and a word to the user when there is none. */
static char *
state_of(struct ledger *ledger, int64_t id, bool *reject)
{
	struct statement *statement;
	struct error error;
	char *state = NULL;
	int rc = -1;

	if ((statement = db_prepare(ledger->db, "SELECT state, channel IS NULL "
	    "FROM messages WHERE id = ?1", &error)) != NULL) {
		db_bind_int(statement, 1, id);
		rc = db_step(statement, &error);
	}
	if (rc == 1) {
		state = strdup(db_text(statement, 0));
		*reject = db_int(statement, 1) != 0;
		db_reset(statement);
	} else if (rc == 0)
		log_error("there is no message %lld", (long long)id);
	else
		log_failure(&error);
	return state;
}

/* What becomes of a message that is replayed.  One that is held since it may
 * have reached Slack is looked up there first, by the key of its generation. */
static const char again_sql[] = "UPDATE messages SET state = 'queued', "
    "generation = generation + 1, attempts = 0, not_before = NULL, "
    "error = NULL WHERE id = ?1 AND state IN ('dead', 'held', 'cancelled') "
    "AND EXISTS (SELECT 1 FROM bodies WHERE message = messages.id)";
static const char look_sql[] = "UPDATE messages SET state = 'in_doubt', "
    "error = NULL WHERE id = ?1 AND state = 'held'";

/* 1: its last request had no answer; -1: error. */
static int
was_in_doubt(struct ledger *ledger, int64_t id, struct error *error)
{
	struct statement *statement;
	int rc;

	if ((statement = db_prepare(ledger->db, "SELECT 1 FROM messages m "
	    "WHERE m.id = ?1 AND m.state = 'held' AND (SELECT a.outcome FROM "
	    "attempts a WHERE a.message = m.id AND a.generation = m.generation "
	    "ORDER BY a.number DESC LIMIT 1) = 'in_doubt'", error)) == NULL)
		return -1;
	db_bind_int(statement, 1, id);
	if ((rc = db_step(statement, error)) == 1)
		db_reset(statement);
	return rc;
}

/* 1: prune took its payload; -1: error. */
static int
was_pruned(struct ledger *ledger, int64_t id, struct error *error)
{
	int64_t pruned;
	char text[32];

	snprintf(text, sizeof(text), "%lld", (long long)id);
	return db_number(ledger->db, "SELECT NOT EXISTS (SELECT 1 FROM bodies "
	    "WHERE message = CAST(?1 AS INTEGER))", text, &pruned,
	    error) == -1 ? -1 : (int)pruned;
}

/* Audited in the same transaction.  1: another process changed it meanwhile. */
static int
queue_again(struct ledger *ledger, int64_t id, bool look,
    struct error *error)
{
	struct statement *statement;
	char subject[32];

	snprintf(subject, sizeof(subject), "%lld", (long long)id);
	if (db_begin(ledger->db, error) == -1)
		return -1;
	if ((statement = db_prepare(ledger->db, look ? look_sql : again_sql,
	    error)) == NULL)
		goto fail;
	db_bind_int(statement, 1, id);
	if (db_run(statement, error) == -1)
		goto fail;
	if (db_changes(ledger->db) != 1) {
		db_rollback(ledger->db);
		return 1;
	}
	if (audit_append(ledger, "message.replayed", subject, look ?
	    "{\"look\":\"it may be in Slack\"}" : NULL, error) == 0 &&
	    db_commit(ledger->db, error) == 0)
		return 0;
fail:
	db_rollback(ledger->db);
	return -1;
}

static int
replay(struct ledger *ledger, int64_t id, bool resend)
{
	struct error error;
	bool reject = false;
	char *state = state_of(ledger, id, &reject);
	int rc = EXIT_NO, queued, doubt = 0, pruned = 0;

	if (state == NULL)
		return EXIT_NO;
	if (reject)
		log_error("message %lld is a reject: its filter made no "
		    "message; mend the filter and read the record again with "
		    "fetch --since", (long long)id);
	else if (strcmp(state, "dead") != 0 && strcmp(state, "held") != 0 &&
	    strcmp(state, "cancelled") != 0)
		log_error("message %lld is %s: only dead, held and cancelled "
		    "ones can be replayed", (long long)id, state);
	else if ((pruned = was_pruned(ledger, id, &error)) == 1)
		log_error("message %lld has no payload any more: auditctl "
		    "prune removed it", (long long)id);
	else if (pruned == -1 || (!resend && (doubt = was_in_doubt(ledger, id,
	    &error)) == -1) || (queued = queue_again(ledger, id, doubt == 1,
	    &error)) == -1)
		rc = log_failure(&error);
	else if (queued == 1)
		log_error("message %lld was changed by another process: it is "
		    "left as that one wants it", (long long)id);
	else {
		printf("{\"id\":\"%lld\",\"state\":\"%s\"}\n",
		    (long long)id, doubt == 1 ? "in_doubt" : "queued");
		rc = EXIT_DONE;
	}
	free(state);
	return rc;
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
replay_state(struct ledger *ledger, const char *state, bool resend)
{
	struct statement *statement;
	struct error error;
	int64_t id = 0;
	int rc, worst = EXIT_DONE, one;

	for (;;) {
		if ((statement = db_prepare(ledger->db, "SELECT min(id) FROM "
		    "messages WHERE state = ?1 AND id > ?2 "
		    "AND channel IS NOT NULL", &error)) == NULL)
			return log_failure(&error);
		db_bind_text(statement, 1, state);
		db_bind_int(statement, 2, id);
		if ((rc = db_step(statement, &error)) == -1)
			return log_failure(&error);
		if (rc == 0 || db_is_null(statement, 0)) {
			db_reset(statement);
			if (strcmp(state, "dead") == 0)
				tell_rejects(ledger);
			return worst;
		}
		id = db_int(statement, 0);
		db_reset(statement);
		if ((one = replay(ledger, id, resend)) != EXIT_DONE)
			worst = one;
	}
}

int
replay_command(struct ledger *ledger, int argc, char **argv)
{
	int rc = EXIT_DONE, one, i;
	bool resend = argc > 1 && strcmp(argv[1], "--resend") == 0;
	int64_t id;

	argc -= resend;
	argv += resend;
	if (argc == 3 && strcmp(argv[1], "--state") == 0) {
		if (strcmp(argv[2], "dead") == 0 ||
		    strcmp(argv[2], "held") == 0 ||
		    strcmp(argv[2], "cancelled") == 0)
			return replay_state(ledger, argv[2], resend);
		log_error("--state takes dead, held or cancelled");
		return EXIT_USAGE;
	}
	if (argc < 2) {
		log_error("replay takes ids, or --state dead; --resend before "
		    "them sends what may be in Slack already");
		return EXIT_USAGE;
	}
	for (i = 1; i < argc; i++)
		if (parse_id(argv[i], &id) == -1)
			return EXIT_USAGE;
	for (i = 1; i < argc; i++)
		if (parse_id(argv[i], &id) == 0 &&
		    (one = replay(ledger, id, resend)) != EXIT_DONE)
			rc = one;
	return rc;
}
