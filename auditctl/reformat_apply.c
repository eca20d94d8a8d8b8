/* SPDX-License-Identifier: MIT */
/* A message is given what its filter makes of its record today. */
#include "auditctl/reformat.h"

#include <stdio.h>
#include <string.h>

#include "log.h"

#define TEXT_MAX ((size_t)4 << 20)

/* One message in hand. */
struct change {
	struct replay *replay;
	int64_t id;
	struct replay_found found;
	const struct reformat_answer *answer;
	struct buffer said; /* the lines of output, for after the commit */
	struct buffer old;  /* what it says until now, as JSON; --dry-run */
	struct buffer scratch, more;
};

/* ---- may it? ----------------------------------------------------------- */

/* Why not, in words behind "message N "; NULL: it may. */
static const char *
obstacle(const struct replay *replay, const struct replay_found *found)
{
	const char *state = found->state;

	if (*found->filter == '\0')
		return "was a line that is no record: no filter saw it";
	if (found->channel == NULL)
		return strcmp(state, "dead") == 0 ? NULL :
		    "is a reject that was put away";
	if (strcmp(state, "sending") == 0)
		return "is being sent: try again in a moment";
	if (strcmp(state, "in_doubt") == 0 ||
	    (found->doubt && !replay->resend))
		return "may be in Slack as it was: use auditctl settle, or "
		    "--resend for one that is held";
	if (strcmp(state, "sent") == 0)
		return replay->again ? NULL : "is sent: --again sends what its "
		    "filter makes of the record now as a new message";
	return strcmp(state, "queued") == 0 || strcmp(state, "dead") == 0 ||
	    strcmp(state, "held") == 0 || strcmp(state, "cancelled") == 0 ?
	    NULL : "was never to be sent";
}

bool
reformat_judge(struct replay *replay, int64_t id,
    const struct replay_found *found)
{
	const char *why = obstacle(replay, found);

	if (why != NULL)
		acts_refuse(&replay->acts, found->channel == NULL ? "rejects" :
		    found->state, "message %lld %s", (long long)id, why);
	return why == NULL && !replay_repeats(replay, id, found);
}

/* ---- what is said of it ------------------------------------------------ */

/* The text of a payload, as JSON. */
static void
append_text(struct buffer *out, const char *payload)
{
	struct json json = { 0 };
	struct error ignored;
	const char *text = "null";
	size_t length = 4;

	if (payload != NULL && json_parse(&json, payload, strlen(payload),
	    &ignored) == 0 && json_type(&json, json_member(&json, 0,
	    "text")) == JSON_STRING)
		text = json_raw(&json, json_member(&json, 0, "text"), &length);
	buffer_append(out, text, length);
	json_free(&json);
}

static int
read_old(struct change *change, struct error *error)
{
	bool reject = change->found.channel == NULL;
	struct statement *row;
	int rc;

	if ((row = db_prepare(change->replay->acts.ledger->db, "SELECT payload "
	    "FROM bodies WHERE message = ?1", error)) == NULL)
		return -1;
	db_bind_int(row, 1, change->id);
	if ((rc = db_step(row, error)) == -1)
		return -1;
	append_text(&change->old, rc == 1 && !reject ? db_text(row, 0) : NULL);
	db_reset(row);
	return 0;
}

/* What it said, and what it is to say. */
static void
compare(struct change *change, const struct entry *entry)
{
	buffer_json_member(&change->said, "channel", change->found.channel);
	buffer_json_name(&change->said, "text");
	buffer_puts(&change->said, buffer_text(&change->old));
	buffer_json_member(&change->said, "new_channel", entry->channel);
	buffer_json_name(&change->said, "new_text");
	append_text(&change->said, entry->payload);
}

/* A line of output.  id 0: the row isn't made.  from: "replays" or "reject",
 * the member that names the message in hand, or NULL. */
static int
say(struct change *change, int64_t id, const char *state, const char *from,
    const struct entry *entry, struct error *error)
{
	struct buffer *out = &change->said;

	if (id == 0)
		buffer_puts(out, "{\"id\":null");
	else
		buffer_printf(out, "{\"id\":%lld", (long long)id);
	buffer_json_member(out, "state", state);
	if (from != NULL)
		buffer_printf(out, ",\"%s\":%lld", from,
		    (long long)change->id);
	if (change->replay->acts.dry && entry != NULL)
		compare(change, entry);
	buffer_puts(out, "}\n");
	return out->failed ? error_set(error, EXIT_SYSTEM, "out of memory") :
	    1;
}

/* ---- the change -------------------------------------------------------- */

/* What its filter wants now is less than it was. */
static int
refuse(struct change *change)
{
	const struct reformat_answer *answer = change->answer;
	const char *filter = change->found.filter;
	size_t i;

	for (i = 0; i < answer->failed_count; i++)
		if (strcmp(answer->failed[i], filter) == 0) {
			acts_refuse(&change->replay->acts, "rejected by their "
			    "filters", "message %lld is left as it is: filter "
			    "%s fails on its record", (long long)change->id,
			    filter);
			return 0;
		}
	acts_refuse(&change->replay->acts, "no longer wanted", "message %lld "
	    "is left as it is: filter %s makes no such message of its record "
	    "now", (long long)change->id, filter);
	return 0;
}

static struct entry_note
note_of(struct change *change)
{
	struct replay_found *found = &change->found;

	buffer_clear(&change->more);
	if (found->channel != NULL) {
		buffer_json_member(&change->more, "old_channel",
		    found->channel);
		buffer_json_member(&change->more, "old_payload_hash",
		    found->hash);
	} else
		buffer_printf(&change->more, "\"reject\":%lld",
		    (long long)change->id);
	if (change->replay->acts.reason != NULL)
		buffer_json_member(&change->more, "reason",
		    change->replay->acts.reason);
	return (struct entry_note){ .scratch = &change->scratch,
		.more = buffer_text(&change->more) };
}

/* Has another message this key?  Its id, 0 or -1. */
static int64_t
holder(struct change *change, const char *key, struct error *error)
{
	struct statement *row;
	int64_t id;
	int rc;

	if ((row = db_prepare(change->replay->acts.ledger->db, "SELECT id "
	    "FROM messages WHERE key = ?1 AND id <> ?2", error)) == NULL)
		return -1;
	db_bind_text(row, 1, key);
	db_bind_int(row, 2, change->id);
	if ((rc = db_step(row, error)) != 1)
		return rc;
	id = db_int(row, 0);
	db_reset(row);
	return id;
}

/* It isn't sent: it says something else from now on, and is queued. */
static int
exchange(struct change *change, const struct entry *entry,
    struct error *error)
{
	struct replay_found *found = &change->found;
	bool stays = strcmp(entry->channel, found->channel) == 0;
	const char *key = found->copy && stays ? found->key : entry->key;
	struct entry changed = *entry;
	struct entry_note note;
	int64_t other;

	if (stays && strcmp(found->state, "queued") == 0 &&
	    strcmp(found->hash, entry->hash) == 0)
		return say(change, change->id, "queued", NULL, entry, error);
	if ((other = holder(change, key, error)) == -1)
		return -1;
	if (other > 0) {
		acts_refuse(&change->replay->acts, "said by other messages",
		    "message %lld is left as it is: message %lld stands for "
		    "what its filter makes of the record now",
		    (long long)change->id, (long long)other);
		return 0;
	}
	/* What sends another one again is a post of its own. */
	if (found->copy)
		changed.delivery = (char *)(uintptr_t)REPLAY_DELIVERY;
	note = note_of(change);
	return entry_replace(change->replay->acts.ledger, &changed, change->id,
	    key, &note, error) == -1 ? -1 :
	    say(change, change->id, "queued", NULL, entry, error);
}

/* It is sent: a new row says it once more.  One in another channel has the key
 * that its record gives it there, so that it isn't sent anew when that is read
 * again. */
static int
copy(struct change *change, const struct entry *entry, struct error *error)
{
	struct replay_copy row = { .of = change->id,
		.channel = entry->channel, .payload = entry->payload,
		.hash = entry->hash, .not_before = entry->not_before };
	bool stays = strcmp(entry->channel, change->found.channel) == 0;
	struct buffer key;
	int64_t id = 0;
	int rc = 0;

	buffer_init(&key, 65536);
	if (stays)
		rc = replay_again_key(&change->found, &key, error);
	row.key = stays ? buffer_text(&key) : entry->key;
	if (rc == 0)
		rc = replay_copy(change->replay, &row, &id, error);
	buffer_free(&key);
	return rc != 1 ? rc : say(change, change->replay->acts.dry ? 0 : id,
	    "queued", "replays", entry, error);
}

/* A reject's filter may make several messages now, as when the record is read
 * again. */
static int
accept_one(struct change *change, const struct entry *entry,
    struct error *error)
{
	struct ledger *ledger = change->replay->acts.ledger;
	struct entry_note note = note_of(change);
	const char *state;
	int64_t id;
	int rc;

	if ((rc = entry_is_unchanged(ledger, entry, error)) == -1)
		return -1;
	state = rc == 1 ? "unchanged" : "queued";
	if ((rc = entry_insert(ledger, entry, state, &note, &id, error)) != 1)
		return rc;
	return say(change, change->replay->acts.dry ? 0 : id, state, "reject",
	    entry, error);
}

static int
accept(struct change *change, struct error *error)
{
	const struct reformat_answer *answer = change->answer;
	const struct entry *last = NULL;
	size_t i;

	for (i = 0; i < answer->count; i++) {
		if (strcmp(answer->entries[i].filter,
		    change->found.filter) != 0)
			continue;
		last = &answer->entries[i];
		if (accept_one(change, last, error) == -1)
			return -1;
	}
	if (last == NULL)
		return refuse(change);
	return entry_cancel_reject(change->replay->acts.ledger, last,
	    error) == -1 ? -1 : say(change, change->id, "cancelled", NULL,
	    NULL, error);
}

/* Where replay --to sent it somebody chose, and no filter changes that. */
static void
keep_channel(const struct replay_found *found, struct entry *entry)
{
	if (found->copy && strstr(found->key, REPLAY_TO) != NULL)
		entry->channel = found->channel;
}

/* 1: done, to be committed; 0: left as it is; -1: error. */
static int
change_it(struct change *change, struct error *error)
{
	struct replay_found *found = &change->found;
	const struct entry *entry = NULL;
	struct entry here;
	size_t i;

	if (!reformat_judge(change->replay, change->id, found))
		return 0;
	if (change->replay->acts.dry && read_old(change, error) == -1)
		return -1;
	if (found->channel == NULL)
		return accept(change, error);
	for (i = 0; i < change->answer->count && entry == NULL; i++)
		if (strcmp(change->answer->entries[i].filter,
		    found->filter) == 0 &&
		    change->answer->entries[i].position == found->position)
			entry = &change->answer->entries[i];
	if (entry == NULL)
		return refuse(change);
	here = *entry;
	keep_channel(found, &here);
	return strcmp(found->state, "sent") == 0 ?
	    copy(change, &here, error) : exchange(change, &here, error);
}

int
reformat_apply(struct replay *replay, int64_t id,
    const struct reformat_answer *answer)
{
	struct change change = { .replay = replay, .id = id,
		.answer = answer };
	struct db *db = replay->acts.ledger->db;
	struct error error;
	int rc;

	if (db_begin(db, &error) == -1)
		return log_failure(&error);
	buffer_init(&change.said, TEXT_MAX);
	buffer_init(&change.old, TEXT_MAX);
	buffer_init(&change.scratch, TEXT_MAX);
	buffer_init(&change.more, TEXT_MAX);
	if ((rc = replay_look(replay, id, &change.found, &error)) == 1) {
		rc = change_it(&change, &error);
		replay_found_free(&change.found);
	}
	if (rc == 1 && !replay->acts.dry && db_commit(db, &error) == -1)
		rc = -1;
	db_rollback(db);
	if (rc == 1)
		fputs(buffer_text(&change.said), stdout);
	buffer_free(&change.said);
	buffer_free(&change.old);
	buffer_free(&change.scratch);
	buffer_free(&change.more);
	replay->acts.done += rc == 1;
	return rc == -1 ? log_failure(&error) : rc == 1 ? EXIT_DONE : EXIT_NO;
}
