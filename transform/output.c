/* SPDX-License-Identifier: MIT */
#include "transform/output.h"

#include <inttypes.h>
#include <string.h>

#include "clock.h"
#include "record_version.h"

static void
member(struct buffer *out, const char *name, const struct buffer *value)
{
	buffer_json_name(out, name);
	buffer_json_string(out, buffer_text(value), value->length);
}

static void
begin(struct buffer *out, const char *type, const char *filter,
    const struct input *input)
{
	buffer_puts(out, "{");
	buffer_json_member(out, "type", type);
	if (filter != NULL)
		buffer_json_member(out, "filter", filter);
	member(out, "stream", &input->stream);
}

static void
begin_record(struct buffer *out, const char *type, const char *filter,
    const struct input *input)
{
	begin(out, type, filter, input);
	member(out, "record_id", &input->id);
	member(out, "record_version", &input->version);
}

/* What makes a message the same one when its record is read again. */
static void
key(struct buffer *out, const char *filter, const struct input *input,
    size_t position, const struct json *message)
{
	json_node given = json_member(message,
	    json_member(message, 0, "delivery"), "key");
	struct buffer text;

	buffer_init(&text, out->ceiling);
	if (given != JSON_NONE) {
		buffer_printf(&text, "%s:=", filter);
		json_decode(message, given, &text);
		buffer_puts(&text, ":");
	} else {
		buffer_printf(&text, "%s:", filter);
		buffer_append(&text, buffer_text(&input->stream),
		    input->stream.length);
		buffer_puts(&text, ":");
		buffer_append(&text, buffer_text(&input->id),
		    input->id.length);
		buffer_puts(&text, ":");
	}
	json_decode(message, json_member(message, 0, "channel"), &text);
	if (given == JSON_NONE)
		buffer_printf(&text, ":%s:%zu", buffer_text(&input->version),
		    position);
	out->failed |= text.failed;
	member(out, "key", &text);
	buffer_free(&text);
}

void
output_message(struct buffer *out, const char *filter,
    const struct input *input, size_t position, const struct json *message)
{
	json_node child, delivery = json_member(message, 0, "delivery");
	const char *text;
	size_t length;
	bool first = true;

	begin_record(out, "MESSAGE", filter, input);
	buffer_printf(out, ",\"position\":%zu", position);
	key(out, filter, input, position, message);
	buffer_puts(out, ",\"payload\":{");
	for (child = json_first(message, 0); child != JSON_NONE;
	    child = json_next(message, child)) {
		if (child == delivery)
			continue;
		if (!first)
			buffer_puts(out, ",");
		first = false;
		/* From the name on: it is compact, we wrote it. */
		buffer_append(out, message->text + message->values[child].name,
		    message->values[child].end -
		    (size_t)message->values[child].name);
	}
	buffer_puts(out, "}");
	if (delivery != JSON_NONE) {
		text = json_raw(message, delivery, &length);
		buffer_puts(out, ",\"delivery\":");
		buffer_append(out, text, length);
	}
	buffer_puts(out, "}\n");
}

void
output_reject(struct buffer *out, const char *filter,
    const struct input *input, const char *why, size_t room)
{
	const char *text;
	size_t length;

	begin_record(out, "REJECT", filter, input);
	buffer_json_member(out, "error", why);
	text = json_raw(&input->json, input->record, &length);
	buffer_puts(out, ",\"record\":");
	/* With what stands around it the line must not pass the ceiling, or
	 * no reader would take it. */
	if (length > OUTPUT_REJECT_MAX || length > room)
		buffer_puts(out, "null");
	else
		buffer_append(out, text, length);
	buffer_puts(out, "}\n");
}

void
output_bad_line(struct buffer *out, const struct input *input,
    const char *line, size_t length, uint64_t number, const char *why)
{
	char hash[RECORD_HASH_TEXT], now[CLOCK_TEXT];
	const char *text = line;
	size_t hashed = length;

	begin(out, "REJECT", "", input);
	if (line != NULL) {
		/* The record alone: when it is read again, the message about
		 * it tells another time. */
		if (json_type(&input->json, input->record) == JSON_OBJECT)
			text = json_raw(&input->json, input->record, &hashed);
		record_hash(text, hashed, hash);
		buffer_printf(out, ",\"record_id\":\"line~%s\"", hash);
	} else {
		/* Of another run's line with this number it must differ: one
		 * told twice is better than one lost. */
		clock_now(now);
		buffer_printf(out, ",\"record_id\":\"line~%" PRIu64 "~%s\"",
		    number, now);
	}
	buffer_puts(out, ",\"record_version\":\"\"");
	buffer_json_member(out, "error", why);
	buffer_json_name(out, "record");
	if (length > OUTPUT_BAD_LINE_MAX) {
		length = OUTPUT_BAD_LINE_MAX;
		while (length > 0 && (line[length] & 0xc0) == 0x80)
			length--;
	}
	if (line != NULL)
		buffer_json_string(out, line, length);
	else
		buffer_puts(out, "null");
	buffer_puts(out, "}\n");
}

void
output_seen(struct buffer *out, const struct input *input,
    const struct filter *filters, const size_t *lines, size_t count, bool whole)
{
	const char *text;
	size_t i, length;

	begin_record(out, "SEEN", NULL, input);
	buffer_puts(out, ",\"amount\":");
	text = json_raw(&input->json, input->amount, &length);
	if (input->amount != JSON_NONE)
		buffer_json_string(out, text, length);
	else
		buffer_puts(out, "null");
	if (input->has_currency)
		member(out, "currency", &input->currency);
	else
		buffer_puts(out, ",\"currency\":null");
	buffer_puts(out, ",\"messages\":{");
	for (i = 0; i < count; i++)
		buffer_printf(out, "%s\"%s\":%zu", i > 0 ? "," : "",
		    filters[i].name, lines[i]);
	buffer_puts(out, "}");
	text = json_raw(&input->json, input->record, &length);
	if (whole && length <= OUTPUT_REJECT_MAX) {
		buffer_puts(out, ",\"record\":");
		buffer_append(out, text, length);
	}
	buffer_puts(out, "}\n");
}
