/* SPDX-License-Identifier: MIT */
#include "auditctl/check_story.h"

#include <stdio.h>
#include <string.h>

#define DETAIL(name) "json_extract(a.detail, '$." name "')"
#define DIFFERS(name) "WHEN " DETAIL(name) " IS NOT m." name " THEN '" name "' "
/* A minute apart at most: an event is written a little later than its row. */
#define CLOSE(one, other) "abs(julianday(" one ") - julianday(" other \
    ")) * 1440 < 1"

/* An event a row; without any there is one that is empty. */
enum column {
	EVENT,
	MAKES,  /* does it say what the message is? */
	WRONG,  /* in which column it says something else */
	REPLAYS, /* is what it says of replays so? */
	COPY,
	STATE,  /* that it says besides its own name */
	SETTLED,
	SENT,   /* is that where it says, if this is so? */
	SENT_AT, /* and when, by this event or by Slack's ts? */
	QUEUED_AT,
	METHOD,
	THREAD, /* is that of a post so? */
	ERROR,
	ROW_STATE,
	ROW_METHOD,
	ROW_GENERATION,
	ROW_ATTEMPTS
};

static const char events_sql[] = "SELECT a.event, "
    DETAIL("payload_hash") " IS NOT NULL, CASE " DIFFERS("filter")
    DIFFERS("stream") DIFFERS("record_id") DIFFERS("record_version")
    DIFFERS("channel") DIFFERS("payload_hash") "END, "
    DETAIL("replays") " IS m.replays, " DETAIL("replays") " IS NOT NULL, "
    DETAIL("state") ", " DETAIL("settled") " IS NOT NULL, "
    DETAIL("slack") " = m.slack_channel || '/' || m.slack_ts, "
    "coalesce(" CLOSE("m.sent_at", "a.time") ", 0) OR coalesce("
    CLOSE("m.sent_at", "strftime('%J', m.slack_ts, 'unixepoch')") ", 0), "
    "coalesce(" CLOSE("m.queued_at", "a.time") ", 0), "
    "CASE WHEN " DETAIL("edits") " IS NOT NULL THEN 'edit' "
    "WHEN " DETAIL("instead_of") " IS NOT NULL THEN 'repost' "
    "ELSE 'post' END, " DETAIL("replies_to") " IS m.thread_ts, "
    DETAIL("error") " IS m.error, m.state, m.method, m.generation, "
    "(SELECT count(*) FROM attempts t WHERE t.message = m.id) "
    "FROM messages m LEFT JOIN audit a ON a.subject = CAST(m.id AS TEXT) "
    "AND a.event LIKE 'message.%' WHERE m.id = ?1 ORDER BY a.seq";

/* row_: what the row says. */
struct story {
	char row_state[16], row_method[8];
	int64_t row_generation, row_attempts;
	bool made, copy, replays;
	char wrong[32];
	char state[16]; /* that it must have; "": not known */
	bool elsewhere, untimely; /* it was sent, and to another place, or then */
	bool dated;               /* it was queued then */
	char method[8]; /* of its last request; "": there was none */
	bool thread, error;
	int64_t generation, requests;
	bool counted; /* no event leaves the generation open */
};

static void
copy_text(char *out, size_t size, const char *text)
{
	snprintf(out, size, "%s", text != NULL ? text : "");
}

/* Its name says the state, unless its detail does. */
static void
take_state(struct story *story, const char *event, const char *detail)
{
	static const char *const states[] = { "queued", "unchanged", "dead",
		"sending", "sent", "in_doubt", "held", "cancelled" };
	size_t i;

	if (detail != NULL) {
		copy_text(story->state, sizeof(story->state), detail);
		return;
	}
	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (strcmp(event, states[i]) == 0) {
			copy_text(story->state, sizeof(story->state), event);
			return;
		}
	if (strcmp(event, "cut") != 0 && strcmp(event, "acknowledged") != 0)
		*story->state = '\0';
}

static void
take_event(struct story *story, struct statement *row)
{
	const char *event = db_text(row, EVENT) + strlen("message.");
	const char *state = db_text(row, STATE);
	bool queues = state != NULL && strcmp(state, "queued") == 0;

	take_state(story, event, state);
	if (db_int(row, MAKES) != 0) {
		if (!story->made) {
			story->replays = db_int(row, REPLAYS) != 0;
			story->copy = db_int(row, COPY) != 0;
			story->dated = db_int(row, QUEUED_AT) != 0;
		}
		story->made = true;
		copy_text(story->wrong, sizeof(story->wrong),
		    db_text(row, WRONG));
	}
	if (strcmp(event, "replayed") == 0) {
		story->counted &= state != NULL;
		story->generation += queues;
	} else if (db_int(row, MAKES) != 0 || db_int(row, SETTLED) != 0 ||
	    (strcmp(event, "settled") == 0 && queues))
		story->generation++;
	if (strcmp(event, "sending") == 0) {
		story->requests++;
		copy_text(story->method, sizeof(story->method),
		    db_text(row, METHOD));
		story->thread = db_int(row, THREAD) != 0;
	}
	story->elsewhere = strcmp(event, "sent") == 0 &&
	    db_int(row, SENT) == 0;
	story->untimely = strcmp(event, "sent") == 0 &&
	    db_int(row, SENT_AT) == 0;
	story->error = strcmp(event, "dead") != 0 || db_int(row, ERROR) != 0;
}

/* What only all of its events can prove. */
static const char *
judge_whole(const struct story *story)
{
	if (!story->made)
		return "no event made it";
	if (!story->replays)
		return "replays";
	if (story->requests != story->row_attempts)
		return "attempts";
	if (!story->dated && !story->copy)
		return "queued_at";
	return story->counted && !story->copy &&
	    story->generation != story->row_generation ? "generation" : NULL;
}

static const char *
judge(const struct story *story, bool whole)
{
	const char *state = story->row_state, *method = story->row_method;
	bool requested = strcmp(state, "sent") == 0 ||
	    strcmp(state, "sending") == 0 || strcmp(state, "in_doubt") == 0;

	if (story->made && *story->wrong != '\0')
		return story->wrong;
	if (*story->state != '\0' && strcmp(story->state, state) != 0)
		return "state";
	if (story->elsewhere)
		return "slack_ts";
	if (story->untimely)
		return "sent_at";
	if (!story->error)
		return "error";
	if (requested && *story->method != '\0') {
		if (strcmp(story->method, method) != 0)
			return "method";
		if (strcmp(method, "post") == 0 && !story->thread)
			return "thread_ts";
	}
	return whole ? judge_whole(story) : NULL;
}

int
story_check(struct ledger *ledger, int64_t id, int64_t sealed,
    const char **what, struct error *error)
{
	static struct story story;
	struct statement *row = db_prepare(ledger->db, events_sql, error);
	int rc;

	*what = NULL;
	if (row == NULL)
		return -1;
	story = (struct story){ .counted = true, .error = true };
	db_bind_int(row, 1, id);
	while ((rc = db_step(row, error)) == 1) {
		copy_text(story.row_state, sizeof(story.row_state),
		    db_text(row, ROW_STATE));
		copy_text(story.row_method, sizeof(story.row_method),
		    db_text(row, ROW_METHOD));
		story.row_generation = db_int(row, ROW_GENERATION);
		story.row_attempts = db_int(row, ROW_ATTEMPTS);
		if (!db_is_null(row, EVENT))
			take_event(&story, row);
	}
	if (rc == 0)
		*what = judge(&story, id > sealed);
	return rc;
}
