/* SPDX-License-Identifier: MIT */
#include "deliver/settle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "retry.h"

#define FORM "application/x-www-form-urlencoded"
#define BACKOFF_MS 1000
#define BACKOFF_MAX_MS 60000

void
settle_free(struct settle *settle)
{
	struct doubt *doubt;

	while ((doubt = settle->doubts) != NULL) {
		settle->doubts = doubt->next;
		free(doubt);
	}
}

void
settle_reset(struct settle *settle)
{
	settle_free(settle);
	settle->current = NULL;
	settle->stale = settle->step != SETTLE_IDLE;
}

void
settle_new_token(struct settle *settle)
{
	*settle->bot_id = '\0';
	settle->unauthorised = false;
	/* What is being looked up is looked up anew. */
	settle->current = NULL;
	settle->stale = settle->step != SETTLE_IDLE;
}

bool
settle_holds(const struct settle *settle, const struct channel *channel)
{
	const struct doubt *doubt = settle->doubts;

	while (doubt != NULL && doubt->message.channel != channel)
		doubt = doubt->next;
	return doubt != NULL;
}

bool
settle_knows(const struct settle *settle, int64_t message)
{
	const struct doubt *doubt = settle->doubts;

	while (doubt != NULL && doubt->message.id != message)
		doubt = doubt->next;
	return doubt != NULL;
}

int
settle_add(struct settle *settle, const struct message *message,
    int64_t now_ms, struct error *error)
{
	struct doubt *doubt = calloc(1, sizeof(*doubt)), **at;
	int64_t age = due_wall_ms(settle->outbox->due, now_ms) -
	    message->sending_ms;

	if (doubt == NULL)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	doubt->message = *message;
	doubt->due_ms = now_ms + (age < 0 || age > settle->delay_ms ? 0 :
	    settle->delay_ms - age);
	pace_busy(settle->outbox->pace, message->channel, true);
	for (at = &settle->doubts; *at != NULL; at = &(*at)->next)
		;
	*at = doubt;
	return 0;
}

/* A look that a 429 cut is gone on with, or it would never end. */
static struct doubt *
earliest(const struct settle *settle)
{
	struct doubt *doubt, *best = settle->doubts;

	if (settle->current != NULL)
		return settle->current;

	for (doubt = best; doubt != NULL; doubt = doubt->next)
		if (doubt->due_ms < best->due_ms)
			best = doubt;
	return best;
}

int64_t
settle_due(const struct settle *settle)
{
	const struct doubt *doubt = earliest(settle);
	int64_t at_ms, reading_ms;

	if (doubt == NULL || settle->step != SETTLE_IDLE ||
	    settle->unauthorised)
		return PACE_NEVER;
	at_ms = doubt->due_ms;
	if (settle->not_before_ms > at_ms)
		at_ms = settle->not_before_ms;
	/* A 429 that an earlier run was given. */
	reading_ms = settle->outbox->due->reading_ms;
	return reading_ms > at_ms ? reading_ms : at_ms;
}

/* ---- asking ------------------------------------------------------------ */

static void
field_time(struct buffer *form, const char *name, int64_t wall_ms)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld.%06d", (long long)wall_ms / 1000,
	    (int)(wall_ms % 1000) * 1000);
	form_field(form, name, text);
}

static int
ask(struct settle *settle, enum settle_step step, const char *method,
    struct buffer *form, struct error *error)
{
	if (*settle->cursor != '\0')
		form_field(form, "cursor", settle->cursor);
	settle->step = step;
	return client_call(settle->client, method, FORM, form, settle, error);
}

static int
ask_history(struct settle *settle, struct buffer *form, struct error *error)
{
	const struct message *message = &settle->current->message;
	bool thread = *message->thread_ts != '\0';
	int64_t oldest = message->sending_ms - SETTLE_SKEW_MS;

	if (settle->slack_ahead_ms < 0)
		oldest += settle->slack_ahead_ms;
	form_field(form, "channel", message->channel->slack);
	if (thread)
		form_field(form, "ts", message->thread_ts);
	field_time(form, "oldest", oldest > 0 ? oldest : 0);
	form_field(form, "inclusive", "true");
	form_field(form, "include_all_metadata", "true");
	form_field(form, "limit", "200");
	return ask(settle, SETTLE_LOOK, thread ? "conversations.replies" :
	    "conversations.history", form, error);
}

/* The next question about the current doubt. */
static int
ask_next(struct settle *settle, struct error *error)
{
	struct channel *channel = settle->current->message.channel;
	struct buffer form;
	int rc;

	if (settle->ending) { /* it is looked up by the next run */
		settle->current = NULL;
		return 0;
	}
	buffer_init(&form, 8192);
	if (*settle->bot_id == '\0')
		rc = ask(settle, SETTLE_WHO, "auth.test", &form, error);
	else if (*channel->slack == '\0') {
		form_field(&form, "types", "public_channel,private_channel");
		form_field(&form, "limit", "1000");
		rc = ask(settle, SETTLE_CHANNEL, "conversations.list", &form,
		    error);
	} else
		rc = ask_history(settle, &form, error);
	buffer_free(&form);
	return rc;
}

static void
begin_look(struct settle *settle)
{
	*settle->cursor = '\0';
	*settle->ts = '\0';
	settle->copies = settle->pages = 0;
	settle->foreign = false;
}

int
settle_start(struct settle *settle, int64_t now_ms, struct error *error)
{
	if (settle_due(settle) > now_ms)
		return 0;
	if (settle->current == NULL) {
		settle->current = earliest(settle);
		begin_look(settle);
	}
	return ask_next(settle, error);
}

/* ---- answers ----------------------------------------------------------- */

/* A doubt is settled: its channel may go on. */
static void
drop(struct settle *settle, struct doubt **at)
{
	struct doubt *doubt = *at;

	*at = doubt->next;
	pace_busy(settle->outbox->pace, doubt->message.channel,
	    doubt->message.channel->flying ||
	    settle_holds(settle, doubt->message.channel));
	pace_waiting(settle->outbox->pace, doubt->message.channel, true);
	if (doubt == settle->current)
		settle->current = NULL;
	free(doubt);
}

static void
forget(struct settle *settle)
{
	struct doubt **at;

	for (at = &settle->doubts; *at != settle->current; at = &(*at)->next)
		;
	drop(settle, at);
}

int
settle_look(struct settle *settle, struct error *error)
{
	struct doubt **at = &settle->doubts;
	int rc;

	while (*at != NULL) {
		rc = outbox_in_doubt(settle->outbox, &(*at)->message, error);
		if (rc == -1)
			return -1;
		if (rc == 1)
			at = &(*at)->next;
		else {
			if (*at == settle->current)
				settle->stale = settle->step != SETTLE_IDLE;
			drop(settle, at);
		}
	}
	return 0;
}

static int
hold(struct settle *settle, const char *why, struct error *error)
{
	const struct message *message = &settle->current->message;
	int rc = outbox_settle_held(settle->outbox, message, why, error);

	log_error("message %lld for %s is held: %s; see auditctl show %lld",
	    (long long)message->id, message->channel->name, why,
	    (long long)message->id);
	settle->tally->held++;
	forget(settle);
	return rc;
}

static int
queue_again(struct settle *settle, const char *why, struct error *error)
{
	int rc = outbox_settle_unsent(settle->outbox,
	    &settle->current->message, why, error);

	forget(settle);
	return rc;
}

static int
cannot_look(struct settle *settle, const char *word, struct error *error)
{
	char why[256];

	snprintf(why, sizeof(why), "in doubt, and Slack can't be asked: %s%s",
	    word, strcmp(word, "not_in_channel") == 0 ?
	    " (invite the app to the channel, then replay it)" : "");
	return settle->resend ? queue_again(settle, why, error) :
	    hold(settle, why, error);
}

/* A complete look, or the end of one. */
static int
looked(struct settle *settle, int64_t now_ms, struct error *error)
{
	static const int waits[SETTLE_LOOKS] = { 1, 3, 12 };
	struct doubt *doubt = settle->current;
	int64_t age = due_wall_ms(settle->outbox->due, now_ms) -
	    doubt->message.sending_ms;
	int rc;

	if (settle->copies > 0) {
		rc = outbox_settle_sent(settle->outbox, &doubt->message,
		    settle->ts, settle->copies, error);
		settle->tally->sent++;
		forget(settle);
		return rc;
	}
	/* The key is ours alone: who else has it had it from our message, or
	 * was us, with another app's token. */
	if (settle->foreign)
		return hold(settle, "in doubt, and another app's message in "
		    "Slack has its key: look there; auditctl replay --resend "
		    "sends it again", error);
	/* Before it was sent: some clock was wrong, and nobody knows how long. */
	if (age > SETTLE_TOO_LATE_MS || age < 0)
		return hold(settle, "in doubt, and not found in Slack: was it "
		    "deleted there? auditctl replay --resend sends it "
		    "again", error);
	if (++doubt->looks == SETTLE_LOOKS)
		return queue_again(settle, "in doubt, and not found in Slack",
		    error);
	doubt->due_ms = now_ms + settle->delay_ms * waits[doubt->looks];
	settle->current = NULL;
	return 0;
}

static void
failing(struct settle *settle, int64_t now_ms, int64_t wait_ms)
{
	if (settle->failing_since_ms == 0)
		settle->failing_since_ms = now_ms;
	settle->not_before_ms = now_ms + wait_ms;
}

/* Slack is away, or this history is broken: ask again later, about others
 * first; the look doesn't count. */
static int
later(struct settle *settle, int64_t now_ms)
{
	failing(settle, now_ms, retry_backoff_ms(settle->failures++,
	    BACKOFF_MS, BACKOFF_MAX_MS));
	settle->current->due_ms = settle->not_before_ms;
	settle->current = NULL;
	return 0;
}

static int
refused(struct settle *settle, const struct call *call, const char *word,
    int64_t now_ms, struct error *error)
{
	struct due *due = settle->outbox->due;
	struct slack_answer answer;

	slack_judge(&call->answer, SLACK_POST, call->not_sent,
	    clock_wall_ms(), &answer);
	if (answer.class == SLACK_RATE) {
		failing(settle, now_ms, answer.retry_after_ms);
		due->reading_ms = settle->not_before_ms;
		return due_keep_reading(due, answer.error, now_ms, error);
	}
	if (word == NULL || answer.class == SLACK_TRANSIENT ||
	    answer.class == SLACK_DOUBT)
		return later(settle, now_ms);
	if (answer.class == SLACK_AUTH && strcmp(word, "missing_scope") != 0 &&
	    strcmp(word, "no_permission") != 0 &&
	    strcmp(word, "access_denied") != 0) {
		settle->unauthorised = true;
		settle->generation = call->generation;
		snprintf(settle->word, sizeof(settle->word), "%s", word);
		return 0;
	}
	return cannot_look(settle, word, error);
}

static bool
has_key(const struct settle *settle, const struct json *json, json_node node)
{
	json_node metadata = json_member(json, node, "metadata");

	return json_is(json, json_member(json, metadata, "event_type"),
	    SLACK_METADATA_TYPE) && json_is(json, json_member(json,
	    json_member(json, metadata, "event_payload"), "key"),
	    settle->current->message.token);
}

static void
search(struct settle *settle, const struct json *json)
{
	json_node node;
	char *ts;

	for (node = json_first(json, json_member(json, 0, "messages"));
	    node != JSON_NONE; node = json_next(json, node)) {
		if (!has_key(settle, json, node))
			continue;
		if (!json_is(json, json_member(json, node, "bot_id"),
		    settle->bot_id)) {
			settle->foreign = true;
			continue;
		}
		if ((ts = json_dup(json, json_member(json, node, "ts"))) ==
		    NULL)
			continue;
		settle->copies++;
		/* Equal lengths until the year 2286: bytes sort as time. */
		if (*settle->ts == '\0' || strcmp(ts, settle->ts) < 0)
			snprintf(settle->ts, sizeof(settle->ts), "%s", ts);
		free(ts);
	}
}

static void
search_channel(struct settle *settle, const struct json *json)
{
	struct channel *channel = settle->current->message.channel;
	const char *name = channel->name + (*channel->name == '#');
	json_node node;
	char *id;

	for (node = json_first(json, json_member(json, 0, "channels"));
	    node != JSON_NONE; node = json_next(json, node)) {
		if (!json_is(json, json_member(json, node, "name"), name))
			continue;
		id = json_dup(json, json_member(json, node, "id"));
		if (id != NULL)
			pace_identify(settle->outbox->pace, channel, id);
		free(id);
	}
}

/* Into settle->cursor; "" on the last page.  False: the page is cut short. */
static bool
next_cursor(struct settle *settle, const struct json *json)
{
	char *cursor = json_dup(json, json_path(json,
	    "response_metadata.next_cursor"));
	bool more = json_type(json, json_member(json, 0, "has_more")) ==
	    JSON_TRUE, fits;

	fits = cursor == NULL || strlen(cursor) < sizeof(settle->cursor);
	snprintf(settle->cursor, sizeof(settle->cursor), "%s",
	    cursor != NULL && fits ? cursor : "");
	free(cursor);
	return fits && (!more || *settle->cursor != '\0');
}

static int
take_ok(struct settle *settle, enum settle_step step, const struct json *json,
    int64_t now_ms, struct error *error)
{
	char *bot_id;
	bool whole;

	if (step == SETTLE_WHO) {
		bot_id = json_dup(json, json_member(json, 0, "bot_id"));
		if (bot_id == NULL)
			return cannot_look(settle, "auth.test names no bot_id",
			    error);
		snprintf(settle->bot_id, sizeof(settle->bot_id), "%s", bot_id);
		free(bot_id);
		return ask_next(settle, error);
	}
	whole = next_cursor(settle, json);
	if (step == SETTLE_CHANNEL) {
		search_channel(settle, json);
		if (*settle->current->message.channel->slack != '\0')
			*settle->cursor = '\0';
		else if (!whole || *settle->cursor == '\0')
			return cannot_look(settle, "no channel of that name is "
			    "listed", error);
		return ask_next(settle, error);
	}
	search(settle, json);
	if (++settle->pages == SETTLE_PAGES_MAX)
		whole = false;
	if (whole && *settle->cursor != '\0')
		return ask_next(settle, error);
	/* What isn't complete proves nothing unless the message is in it. */
	if (!whole && settle->copies == 0)
		return cannot_look(settle, "its history is cut", error);
	return looked(settle, now_ms, error);
}

/* A message bears Slack's time; what we look for is bounded by ours. */
static void
compare_clocks(struct settle *settle, const struct call *call, int64_t now_ms)
{
	int64_t theirs;

	if (clock_parse_http(call->answer.date, &theirs) == 0)
		settle->slack_ahead_ms = theirs -
		    due_wall_ms(settle->outbox->due, now_ms);
}

int
settle_take(struct settle *settle, const struct call *call, int64_t now_ms,
    struct error *error)
{
	enum settle_step step = settle->step;
	struct json json = { 0 };
	struct error ignored;
	char *word = NULL;
	int rc;

	settle->step = SETTLE_IDLE;
	compare_clocks(settle, call, now_ms);
	if (settle->stale || settle->current == NULL) {
		settle->stale = false;
		return 0;
	}
	/* A person may have settled it while Slack was asked. */
	if ((rc = outbox_in_doubt(settle->outbox, &settle->current->message,
	    error)) != 1) {
		if (rc == 0)
			forget(settle);
		return rc;
	}
	if (call->answer.status == 0 || json_parse(&json,
	    buffer_text(&call->answer.body), call->answer.body.length,
	    &ignored) == -1)
		rc = refused(settle, call, NULL, now_ms, error);
	else if (call->answer.status == 200 && json_type(&json,
	    json_member(&json, 0, "ok")) == JSON_TRUE) {
		settle->failures = 0;
		settle->failing_since_ms = 0;
		rc = take_ok(settle, step, &json, now_ms, error);
	} else {
		word = json_dup(&json, json_member(&json, 0, "error"));
		rc = refused(settle, call, word, now_ms, error);
	}
	free(word);
	json_free(&json);
	return rc;
}
