/* SPDX-License-Identifier: MIT */
#include "transform/preview.h"

#include <ctype.h>
#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "line.h"
#include "utf8.h"

#define OUT_MAX ((size_t)256 << 20)
#define FLUSH_BYTES 65536
#define BUILDER "https://app.slack.com/block-kit-builder/#"

int
preview_format(const char *name, enum preview_format *format)
{
	static const char *const names[] = { [PREVIEW_TERMINAL] = "terminal",
		[PREVIEW_HTML] = "html", [PREVIEW_URL] = "url" };
	size_t i;

	*format = PREVIEW_TERMINAL;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (name == NULL || strcmp(name, names[i]) == 0) {
			*format = (enum preview_format)i;
			return 0;
		}
	return -1;
}

void
preview_open(struct preview *preview, enum preview_format format,
    const struct terminal *terminal, int fd)
{
	*preview = (struct preview){ .format = format, .fd = fd,
		.terminal = *terminal, .live = isatty(fd) };
	buffer_init(&preview->out, OUT_MAX);
	setlocale(LC_CTYPE, "C.UTF-8");
	if (format == PREVIEW_HTML)
		preview_page_begin(&preview->out);
}

static void
note(struct preview *preview, const char *text)
{
	if (preview->format == PREVIEW_TERMINAL)
		terminal_note(&preview->out, &preview->terminal, text);
	else if (preview->format == PREVIEW_HTML)
		preview_page_note(&preview->out, text);
}

/* Tell of the records that no filter wanted. */
static void
tell_unwanted(struct preview *preview)
{
	char text[640];

	if (preview->unwanted == 0)
		return;
	if (preview->unwanted == 1)
		snprintf(text, sizeof(text), "%s: no message",
		    preview->first);
	else
		snprintf(text, sizeof(text), "%s to %s: %" PRIu64
		    " records without a message", preview->first,
		    preview->last, preview->unwanted);
	note(preview, text);
	if (preview->format == PREVIEW_TERMINAL)
		buffer_puts(&preview->out, "\n");
	preview->unwanted = 0;
}

static void
seen(struct preview *preview)
{
	const struct json *json = &preview->json;
	struct buffer name;

	preview->records++;
	preview->bad = 0;
	if (preview->made == 0) {
		buffer_init(&name, JSON_TEXT_MAX);
		json_decode(json, json_member(json, 0, "stream"), &name);
		buffer_puts(&name, " ");
		json_decode(json, json_member(json, 0, "record_id"), &name);
		snprintf(preview->last, sizeof(preview->last), "%.200s",
		    buffer_text(&name));
		utf8_tame(preview->last);
		if (preview->unwanted++ == 0)
			memcpy(preview->first, preview->last,
			    sizeof(preview->first));
		buffer_free(&name);
	}
	preview->made = 0;
}

/* Bytes as a part of a URL. */
static void
percent(struct buffer *out, const char *text, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++)
		if (isalnum((unsigned char)text[i]) ||
		    (text[i] != '\0' && strchr("-._~", text[i]) != NULL))
			buffer_append(out, text + i, 1);
		else
			buffer_printf(out, "%%%02X", (unsigned char)text[i]);
}

/* A member of the payload for the Builder, if it is there. */
static bool
builder_member(struct buffer *view, const struct json *json,
    json_node payload, const char *name)
{
	json_node node = json_member(json, payload, name);
	const char *text;
	size_t length;

	if (json_first(json, node) == JSON_NONE)
		return false;
	text = json_raw(json, node, &length);
	buffer_json_name(view, name);
	buffer_append(view, text, length);
	return true;
}

/* The Builder has no text beside blocks: that is a section of it. */
static void
builder_link(struct buffer *out, const struct json *json)
{
	json_node payload = json_member(json, 0, "payload");
	json_node text = json_member(json, payload, "text");
	struct buffer view;
	const char *string;
	size_t length;

	buffer_init(&view, OUT_MAX);
	buffer_puts(&view, "{");
	if (!builder_member(&view, json, payload, "blocks") &&
	    json_type(json, text) == JSON_STRING) {
		string = json_raw(json, text, &length);
		buffer_puts(&view, "\"blocks\":[{\"type\":\"section\","
		    "\"text\":{\"type\":\"mrkdwn\",\"text\":");
		buffer_append(&view, string, length);
		buffer_puts(&view, "}}]");
	}
	builder_member(&view, json, payload, "attachments");
	buffer_puts(&view, "}");
	buffer_puts(out, BUILDER);
	percent(out, buffer_text(&view), view.length);
	buffer_puts(out, "\n");
	out->failed |= view.failed;
	buffer_free(&view);
}

static void
message(struct preview *preview)
{
	tell_unwanted(preview);
	switch (preview->format) {
	case PREVIEW_TERMINAL:
		terminal_message(&preview->out, &preview->terminal,
		    &preview->json);
		break;
	case PREVIEW_HTML:
		preview_page_message(&preview->out, &preview->json);
		break;
	case PREVIEW_URL:
		builder_link(&preview->out, &preview->json);
		break;
	}
	preview->messages++;
	preview->made++;
}

/* A line of the input was no message: is this a file of another kind? */
static int
bad_line(struct preview *preview, struct error *error)
{
	if (preview->records > 0 || ++preview->bad < PREVIEW_BAD_MAX)
		return 0;
	if (preview->format == PREVIEW_TERMINAL) {
		buffer_clear(&preview->out);
		preview->rejected = 0;
	}
	return error_set(error, EXIT_DATA, "the first %d lines hold no record; "
	    "keep some lines that fetch wrote, a SCHEMA before the RECORDs of "
	    "its stream", PREVIEW_BAD_MAX);
}

static int
reject(struct preview *preview, struct error *error)
{
	tell_unwanted(preview);
	if (preview->format == PREVIEW_TERMINAL)
		terminal_reject(&preview->out, &preview->terminal,
		    &preview->json);
	else if (preview->format == PREVIEW_HTML)
		preview_page_reject(&preview->out, &preview->json);
	preview->rejected++;
	/* A line of the input that was no message has no SEEN after it. */
	if (json_is(&preview->json, json_member(&preview->json, 0, "filter"),
	    ""))
		return bad_line(preview, error);
	preview->made++;
	return 0;
}

static int
line_read(struct preview *preview, const char *line, size_t length,
    struct error *error)
{
	json_node type;

	if (json_parse(&preview->json, line, length, error) == -1) {
		if (error->code == EXIT_DATA)
			error->code = EXIT_BUG; /* the line is transform's */
		return -1;
	}
	type = json_member(&preview->json, 0, "type");
	if (json_is(&preview->json, type, "MESSAGE"))
		message(preview);
	else if (json_is(&preview->json, type, "REJECT"))
		return reject(preview, error);
	else if (json_is(&preview->json, type, "SEEN"))
		seen(preview);
	return 0;
}

static int
flush(struct preview *preview, struct error *error)
{
	int rc;

	if (preview->out.failed)
		return error_set(error, EXIT_SYSTEM, "cannot hold the "
		    "preview: out of memory");
	rc = write_all(preview->fd, buffer_text(&preview->out),
	    preview->out.length, error);
	buffer_clear(&preview->out);
	return rc;
}

int
preview_lines(struct preview *preview, const char *lines, size_t length,
    struct error *error)
{
	const char *end;
	size_t n;

	while (length > 0) {
		end = memchr(lines, '\n', length);
		n = end != NULL ? (size_t)(end - lines) : length;
		if (line_read(preview, lines, n, error) == -1)
			return -1;
		n += end != NULL;
		lines += n;
		length -= n;
	}
	return preview->out.length > FLUSH_BYTES || preview->out.failed ?
	    flush(preview, error) : 0;
}

int
preview_pause(struct preview *preview, struct error *error)
{
	/* So few bad lines may be the whole of a file of another kind. */
	if (preview->bad > 0)
		return 0;
	if (preview->live)
		tell_unwanted(preview);
	return flush(preview, error);
}

static int
take_lines(void *context, const char *text, size_t length,
    struct error *error)
{
	return preview_lines(context, text, length, error);
}

static int
take_pause(void *context, struct error *error)
{
	return preview_pause(context, error);
}

struct sink
preview_sink(struct preview *preview)
{
	return (struct sink){ .context = preview, .lines = take_lines,
		.pause = take_pause };
}

static void
count(struct buffer *text, uint64_t number, const char *one,
    const char *many)
{
	buffer_printf(text, "%s%" PRIu64 " %s", text->length > 0 ? ", " : "",
	    number, number == 1 ? one : many);
}

int
preview_close(struct preview *preview, struct error *error)
{
	struct buffer text;
	int rc;

	buffer_init(&text, 256);
	count(&text, preview->records, "record", "records");
	count(&text, preview->messages, "message", "messages");
	if (preview->rejected > 0)
		count(&text, preview->rejected, "rejected", "rejected");
	tell_unwanted(preview);
	note(preview, buffer_text(&text));
	if (preview->format == PREVIEW_HTML)
		preview_page_end(&preview->out);
	rc = flush(preview, error);
	buffer_free(&text);
	buffer_free(&preview->out);
	json_free(&preview->json);
	return rc;
}
