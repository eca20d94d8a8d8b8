/* SPDX-License-Identifier: MIT */
#include "deliver/slack.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "retry.h"

#define TS_MAX_S 253402300799LL /* the end of the year 9999 */

const char *
slack_method_name(enum slack_method method)
{
	return method == SLACK_UPDATE ? "chat.update" : "chat.postMessage";
}

/* A word for the ledger: what Slack says must not steer a terminal or a log. */
static void
keep_word(char out[128], const char *text)
{
	snprintf(out, 128, "%s", text);
	for (; *out != '\0'; out++)
		if (!isprint((unsigned char)*out))
			*out = '?';
}

static void
decide(struct slack_answer *out, enum slack_class class, const char *word)
{
	out->class = class;
	keep_word(out->error, word);
}

/* "invalid_blocks" says where only in errors[0], behind words that may quote
 * the payload: take the pointer alone. */
static void
add_pointer(struct slack_answer *out, const struct json *json)
{
	static const char name[] = "[json-pointer:";
	char *detail = json_dup(json, json_first(json,
	    json_member(json, 0, "errors")));
	const char *pointer = detail != NULL ? strstr(detail, name) : NULL;
	char text[128];

	if (pointer != NULL) {
		pointer += strlen(name);
		snprintf(text, sizeof(text), "%.40s at %.*s", out->error,
		    (int)strcspn(pointer, "]"), pointer);
		keep_word(out->error, text);
	}
	free(detail);
}

static void
judge_ok(const struct json *json, struct slack_answer *out)
{
	char *channel = json_dup(json, json_member(json, 0, "channel"));
	char *ts = json_dup(json, json_member(json, 0, "ts"));
	char *warnings = json_dup(json, json_member(json, 0, "warning"));

	if (channel == NULL || ts == NULL ||
	    strlen(channel) >= sizeof(out->channel) ||
	    strlen(ts) >= sizeof(out->ts))
		decide(out, SLACK_DOUBT, "an answer without channel and ts");
	else {
		out->class = SLACK_SENT;
		strcpy(out->channel, channel);
		strcpy(out->ts, ts);
		/* A list, joined by commas.  It is for texts over 40,000
		 * characters (https://docs.slack.dev/changelog/, 2018,
		 * truncating really long messages). */
		out->cut = warnings != NULL && strstr(warnings,
		    "message_truncated") != NULL;
	}
	free(channel);
	free(ts);
	free(warnings);
}

static void
judge_object(const struct json *json, enum slack_method method,
    struct slack_answer *out)
{
	char *word;

	if (json_type(json, json_member(json, 0, "ok")) == JSON_TRUE) {
		judge_ok(json, out);
		return;
	}
	word = json_dup(json, json_member(json, 0, "error"));
	if (word == NULL)
		decide(out, SLACK_DOUBT, "an answer without ok and error");
	else {
		decide(out, slack_error_class(word, method), word);
		if (out->class == SLACK_MESSAGE)
			add_pointer(out, json);
	}
	free(word);
}

/* An answer that isn't Slack's JSON object. */
static void
judge_foreign(long status, struct slack_answer *out)
{
	char text[64];

	snprintf(text, sizeof(text), "HTTP status %ld without Slack's JSON",
	    status);
	/* No method answers so.  Redirects and these say that the
	 * address or the proxy is wrong; others may mean what was sent. */
	if ((status >= 300 && status < 400) || status == 401 ||
	    status == 404 || status == 407)
		decide(out, SLACK_CONTRACT, text);
	else if (status >= 400 && status < 500 && status != 408)
		decide(out, SLACK_BLOCKED, text);
	else
		decide(out, SLACK_DOUBT, text);
}

/* The quota of a free plan ends with the month, not in half a minute, and its
 * 429 has no Retry-After (slack-go/slack pull request 1383). */
static void
judge_wait(const struct http_answer *answer, int64_t now_wall_ms,
    struct slack_answer *out)
{
	static const char quota[] = "message_limit_exceeded";
	int64_t fallback = SLACK_RETRY_AFTER_DEFAULT_MS;

	if (strstr(buffer_text(&answer->body), quota) != NULL) {
		keep_word(out->error, quota);
		fallback = SLACK_RETRY_AFTER_MAX_MS;
	}
	out->retry_after_ms = retry_after_ms(*answer->retry_after == '\0' ?
	    NULL : answer->retry_after, now_wall_ms, fallback,
	    SLACK_RETRY_AFTER_MAX_MS);
}

void
slack_judge(const struct http_answer *answer, enum slack_method method,
    bool not_sent, int64_t now_wall_ms, struct slack_answer *out)
{
	struct json json = { 0 };
	struct error ignored;

	*out = (struct slack_answer){ 0 };
	if (answer->status == 0) {
		decide(out, not_sent ? SLACK_UNSENT : SLACK_DOUBT,
		    *answer->failure != '\0' ? answer->failure :
		    "the connection broke");
		return;
	}
	/* 5xx may follow a message that was kept: never trust its body. */
	if (answer->status == 429)
		decide(out, SLACK_RATE, "ratelimited");
	else if (answer->status >= 500)
		judge_foreign(answer->status, out);
	else if (json_parse(&json, buffer_text(&answer->body),
	    answer->body.length, &ignored) == 0 &&
	    json_type(&json, 0) == JSON_OBJECT)
		judge_object(&json, method, out);
	else
		judge_foreign(answer->status, out);
	json_free(&json);
	if (out->class == SLACK_RATE)
		judge_wait(answer, now_wall_ms, out);
}

int
slack_parse_ts(const char *text, int64_t *wall_ms)
{
	long long seconds;
	char *end;
	int i, ms = 0;

	seconds = strtoll(text, &end, 10);
	if (end == text || *end != '.' || seconds < 0 ||
	    seconds > TS_MAX_S)
		return -1;
	for (i = 0; i < 3; i++)
		ms = ms * 10 + (isdigit((unsigned char)end[1]) ? *++end - '0' :
		    0);
	*wall_ms = (int64_t)seconds * 1000 + ms;
	return 0;
}
