/* SPDX-License-Identifier: MIT */
#include "transform/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "transform/blockkit.h"
#include "utf8.h"

struct first {
	char text[512]; /* the violation that was reported first */
};

static void
report(void *context, const char *pointer, const char *message)
{
	struct first *first = context;

	if (first->text[0] == '\0')
		snprintf(first->text, sizeof(first->text), "%.200s: %.280s",
		    pointer, message);
}

static bool
has_control(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	return false;
}

/* A name that becomes part of a message's key: one line, not empty. */
static int
check_name(const struct json *json, json_node node, const char *what,
    size_t high, struct error *error)
{
	struct buffer text;
	bool good, colon;

	buffer_init(&text, high * 4);
	json_decode(json, node, &text);
	good = json_type(json, node) == JSON_STRING && text.length > 0 &&
	    !text.failed && strlen(text.data) == text.length &&
	    utf8_length(text.data, text.length) <= high &&
	    !has_control(text.data);
	colon = good && strchr(text.data, ':') != NULL;
	buffer_free(&text);
	if (!good)
		return error_set(error, EXIT_DATA, "/%s: must be a string of "
		    "1 to %zu characters without control characters", what,
		    high);
	return colon && strcmp(what, "channel") == 0 ? error_set(error,
	    EXIT_DATA, "/channel: holds a ':', as no channel does") : 0;
}

/* Anything to read in it? */
static int
check_text(const struct json *json, struct error *error)
{
	json_node node = json_member(json, 0, "text");
	struct buffer text;
	size_t count, bytes;
	bool failed;

	if (node != JSON_NONE && json_type(json, node) != JSON_STRING)
		return error_set(error, EXIT_DATA, "/text: must be a string");
	buffer_init(&text, JSON_TEXT_MAX);
	json_decode(json, node, &text);
	failed = text.failed;
	bytes = text.length;
	count = bytes > 0 ? utf8_length(text.data, bytes) : 0;
	buffer_free(&text);
	if (failed)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	if (count > CHECK_TEXT_MAX)
		return error_set(error, EXIT_DATA, "/text: has %zu characters, "
		    "%d are allowed", count, CHECK_TEXT_MAX);
	if (count == 0 &&
	    json_count(json, json_member(json, 0, "blocks")) == 0 &&
	    json_count(json, json_member(json, 0, "attachments")) == 0)
		return error_set(error, EXIT_DATA, "text or blocks or "
		    "attachments needed, and not empty");
	return 0;
}

static int
check_blocks(const struct json *json, struct error *error)
{
	struct first first = { "" };
	size_t violations, characters = 0;

	violations = blockkit_check(json, 0, &characters, report, &first);
	if (violations > 1)
		return error_set(error, EXIT_DATA, "%s (and %zu more)",
		    first.text, violations - 1);
	if (violations == 1)
		return error_set(error, EXIT_DATA, "%s", first.text);
	if (characters > BLOCKKIT_CHARACTERS_MAX)
		return error_set(error, EXIT_DATA, "/blocks: count %zu "
		    "characters in all (%d a block beside its text), %d are "
		    "allowed", characters, BLOCKKIT_BLOCK_OVERHEAD,
		    BLOCKKIT_CHARACTERS_MAX);
	return 0;
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

static int
check_delivery(const struct json *json, json_node delivery,
    struct error *error)
{
	json_node node;

	if (json_type(json, delivery) != JSON_OBJECT)
		return error_set(error, EXIT_DATA,
		    "/delivery: must be an object");
	for (node = json_first(json, delivery); node != JSON_NONE;
	    node = json_next(json, node)) {
		if (json_named(json, node, "digest"))
			continue;
		if (json_named(json, node, "key")) {
			if (check_name(json, node, "delivery/key",
			    CHECK_KEY_MAX, error) == -1)
				return -1;
		} else if (json_named(json, node, "on_change")) {
			if (!json_is(json, node, "thread") &&
			    !json_is(json, node, "edit") &&
			    !json_is(json, node, "post") &&
			    !json_is(json, node, "ignore"))
				return error_set(error, EXIT_DATA,
				    "/delivery/on_change: must be thread, "
				    "edit, post or ignore");
		} else if (json_named(json, node, "not_before")) {
			if (!is_time(json, node))
				return error_set(error, EXIT_DATA,
				    "/delivery/not_before: must be a time "
				    "such as 2026-01-31T00:00:00Z");
		} else
			return error_set(error, EXIT_DATA, "/delivery: takes "
			    "key, on_change, not_before and digest alone");
	}
	return 0;
}

int
check_message(const struct json *json, struct error *error)
{
	static const struct {
		const char *name, *why;
	} refused[] = {
		{ "metadata", "is for the delivery to set" },
		{ "token", "is no place for a credential" },
		{ "as_user", "is refused by Slack" },
		{ "markdown_text", "is refused by Slack beside the text" },
		/* With these a bare @channel in a record would call. */
		{ "parse", "makes mentions of what is only text" },
		{ "link_names", "makes mentions of what is only text" },
	};
	json_node delivery = json_member(json, 0, "delivery");
	size_t i;

	if (json_type(json, 0) != JSON_OBJECT)
		return error_set(error, EXIT_DATA, "must be an object");
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (json_member(json, 0, refused[i].name) != JSON_NONE)
			return error_set(error, EXIT_DATA, "/%s: %s; remove it",
			    refused[i].name, refused[i].why);
	if (json_member(json, 0, "channel") == JSON_NONE)
		return error_set(error, EXIT_DATA, "/channel: is missing");
	if (check_name(json, json_member(json, 0, "channel"), "channel",
	    CHECK_CHANNEL_MAX, error) == -1 || check_text(json, error) == -1 ||
	    check_blocks(json, error) == -1)
		return -1;
	return delivery == JSON_NONE ? 0 :
	    check_delivery(json, delivery, error);
}
