/* SPDX-License-Identifier: MIT */
#include "auditctl/event_words.h"

#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "utf8.h"

static const struct sentence {
	const char *event, *text;
} sentences[] = {
	{ "message.queued", "queued" },
	{ "message.unchanged", "not sent, since it says nothing new" },
	{ "message.sending", "on its way to Slack" },
	{ "message.sent", "sent" },
	{ "message.cut", "Slack cut its text" },
	{ "message.in_doubt", "in doubt, its request had no answer" },
	{ "message.settled", "settled, whether it is in Slack" },
	{ "message.held", "held back" },
	{ "message.released", "released by a person" },
	{ "message.replayed", "queued again by a person" },
	{ "message.cancelled", "cancelled, it is not to be sent" },
	{ "message.dead", "could not be sent" },
	{ "message.merged", "merged into a digest" },
	{ "message.acknowledged", "acknowledged by a person in Slack" },
};

/* The message says them itself. */
static const char *const known[] = { "filter", "stream", "record_id",
	"record_version", "channel", "payload_hash" };

const char *
event_sentence(const char *event)
{
	size_t i;

	for (i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++)
		if (strcmp(sentences[i].event, event) == 0)
			return sentences[i].text;
	return event;
}

static bool
is_known(const struct json *json, json_node node)
{
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (json_named(json, node, known[i]))
			return true;
	return json_type(json, node) == JSON_NULL;
}

static void
add_detail(struct buffer *out, const struct json *json)
{
	json_node node = json_first(json, 0);
	const char *separator = ": ";
	const char *raw;
	size_t length;

	for (; node != JSON_NONE; node = json_next(json, node)) {
		if (is_known(json, node))
			continue;
		buffer_puts(out, separator);
		separator = ", ";
		json_decode_name(json, node, out);
		buffer_puts(out, " ");
		if (json_type(json, node) == JSON_STRING)
			json_decode(json, node, out);
		else {
			raw = json_raw(json, node, &length);
			buffer_append(out, raw, length);
		}
	}
}

void
event_words(struct buffer *out, const char *event, const char *detail)
{
	struct json json = { 0 };
	struct error ignored;
	size_t start = out->length;

	buffer_puts(out, event_sentence(event));
	if (detail != NULL && json_parse(&json, detail, strlen(detail),
	    &ignored) == 0)
		add_detail(out, &json);
	json_free(&json);
	if (out->length > start)
		utf8_tame(out->data + start);
}
