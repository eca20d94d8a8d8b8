/* SPDX-License-Identifier: MIT */
#include "sandbox/arguments.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool
is_json_argument(const char *name)
{
	return strcmp(name, "blocks") == 0 ||
	    strcmp(name, "attachments") == 0 || strcmp(name, "metadata") == 0;
}

static bool
add(void *context, const char *name, const char *value)
{
	struct buffer *text = context;
	struct json json = { 0 };
	struct error ignored;

	buffer_json_name(text, name);
	if (is_json_argument(name) && json_parse(&json, value, strlen(value),
	    &ignored) == 0)
		buffer_puts(text, value);
	else
		buffer_json_string(text, value, strlen(value));
	json_free(&json);
	return true;
}

static int
hex(char c)
{
	const char *digits = "0123456789abcdef", *at;

	at = c != '\0' ? strchr(digits, c | 0x20) : NULL;
	return at != NULL ? (int)(at - digits) : -1;
}

/* Decode one part of a form in place. */
static char *
form_decode(char *text)
{
	char *in = text, *out = text;

	for (; *in != '\0'; in++) {
		if (*in == '%' && hex(in[1]) >= 0 && hex(in[2]) >= 0) {
			*out++ = (char)(hex(in[1]) << 4 | hex(in[2]));
			in += 2;
		} else
			*out++ = *in == '+' ? ' ' : *in;
	}
	*out = '\0';
	return text;
}

static void
form(struct buffer *text, const char *body)
{
	char *copy = strdup(body), *pair, *next, *value;

	for (pair = copy; pair != NULL && *pair != '\0'; pair = next) {
		if ((next = strchr(pair, '&')) != NULL)
			*next++ = '\0';
		if ((value = strchr(pair, '=')) == NULL)
			continue;
		*value++ = '\0';
		add(text, form_decode(pair), form_decode(value));
	}
	free(copy);
}

const char *
arguments_read(struct arguments *arguments, const struct request *request)
{
	const char *type = request_header(request, "Content-Type");
	struct error ignored;

	*arguments = (struct arguments){ 0 };
	buffer_init(&arguments->text, REQUEST_BODY_MAX * 6);
	if (type != NULL && strncasecmp(type, "application/json", 16) == 0) {
		buffer_append(&arguments->text, request->body,
		    request->body_length);
		if (json_parse(&arguments->json, buffer_text(&arguments->text),
		    arguments->text.length, &ignored) == -1)
			return "invalid_json";
		return json_type(&arguments->json, 0) == JSON_OBJECT ? NULL :
		    "json_not_object";
	}
	buffer_puts(&arguments->text, "{");
	request_each_query(request, add, &arguments->text);
	form(&arguments->text, request->body);
	buffer_puts(&arguments->text, "}");
	return json_parse(&arguments->json, buffer_text(&arguments->text),
	    arguments->text.length, &ignored) == 0 ? NULL :
	    "invalid_form_data";
}

void
arguments_free(struct arguments *arguments)
{
	json_free(&arguments->json);
	buffer_free(&arguments->text);
}

char *
argument(const struct arguments *arguments, const char *name)
{
	return json_dup(&arguments->json, json_member(&arguments->json, 0,
	    name));
}

bool
argument_true(const struct arguments *arguments, const char *name)
{
	char *value = argument(arguments, name);
	bool is_true = value != NULL && (strcmp(value, "true") == 0 ||
	    strcmp(value, "1") == 0);

	free(value);
	return is_true;
}

char *
argument_json(const struct arguments *arguments, const char *name)
{
	json_node node = json_member(&arguments->json, 0, name);
	const char *raw;
	size_t length;

	if (node == JSON_NONE || json_type(&arguments->json, node) == JSON_NULL)
		return NULL;
	raw = json_raw(&arguments->json, node, &length);
	return strndup(raw, length);
}
