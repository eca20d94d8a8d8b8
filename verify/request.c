/* SPDX-License-Identifier: MIT */
#include "verify/request.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "json.h"
#include "verify/form.h"
#include "verify/signature.h"

/* A byte of a string may need six in JSON, and each field some more. */
#define BODY_JSON_MAX (16 * SIGNATURE_BODY_MAX)
#define ID_MAX 512 /* Slack's have less than 100 bytes */

enum request_media
request_media(const char *content_type)
{
	size_t length;

	if (content_type == NULL)
		return MEDIA_UNKNOWN;
	length = strcspn(content_type, "; \t");
	if (length == strlen("application/json") &&
	    strncasecmp(content_type, "application/json", length) == 0)
		return MEDIA_JSON;
	return length == strlen("application/x-www-form-urlencoded") &&
	    strncasecmp(content_type, "application/x-www-form-urlencoded",
	    length) == 0 ? MEDIA_FORM : MEDIA_UNKNOWN;
}

static bool
has_field(const char *body, size_t length, const char *name, const char *text)
{
	struct buffer value;
	bool there;

	buffer_init(&value, length);
	there = form_find(body, length, name, &value) &&
	    value.length == strlen(text) &&
	    memcmp(buffer_text(&value), text, value.length) == 0;
	buffer_free(&value);
	return there;
}

bool
request_is_probe(const char *body, size_t length)
{
	return has_field(body, length, "ssl_check", "1");
}

void
request_init(struct request *request)
{
	*request = (struct request){ .kind = "other" };
	buffer_init(&request->id, ID_MAX);
	buffer_init(&request->body, BODY_JSON_MAX);
	buffer_init(&request->answer, SIGNATURE_BODY_MAX);
}

void
request_free(struct request *request)
{
	buffer_free(&request->id);
	buffer_free(&request->body);
	buffer_free(&request->answer);
}

/* An id that is none, or too long for one, is as if it weren't there. */
static void
take_id(struct request *request, const struct json *json, const char *name)
{
	json_node node = json_path(json, name);

	if (json_type(json, node) == JSON_STRING &&
	    json_decode(json, node, &request->id) == 0 &&
	    strlen(buffer_text(&request->id)) == request->id.length)
		return;
	buffer_clear(&request->id);
}

static void
make_id(struct request *request, const char *body, size_t length,
    const char *timestamp)
{
	crypto_generichash_state state;
	unsigned char digest[16];
	char text[2 * sizeof(digest) + 1];

	crypto_generichash_init(&state, NULL, 0, sizeof(digest));
	crypto_generichash_update(&state, (const unsigned char *)timestamp,
	    strlen(timestamp));
	crypto_generichash_update(&state, (const unsigned char *)":", 1);
	crypto_generichash_update(&state, (const unsigned char *)body, length);
	crypto_generichash_final(&state, digest, sizeof(digest));
	sodium_bin2hex(text, sizeof(text), digest, sizeof(digest));
	buffer_puts(&request->id, "digest:");
	buffer_puts(&request->id, text);
}

/* As it was written, but on one line: a line ends only outside of strings,
 * where white space means nothing. */
static void
take_json(struct request *request, const struct json *json)
{
	size_t length, i;
	const char *raw = json_raw(json, 0, &length);

	if (buffer_append(&request->body, raw, length) == -1)
		return;
	for (i = 0; i < length; i++)
		if (request->body.data[i] == '\n' ||
		    request->body.data[i] == '\r')
			request->body.data[i] = ' ';
}

static void
read_json(struct request *request, const char *text, size_t length,
    bool interaction)
{
	struct json json = { 0 };
	struct error ignored;
	json_node type;

	if (json_parse(&json, text, length, &ignored) == -1) {
		json_free(&json);
		buffer_json_string(&request->body, text, length);
		return;
	}
	type = json_path(&json, "type");
	if (interaction) {
		request->kind = "interaction";
		take_id(request, &json, "trigger_id");
	} else if (json_is(&json, type, "event_callback")) {
		request->kind = "event_callback";
		take_id(request, &json, "event_id");
	} else if (json_is(&json, type, "url_verification")) {
		request->kind = NULL;
		json_decode(&json, json_path(&json, "challenge"),
		    &request->answer);
	}
	take_json(request, &json);
	json_free(&json);
}

static void
read_fields(struct request *request, const char *body, size_t length)
{
	struct form form = { body, body + length };
	struct buffer name, value;

	buffer_init(&name, length);
	buffer_init(&value, length);
	if (form_find(body, length, "command", &value)) {
		request->kind = "slash_command";
		if (form_find(body, length, "trigger_id", &value) &&
		    strlen(buffer_text(&value)) == value.length)
			buffer_puts(&request->id, buffer_text(&value));
		if (request->id.failed)
			buffer_clear(&request->id);
	}
	buffer_puts(&request->body, "{");
	while (form_next(&form, &name, &value)) {
		buffer_puts(&request->body, request->body.length > 1 ? "," :
		    "");
		buffer_json_string(&request->body, buffer_text(&name),
		    name.length);
		buffer_puts(&request->body, ":");
		buffer_json_string(&request->body, buffer_text(&value),
		    value.length);
	}
	buffer_puts(&request->body, "}");
	buffer_free(&name);
	buffer_free(&value);
}

static void
read_form(struct request *request, const char *body, size_t length)
{
	struct buffer payload;

	buffer_init(&payload, length);
	if (request_is_probe(body, length))
		request->kind = NULL;
	else if (form_find(body, length, "payload", &payload))
		read_json(request, buffer_text(&payload), payload.length,
		    true);
	else
		read_fields(request, body, length);
	buffer_free(&payload);
}

int
request_read(struct request *request, enum request_media media,
    const char *body, size_t length, const char *timestamp,
    struct error *error)
{
	if (media == MEDIA_FORM)
		read_form(request, body, length);
	else
		read_json(request, body, length, false);
	if (request->id.length == 0)
		make_id(request, body, length, timestamp);
	return request->id.failed || request->body.failed ||
	    request->answer.failed ? error_set(error, EXIT_SYSTEM,
	    "out of memory") : 0;
}
