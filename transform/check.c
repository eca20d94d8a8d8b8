/* SPDX-License-Identifier: MIT */
#include "transform/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "clock.h"
#include "transform/check_argument.h"
#include "utf8.h"

struct checking {
	const struct json *json;
	blockkit_report report;
	void *context;
	size_t violations;
};

static void tell(struct checking *checking, enum blockkit_fault fault,
    json_node node, size_t limit, const char *pointer, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

static void
tell(struct checking *checking, enum blockkit_fault fault, json_node node,
    size_t limit, const char *pointer, const char *format, ...)
{
	char message[256];
	struct blockkit_violation violation = { .fault = fault,
		.pointer = pointer, .message = message, .node = node,
		.limit = limit };
	va_list ap;

	va_start(ap, format);
	vsnprintf(message, sizeof(message), format, ap);
	va_end(ap);
	checking->violations += fault != BLOCKKIT_WARNING;
	checking->report(checking->context, &violation);
}

static void
wrong(struct checking *checking, const char *pointer, const char *message)
{
	tell(checking, BLOCKKIT_WRONG, JSON_NONE, 0, pointer, "%s", message);
}

static bool
is_name(const char *text, size_t length, size_t high)
{
	size_t i;

	for (i = 0; i < length; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return false;
	return length > 0 && utf8_length(text, length) <= high;
}

/* A name that becomes part of a message's key: one line, not empty. */
static void
check_name(struct checking *checking, json_node node, const char *pointer,
    size_t high, bool is_channel)
{
	const struct json *json = checking->json;
	struct buffer decoded;
	size_t length = 0;
	const char *text = "";

	buffer_init(&decoded, high * 4);
	if (json_type(json, node) == JSON_STRING) {
		if (json->values[node].escaped) {
			json_decode(json, node, &decoded);
			text = buffer_text(&decoded);
			length = decoded.failed ? 0 : decoded.length;
		} else {
			text = json_raw(json, node, &length) + 1;
			length -= 2;
		}
	}
	if (!is_name(text, length, high))
		tell(checking, BLOCKKIT_WRONG, node, high, pointer, "must be "
		    "a string of 1 to %zu characters without control "
		    "characters", high);
	else if (is_channel && memchr(text, ':', length) != NULL)
		wrong(checking, pointer, "holds a ':', as no channel does");
	buffer_free(&decoded);
}

/* Anything to read in it? */
static void
check_text(struct checking *checking)
{
	const struct json *json = checking->json;
	json_node node = json_member(json, 0, "text");
	struct blockkit_size size = { 0, 0, 0 };

	if (json_type(json, node) == JSON_STRING)
		size = blockkit_measure(json, node);
	else if (node != JSON_NONE) {
		wrong(checking, "/text", "must be a string");
		return;
	}
	if (size.points > CHECK_TEXT_MAX)
		tell(checking, BLOCKKIT_LONG_MRKDWN, node, CHECK_TEXT_MAX,
		    "/text", "has %zu characters, %d are allowed", size.points,
		    CHECK_TEXT_MAX);
	else if (size.points + size.wide > CHECK_TEXT_MAX)
		tell(checking, BLOCKKIT_WARNING, node, CHECK_TEXT_MAX, "/text",
		    "has %zu characters, which UTF-16 counts as %zu; the limit "
		    "is %d", size.points, size.points + size.wide,
		    CHECK_TEXT_MAX);
	if (size.points == 0 &&
	    json_count(json, json_member(json, 0, "blocks")) == 0 &&
	    json_count(json, json_member(json, 0, "attachments")) == 0)
		wrong(checking, "", "text or blocks or attachments needed, "
		    "and not empty");
}

static void
check_blocks(struct checking *checking)
{
	size_t characters = 0;

	checking->violations += blockkit_check(checking->json, 0, &characters,
	    checking->report, checking->context);
	if (characters > BLOCKKIT_CHARACTERS_MAX)
		tell(checking, BLOCKKIT_TOTAL, JSON_NONE,
		    BLOCKKIT_CHARACTERS_MAX, "/blocks", "count %zu characters "
		    "in all (%d a block beside its text), %d are allowed",
		    characters, BLOCKKIT_BLOCK_OVERHEAD,
		    BLOCKKIT_CHARACTERS_MAX);
}

/* A message's time, as Slack wrote it. */
static bool
is_message_time(const struct json *json, json_node node)
{
	size_t length, digits, more;
	const char *raw = json_raw(json, node, &length);

	if (json_type(json, node) != JSON_STRING)
		return false;
	digits = strspn(raw + 1, "0123456789");
	if (digits == 0 || raw[1 + digits] != '.')
		return false;
	more = strspn(raw + digits + 2, "0123456789");
	return more > 0 && digits + more + 3 == length;
}

static bool
is_web_url(const struct json *json, json_node node)
{
	size_t length;
	const char *raw = json_raw(json, node, &length);

	return json_type(json, node) == JSON_STRING &&
	    (strncasecmp(raw + 1, "https://", 8) == 0 ||
	    strncasecmp(raw + 1, "http://", 7) == 0);
}

/* NULL, or what the argument should be. */
static const char *
argument_fault(const struct json *json, json_node node,
    const struct check_argument *argument)
{
	enum json_type type = json_type(json, node);

	/* null is the argument's default. */
	if (type == JSON_NULL && argument->takes != TAKES_NOTHING)
		return NULL;
	switch (argument->takes) {
	case TAKES_NOTHING:
		return argument->why;
	case TAKES_ARRAY:
		return type == JSON_ARRAY ? NULL : "must be an array";
	case TAKES_BOOLEAN:
		return type == JSON_TRUE || type == JSON_FALSE ? NULL :
		    "must be true or false";
	case TAKES_STRING:
		return type == JSON_STRING ? NULL : "must be a string";
	case TAKES_TIME:
		return is_message_time(json, node) ? NULL : "must be a "
		    "message's ts, a string such as \"1503435956.000247\"";
	case TAKES_WEB_URL:
		return is_web_url(json, node) ? NULL : "must be a URL that "
		    "begins with https:// or http://";
	default:
		return NULL;
	}
}

/* Other names may be made of a record's text, which no error prints. */
static bool
can_be_told(const char *name, size_t length)
{
	return length >= 1 && length <= 32 &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyz_") >= length;
}

static void
unknown_member(struct checking *checking, const char *name, size_t length)
{
	const char *like = check_argument_like(name, length);
	bool told = can_be_told(name, length);
	char pointer[80];

	snprintf(pointer, sizeof(pointer), "/%.*s", told ? (int)length : 0,
	    name);
	if (told && like != NULL)
		tell(checking, BLOCKKIT_WRONG, JSON_NONE, 0, pointer,
		    "is nothing that chat.postMessage takes; is it meant to "
		    "be '%s'?", like);
	else if (told)
		wrong(checking, pointer, "is nothing that chat.postMessage "
		    "takes; remove it");
	else if (like != NULL)
		tell(checking, BLOCKKIT_WRONG, JSON_NONE, 0, pointer,
		    "has a member that chat.postMessage doesn't take; is '%s' "
		    "meant?", like);
	else
		wrong(checking, pointer, "has a member that chat.postMessage "
		    "doesn't take; remove it");
}

static void
check_arguments(struct checking *checking)
{
	const struct json *json = checking->json;
	const struct check_argument *argument;
	const struct json_value *value;
	const char *name, *fault;
	char pointer[80];
	json_node node;
	size_t length;

	for (node = json_first(json, 0); node != JSON_NONE;
	    node = json_next(json, node)) {
		value = &json->values[node];
		name = json->text + value->name + 1;
		length = (size_t)(value->name_end - value->name - 2);
		if ((argument = check_argument(name, length)) == NULL) {
			unknown_member(checking, name, length);
			continue;
		}
		if ((fault = argument_fault(json, node, argument)) == NULL)
			continue;
		snprintf(pointer, sizeof(pointer), "/%s", argument->name);
		tell(checking, BLOCKKIT_WRONG, node, 0, pointer, "%s%s", fault,
		    argument->takes == TAKES_NOTHING ? "; remove it" : "");
	}
	node = json_member(json, 0, "reply_broadcast");
	if (json_type(json, node) == JSON_TRUE &&
	    json_type(json, json_member(json, 0, "thread_ts")) != JSON_STRING)
		wrong(checking, "/reply_broadcast",
		    "goes with thread_ts alone");
}

static bool
is_time(const struct json *json, json_node node)
{
	char *text = json_type(json, node) == JSON_STRING ?
	    json_dup(json, node) : NULL;
	int64_t ms;
	bool good = text != NULL && clock_parse(text, &ms) == 0;

	free(text);
	return good;
}

static void
check_delivery(struct checking *checking, json_node delivery)
{
	const struct json *json = checking->json;
	json_node node;

	if (json_type(json, delivery) != JSON_OBJECT) {
		wrong(checking, "/delivery", "must be an object");
		return;
	}
	for (node = json_first(json, delivery); node != JSON_NONE;
	    node = json_next(json, node)) {
		if (json_named(json, node, "digest"))
			continue;
		if (json_named(json, node, "key"))
			check_name(checking, node, "/delivery/key",
			    CHECK_KEY_MAX, false);
		else if (json_named(json, node, "on_change")) {
			if (!json_is(json, node, "thread") &&
			    !json_is(json, node, "edit") &&
			    !json_is(json, node, "post") &&
			    !json_is(json, node, "ignore"))
				wrong(checking, "/delivery/on_change",
				    "must be thread, edit, post or ignore");
		} else if (json_named(json, node, "not_before")) {
			if (!is_time(json, node))
				wrong(checking, "/delivery/not_before",
				    "must be a time such as "
				    "2026-01-31T00:00:00Z");
		} else
			wrong(checking, "/delivery", "takes key, on_change, "
			    "not_before and digest alone");
	}
}

size_t
check_each(const struct json *json, blockkit_report report, void *context)
{
	struct checking checking = { .json = json, .report = report,
		.context = context };
	json_node delivery = json_member(json, 0, "delivery");

	if (json_type(json, 0) != JSON_OBJECT) {
		wrong(&checking, "", "must be an object");
		return checking.violations;
	}
	check_arguments(&checking);
	if (json_member(json, 0, "channel") == JSON_NONE)
		wrong(&checking, "/channel", "is missing");
	else
		check_name(&checking, json_member(json, 0, "channel"),
		    "/channel", CHECK_CHANNEL_MAX, true);
	check_text(&checking);
	check_blocks(&checking);
	if (delivery != JSON_NONE)
		check_delivery(&checking, delivery);
	return checking.violations;
}

struct first {
	char text[512]; /* the violation that was reported first */
};

static void
keep_first(void *context, const struct blockkit_violation *violation)
{
	struct first *first = context;

	if (first->text[0] == '\0' && violation->fault != BLOCKKIT_WARNING)
		snprintf(first->text, sizeof(first->text), "%.200s%s%.280s",
		    violation->pointer, violation->pointer[0] != '\0' ? ": " :
		    "", violation->message);
}

int
check_message(const struct json *json, struct error *error)
{
	struct first first;
	size_t violations;

	first.text[0] = '\0';
	violations = check_each(json, keep_first, &first);
	if (violations == 0)
		return 0;
	if (violations == 1)
		return error_set(error, EXIT_DATA, "%s", first.text);
	return error_set(error, EXIT_DATA, "%s (and %zu more)", first.text,
	    violations - 1);
}
