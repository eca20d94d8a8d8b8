/* SPDX-License-Identifier: MIT */
/*
 * auditctl replay: send messages again.
 *
 * Each is a transaction of its own, which looks at the state under the write
 * lock: a deliver and another replay may run.
 */
#include "auditctl/replay.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auditctl/auditctl.h"
#include "deliver/slack.h"
#include "log.h"

/* ---- the same payload -------------------------------------------------- */

/* The next generation of the same row; one that may be in Slack is looked up
 * there first, by the key of the generation that it has. */
static int
queue_row(struct replay *replay, int64_t id, bool doubt, struct error *error)
{
	struct ledger *ledger = replay->acts.ledger;
	struct statement *statement;
	struct buffer detail;
	int rc = -1;

	if ((statement = db_prepare(ledger->db, doubt ?
	    "UPDATE messages SET state = 'in_doubt', error = NULL "
	    "WHERE id = ?1" :
	    "UPDATE messages SET state = 'queued', "
	    "generation = generation + 1, attempts = 0, not_before = NULL, "
	    "error = NULL WHERE id = ?1", error)) == NULL)
		return -1;
	db_bind_int(statement, 1, id);
	if (db_run(statement, error) == -1)
		return -1;
	buffer_init(&detail, (size_t)1 << 20);
	buffer_puts(&detail, "{");
	buffer_json_member(&detail, "state", doubt ? "in_doubt" : "queued");
	acts_end_detail(&replay->acts, &detail);
	rc = detail.failed ? error_set(error, EXIT_SYSTEM, "out of memory") :
	    audit_message(ledger, "message.replayed", id,
	    buffer_text(&detail), error);
	buffer_free(&detail);
	return rc == -1 ? -1 : 1;
}

/* It is to go to its own channel. */
static bool
judge_state(struct replay *replay, int64_t id,
    const struct replay_found *found)
{
	const char *state = found->state;

	if (strcmp(state, "dead") == 0 || strcmp(state, "held") == 0 ||
	    strcmp(state, "cancelled") == 0 ||
	    (replay->again && strcmp(state, "sent") == 0))
		return true;
	acts_refuse(&replay->acts, state, "message %lld is %s: only dead, held "
	    "and cancelled ones can be replayed%s", (long long)id, state,
	    strcmp(state, "sent") == 0 ? "; --again sends it as a new message" :
	    "");
	return false;
}

static bool
judge_channel(struct replay *replay, int64_t id,
    const struct replay_found *found)
{
	if (strcmp(replay->to, found->channel) == 0)
		acts_refuse(&replay->acts, "of that channel", "message %lld is "
		    "for %s itself: replay it without --to, and with --again "
		    "if it was sent", (long long)id, found->channel);
	else if (found->threads)
		acts_refuse(&replay->acts, "replies in a thread", "message "
		    "%lld replies in a thread that its filter names, which no "
		    "other channel has", (long long)id);
	else
		return true;
	return false;
}

/* May it be replayed?  Says why not. */
static bool
judge(struct replay *replay, int64_t id, const struct replay_found *found)
{
	if (found->channel == NULL)
		acts_refuse(&replay->acts, "rejects", "message %lld is a "
		    "reject: its filter made no message; mend the filter, and "
		    "use --reformat or read the record again with fetch "
		    "--since", (long long)id);
	else if ((replay->to != NULL ? !judge_channel(replay, id, found) :
	    !judge_state(replay, id, found)) ||
	    replay_repeats(replay, id, found))
		return false;
	else if (!found->payload)
		acts_refuse(&replay->acts, "without a payload", "message %lld "
		    "has no payload%s", (long long)id,
		    strcmp(found->state, "unchanged") == 0 ?
		    ": it would have said what was said before" :
		    " any more: auditctl prune removed it");
	else
		return true;
	return false;
}

/* 1: done, *row is the new row, or 0 where there is none; 0: no. */
static int
copy_row(struct replay *replay, int64_t id, const struct replay_found *found,
    int64_t *row, struct error *error)
{
	struct replay_copy copy = { .of = id, .channel = found->channel };
	struct buffer key;
	int rc = -1;

	buffer_init(&key, 65536);
	if (replay->to == NULL) {
		rc = replay_again_key(found, &key, error);
	} else {
		copy.channel = replay->to;
		rc = buffer_printf(&key, "%s" REPLAY_TO "%s",
		    found->key, replay->to) == 0 ? 0 : error_set(error, EXIT_SYSTEM,
		    "out of memory");
	}
	copy.key = buffer_text(&key);
	if (rc == 0)
		rc = replay->acts.dry ? replay_copy_try(replay, &copy, error) :
		    replay_copy(replay, &copy, row, error);
	buffer_free(&key);
	return rc;
}

static void
tell(const struct replay *replay, int64_t id, bool copies, int64_t row,
    bool doubt)
{
	struct buffer text;

	buffer_init(&text, 65536);
	if (copies && row == 0)
		buffer_puts(&text, "{\"id\":null");
	else
		buffer_printf(&text, "{\"id\":%lld", (long long)(copies ? row :
		    id));
	buffer_json_member(&text, "state", doubt && !copies ? "in_doubt" :
	    "queued");
	if (copies)
		buffer_printf(&text, ",\"replays\":%lld", (long long)id);
	if (replay->to != NULL)
		buffer_json_member(&text, "channel", replay->to);
	printf("%s}\n", buffer_text(&text));
	buffer_free(&text);
}

/* 1: done; 0: no; -1: error. */
static int
change(struct replay *replay, int64_t id, struct replay_found *found,
    struct error *error)
{
	bool copies = replay->to != NULL || strcmp(found->state, "sent") == 0;
	int64_t row = 0;
	int rc;

	if (!judge(replay, id, found))
		return 0;
	found->doubt = found->doubt && !replay->resend;
	if (copies)
		rc = copy_row(replay, id, found, &row, error);
	else
		rc = replay->acts.dry ? 1 :
		    queue_row(replay, id, found->doubt, error);
	if (rc == 1 && !replay->acts.dry)
		rc = db_commit(replay->acts.ledger->db, error) == 0 ? 1 : -1;
	if (rc == 1)
		tell(replay, id, copies, row, found->doubt);
	return rc;
}

static int
replay_one(void *context, int64_t id)
{
	struct replay *replay = context;
	struct replay_found found;
	struct error error;
	bool reject = false;
	int rc;

	if (db_begin(replay->acts.ledger->db, &error) == -1)
		return log_failure(&error);
	if ((rc = replay_look(replay, id, &found, &error)) == 1) {
		reject = found.channel == NULL;
		rc = change(replay, id, &found, &error);
		replay_found_free(&found);
	}
	db_rollback(replay->acts.ledger->db);
	if (rc == -1)
		return log_failure(&error);
	replay->acts.done += rc;
	/* Dead rejects lie among the messages that a query is about. */
	return rc == 1 || (reject && replay->acts.asks) ? EXIT_DONE : EXIT_NO;
}

/* ---- the command ------------------------------------------------------- */

static int
take_options(struct replay *replay, int argc, char **argv)
{
	struct option table[ACTS_OPTIONS + 5] = {
		{ "resend", no_argument, NULL, 'x' },
		{ "again", no_argument, NULL, 'a' },
		{ "to", required_argument, NULL, 'T' },
		{ "reformat", no_argument, NULL, 'M' },
	};
	int option;

	acts_options(table + 4);
	optind = 0;
	while ((option = getopt_long(argc, argv, "", table, NULL)) != -1)
		switch (option) {
		case 'x':
			replay->resend = true;
			break;
		case 'a':
			replay->again = true;
			break;
		case 'M':
			replay->reformat = true;
			break;
		case 'T':
			free(replay->to);
			if ((replay->to = slack_channel_name(optarg)) == NULL)
				return -1;
			break;
		default:
			if (acts_take(&replay->acts, option, optarg) == -1)
				return -1;
		}
	if (replay->to == NULL || (*replay->to != '\0' && !replay->again &&
	    !replay->resend && !replay->reformat))
		return 0;
	log_error("replay --to takes a channel, and sends any message there "
	    "without --again, --resend or --reformat");
	return -1;
}

/* What a query without --state is about.  What a person held back or cancelled
 * is only meant where its state is named. */
static const char *
usual_states(const struct replay *replay)
{
	if (replay->to != NULL)
		return "queued,sending,sent,in_doubt,dead";
	if (replay->reformat)
		return replay->again ? "queued,dead,sent" : "queued,dead";
	return replay->again ? "dead,sent" : "dead";
}

int
replay_command(struct ledger *ledger, int argc, char **argv)
{
	struct replay replay = { .acts = { .ledger = ledger, .name = "replay",
		.verb = "queued", .one = replay_one } };
	int rc = EXIT_USAGE;

	replay.acts.context = &replay;
	if (take_options(&replay, argc, argv) == 0) {
		replay.acts.usual = usual_states(&replay);
		if (replay.reformat)
			replay.acts.batch = reformat_batch;
		rc = acts_run(&replay.acts, argv + optind, argc - optind);
	}
	free(replay.to);
	return rc;
}
