/* SPDX-License-Identifier: MIT */
/*
 * auditctl hold, release, cancel and settle: a person decides on messages.
 *
 * Each message is a transaction of its own, which looks at the state again
 * under the write lock: a deliver may run.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auditctl/acts.h"
#include "auditctl/auditctl.h"
#include "buffer.h"
#include "log.h"

enum verb { HOLD, RELEASE, CANCEL, SENT, UNSENT };

struct decision {
	struct acts acts;
	enum verb verb;
	const char *event;
	const char *ts, *channel; /* of SENT */
};

/* What is known of a message; look reads it. */
struct found {
	char state[16];
	bool reject;
	bool doubt;  /* a request of its generation may be in Slack */
	bool judged; /* or was answered by a word that held or killed it */
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
	    "EXISTS (SELECT 1 FROM attempts a WHERE a.message = m.id AND "
	    "a.generation = m.generation AND "
	    "(a.outcome IS NULL OR a.outcome = 'in_doubt')), "
	    "EXISTS (SELECT 1 FROM attempts a WHERE a.message = m.id AND "
	    "a.generation = m.generation AND "
	    "(a.outcome = 'held' OR a.outcome = 'dead')) "
	    "FROM messages m WHERE id = ?1", error)) == NULL)
		return -1;
	db_bind_int(statement, 1, id);
	if ((rc = db_step(statement, error)) != 1)
		return rc;
	snprintf(found->state, sizeof(found->state), "%s",
	    db_text(statement, 0));
	found->reject = db_int(statement, 1) != 0;
	found->doubt = db_int(statement, 2) != 0;
	found->judged = db_int(statement, 3) != 0;
	db_reset(statement);
	return 1;
}

/* The state it gets, or NULL and why not. */
static const char *
judge(const struct decision *decision, const struct found *found,
    const char **why)
{
	bool queued = strcmp(found->state, "queued") == 0;
	bool held = strcmp(found->state, "held") == 0;
	bool dead = strcmp(found->state, "dead") == 0;

	switch (decision->verb) {
	case HOLD:
		*why = "only queued ones can be held";
		return queued ? "held" : NULL;
	case RELEASE:
		*why = held ? "Slack's answer held it: auditctl replay sends "
		    "it again" : "only held ones can be released";
		if (held && found->doubt)
			return "in_doubt";
		return held && !found->judged ? "queued" : NULL;
	case CANCEL:
		*why = held ? "it may be in Slack: use auditctl settle" :
		    "only queued, held and dead ones can be cancelled";
		return ((held && !found->doubt) || queued || dead) &&
		    !found->reject ? "cancelled" : NULL;
	case SENT:
	case UNSENT:
		*why = "only those that may be in Slack, in doubt or "
		    "held since, can be settled";
		if (strcmp(found->state, "in_doubt") != 0 &&
		    !(held && found->doubt))
			return NULL;
		return decision->verb == SENT ? "sent" : "queued";
	}
	return NULL;
}

static int
change(struct ledger *ledger, const struct decision *decision, int64_t id,
    const char *state, struct error *error)
{
	static const char *const sql[] = {
		[HOLD] = "error = 'held by auditctl hold'",
		[RELEASE] = "error = NULL",
		[CANCEL] = "not_before = NULL",
		[SENT] = ("error = NULL, slack_ts = ?3, slack_channel = ?4, "
		    "sent_at = strftime('%Y-%m-%dT%H:%M:%fZ', "
		    "CAST(?3 AS REAL), 'unixepoch')"),
		[UNSENT] = ("error = NULL, generation = generation + 1, "
		    "attempts = 0, not_before = NULL"),
	};
	struct statement *statement;
	struct buffer text, detail;
	int rc = -1;

	buffer_init(&text, 1024);
	buffer_init(&detail, 8 * REASON_MAX);
	buffer_printf(&text, "UPDATE messages SET state = ?2, %s WHERE id = ?1",
	    sql[decision->verb]);
	if ((statement = db_prepare(ledger->db, buffer_text(&text),
	    error)) == NULL)
		goto out;
	db_bind_int(statement, 1, id);
	db_bind_text(statement, 2, state);
	if (decision->verb == SENT) {
		db_bind_text(statement, 3, decision->ts);
		db_bind_text(statement, 4, decision->channel);
	}
	if (db_run(statement, error) == -1)
		goto out;
	buffer_puts(&detail, "{");
	buffer_json_member(&detail, "state", state);
	acts_end_detail(&decision->acts, &detail);
	rc = audit_message(ledger, decision->event, id, buffer_text(&detail),
	    error);
out:
	buffer_free(&text);
	buffer_free(&detail);
	return rc;
}

/* One message; the context is a decision. */
static int
decide(void *context, int64_t id)
{
	struct decision *decision = context;
	struct acts *acts = &decision->acts;
	struct ledger *ledger = acts->ledger;
	struct error error;
	struct found found;
	const char *state = NULL, *why = NULL, *what;
	int rc = EXIT_NO, seen;

	if (db_begin(ledger->db, &error) == -1)
		return log_failure(&error);
	if ((seen = look(ledger, id, &found, &error)) == -1) {
		rc = log_failure(&error);
	} else if (seen == 0) {
		acts_refuse(acts, "that are not there",
		    "there is no message %lld", (long long)id);
	} else if (strcmp(found.state, "sending") == 0) {
		acts_refuse(acts, "sending", "message %lld is being sent: "
		    "try again in a moment", (long long)id);
		rc = EXIT_TEMPFAIL;
	} else if ((state = judge(decision, &found, &why)) == NULL) {
		what = found.reject ? "a reject" : found.state;
		acts_refuse(acts, what, "message %lld is %s: %s",
		    (long long)id, what, why);
	} else if (acts->dry) {
		rc = EXIT_DONE;
	} else if (change(ledger, decision, id, state, &error) == -1 ||
	    db_commit(ledger->db, &error) == -1) {
		rc = log_failure(&error);
	} else {
		rc = EXIT_DONE;
	}
	db_rollback(ledger->db);
	acts->done += rc == EXIT_DONE;
	if (rc == EXIT_DONE)
		printf("{\"id\":%lld,\"state\":\"%s\"}\n", (long long)id,
		    state);
	return rc;
}

static int
decide_all(enum verb verb, const char *event, const char *usual,
    struct ledger *ledger, int argc, char **argv)
{
	struct option table[ACTS_OPTIONS + 1] = { { 0 } };
	struct decision decision = { .verb = verb, .event = event,
		.acts = { .ledger = ledger, .name = argv[0], .verb =
		verb == RELEASE ? "released" : verb == HOLD ? "held" :
		"cancelled", .usual = usual, .one = decide } };
	int option;

	decision.acts.context = &decision;
	acts_options(table);
	optind = 0;
	while ((option = getopt_long(argc, argv, "", table, NULL)) != -1)
		if (acts_take(&decision.acts, option, optarg) == -1)
			return EXIT_USAGE;
	return acts_run(&decision.acts, argv + optind, argc - optind);
}

int
hold_command(struct ledger *ledger, int argc, char **argv)
{
	return decide_all(HOLD, "message.held", "queued", ledger, argc, argv);
}

int
release_command(struct ledger *ledger, int argc, char **argv)
{
	return decide_all(RELEASE, "message.released", "held", ledger, argc,
	    argv);
}

int
cancel_command(struct ledger *ledger, int argc, char **argv)
{
	return decide_all(CANCEL, "message.cancelled", "queued,dead,held",
	    ledger, argc, argv);
}

/* "1764000000.000100" */
static bool
is_ts(const char *text)
{
	size_t whole = text != NULL ? strspn(text, "0123456789") : 0;

	return whole == 10 && text[whole] == '.' &&
	    strspn(text + whole + 1, "0123456789") == 6 &&
	    text[whole + 7] == '\0';
}

static int
take_settle(struct decision *decision, int argc, char **argv)
{
	static const struct option options[] = {
		{ "reason", required_argument, NULL, 'R' },
		{ "dry-run", no_argument, NULL, 'D' },
		{ "ts", required_argument, NULL, 't' },
		{ "channel-id", required_argument, NULL, 'c' },
		{ NULL, 0, NULL, 0 }
	};
	int option;

	optind = 0;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (option == 't')
			decision->ts = optarg;
		else if (option == 'c')
			decision->channel = optarg;
		else if (acts_take(&decision->acts, option, optarg) == -1)
			return -1;
	return 0;
}

int
settle_command(struct ledger *ledger, int argc, char **argv)
{
	struct decision decision = { .event = "message.settled",
		.acts = { .ledger = ledger, .name = argv[0] } };
	int64_t id;
	bool sent;

	if (take_settle(&decision, argc, argv) == -1)
		return EXIT_USAGE;
	sent = optind + 2 == argc && strcmp(argv[optind + 1], "sent") == 0;
	if (optind + 2 != argc || (!sent &&
	    strcmp(argv[optind + 1], "unsent") != 0)) {
		log_error("settle takes an id, and sent or unsent");
		return EXIT_USAGE;
	}
	if (parse_id(argv[optind], &id) == -1)
		return EXIT_USAGE;
	if (sent ? !is_ts(decision.ts) ||
	    decision.channel == NULL || *decision.channel == '\0' :
	    decision.ts != NULL || decision.channel != NULL) {
		log_error("settle ID sent takes --ts 1764000000.000100 and "
		    "--channel-id C0123456789, unsent neither");
		return EXIT_USAGE;
	}
	decision.verb = sent ? SENT : UNSENT;
	return decide(&decision, id);
}
