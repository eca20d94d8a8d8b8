/* SPDX-License-Identifier: MIT */
#include "deliver/ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "deliver/slack.h"
#include "log.h"
#include "retry.h"

#define BACKOFF_MS 1000
#define BACKOFF_MAX_MS 60000

void
ask_open(struct ask *ask, struct client *client, int64_t budget_ms)
{
	*ask = (struct ask){ .client = client, .budget_ms = budget_ms };
	buffer_init(&ask->text, SLACK_ANSWER_MAX);
}

void
ask_close(struct ask *ask)
{
	json_free(&ask->json);
	buffer_free(&ask->text);
	*ask = (struct ask){ 0 };
}

/* What came of one request. */
enum result {
	TAKEN,   /* ok: true */
	REFUSED, /* ok: false, with a word */
	FOREIGN, /* no answer of Slack's */
	LATER    /* for the moment */
};

/* *wait_ms: what Slack asked for, or -1; *why names the cause of LATER. */
static enum result
judge(struct ask *ask, const struct http_answer *answer, int64_t *wait_ms,
    char why[ASK_WORD_MAX])
{
	enum slack_class class;
	struct error ignored;
	enum json_type ok;
	char *word;

	*wait_ms = -1;
	*ask->word = '\0';
	snprintf(why, ASK_WORD_MAX, "HTTP %ld", answer->status);
	if (answer->status == 0)
		snprintf(why, ASK_WORD_MAX, "%.*s", ASK_WORD_MAX - 1,
		    answer->failure);
	if (answer->status == 429)
		*wait_ms = retry_after_ms(answer->retry_after, clock_wall_ms(),
		    SLACK_RETRY_AFTER_DEFAULT_MS, SLACK_RETRY_AFTER_MAX_MS);
	if (answer->status == 0 || answer->status == 429 ||
	    answer->status >= 500)
		return LATER;
	buffer_clear(&ask->text);
	buffer_append(&ask->text, buffer_text(&answer->body),
	    answer->body.length);
	if (json_parse(&ask->json, buffer_text(&ask->text), ask->text.length,
	    &ignored) == -1)
		return FOREIGN;
	ok = json_type(&ask->json, json_member(&ask->json, 0, "ok"));
	word = json_dup(&ask->json, json_member(&ask->json, 0, "error"));
	snprintf(ask->word, sizeof(ask->word), "%s", word != NULL ? word : "");
	free(word);
	if (ok == JSON_TRUE)
		return TAKEN;
	if (ok != JSON_FALSE || *ask->word == '\0')
		return FOREIGN;
	snprintf(why, ASK_WORD_MAX, "%s", ask->word);
	class = slack_error_class(ask->word, SLACK_POST);
	if (class == SLACK_RATE)
		*wait_ms = SLACK_RETRY_AFTER_DEFAULT_MS;
	/* Whether it was done is no matter: it changes nothing. */
	return class == SLACK_RATE || class == SLACK_TRANSIENT ||
	    class == SLACK_DOUBT ? LATER : REFUSED;
}

/* Post it once and wait for what comes of it. */
static int
post(struct ask *ask, const char *method, const struct buffer *form,
    struct call **call, struct error *error)
{
	if (client_call(ask->client, method,
	    "application/x-www-form-urlencoded", form, NULL, error) == -1)
		return -1;
	while ((*call = client_next(ask->client)) == NULL)
		if (client_wait(ask->client, NULL, 0, -1, NULL, error) == -1)
			return -1;
	return 0;
}

static int
pass_time(struct ask *ask, int64_t wait_ms, struct error *error)
{
	int64_t end = clock_monotonic_ms() + wait_ms, left;

	while ((left = end - clock_monotonic_ms()) > 0)
		if (client_wait(ask->client, NULL, 0, left, NULL, error) == -1)
			return -1;
	return 0;
}

int
ask_slack(struct ask *ask, const char *method, const struct buffer *form,
    struct error *error)
{
	int64_t since_ms = clock_monotonic_ms(), wait_ms;
	char why[ASK_WORD_MAX];
	enum result result;
	struct call *call;
	int failures = 0;

	for (;;) {
		if (post(ask, method, form, &call, error) == -1)
			return -1;
		result = judge(ask, &call->answer, &wait_ms, why);
		snprintf(ask->scopes, sizeof(ask->scopes), "%s",
		    call->answer.scopes);
		client_release(ask->client, call);
		if (result == FOREIGN)
			return error_set(error, EXIT_PROTOCOL, "what answers "
			    "%s is not Slack's API, or not as we know it (%s): "
			    "check slack.url and the proxy", method, why);
		if (result != LATER)
			return result == TAKEN ? 0 : 1;
		if (wait_ms == -1)
			wait_ms = retry_backoff_ms(failures, BACKOFF_MS,
			    BACKOFF_MAX_MS);
		if (clock_monotonic_ms() - since_ms + wait_ms > ask->budget_ms)
			return error_set(error, EXIT_UNAVAILABLE, "Slack "
			    "doesn't answer %s: %s; try later", method, why);
		if (failures++ == 0)
			log_warning("Slack doesn't answer %s yet: %s; trying "
			    "again", method, why);
		if (pass_time(ask, wait_ms, error) == -1)
			return -1;
	}
}
