/* SPDX-License-Identifier: MIT */
#include "transform/filter.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json.h"
#include "transform/jvtext.h"
#include "utf8.h"

#define REASON_MAX 500 /* bytes of what a filter says when it fails */

/* stderr is redefined since libjq 1.6 writes to it past every call-back, and
 * what a filter has to write is payload. */
static const char prologue[] = " . as {raw: $raw, stream: $stream, id: $id, "
    "version: $version, record: $__record} | $__record | "
    "def stderr: .; ";

bool
filter_is_name(const char *name)
{
	size_t length = strlen(name);

	return length >= 1 && length <= FILTER_NAME_MAX &&
	    strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789_-") == length;
}

/* Behind white space and comments. */
static size_t
skip_space(const char *text, size_t at, size_t end)
{
	while (at < end && (isspace((unsigned char)text[at]) ||
	    text[at] == '#')) {
		if (text[at] == '#')
			while (at < end && text[at] != '\n')
				at++;
		else
			at++;
	}
	return at;
}

static bool
is_word(const char *text, size_t at, size_t end, const char *word)
{
	size_t length = strlen(word);

	return end - at > length && memcmp(text + at, word, length) == 0 &&
	    !isalnum((unsigned char)text[at + length]) &&
	    text[at + length] != '_' && text[at + length] != ':';
}

/* Behind the string that starts at its quote. */
static size_t
skip_string(const char *text, size_t at, size_t end)
{
	for (at++; at < end && text[at] != '"'; at++)
		if (text[at] == '\\')
			at++;
	return at < end ? at + 1 : end;
}

/* Behind the ';' of a statement; *metadata: there are braces in it. */
static size_t
skip_statement(const char *text, size_t at, size_t end, bool *metadata)
{
	while (at < end && text[at] != ';') {
		*metadata |= text[at] == '{';
		if (text[at] == '"')
			at = skip_string(text, at, end);
		else if (text[at] == '#')
			at = skip_space(text, at, end);
		else
			at++;
	}
	return at < end ? at + 1 : end;
}

/* The program with its record taken apart behind its module, import and
 * include statements, on the same line, so that no line gets another number.
 * -1: an import has metadata, by which it could search other folders. */
static int
wrap(const char *program, size_t length, struct buffer *out)
{
	size_t at, behind = 0;
	bool import, metadata, refused = false;

	for (;;) {
		at = skip_space(program, behind, length);
		import = is_word(program, at, length, "import") ||
		    is_word(program, at, length, "include");
		if (!import && !is_word(program, at, length, "module"))
			break;
		metadata = false;
		behind = skip_statement(program, at, length, &metadata);
		refused |= import && metadata;
	}
	buffer_append(out, program, behind);
	buffer_puts(out, prologue);
	buffer_append(out, program + behind, length - behind);
	return refused ? -1 : 0;
}

static int
read_program(const char *name, const char *path, struct buffer *text,
    struct error *error)
{
	char chunk[8192];
	ssize_t count;
	int fd, rc = 0;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return error_errno(error, EXIT_CONFIG,
		    "filter '%s': cannot open '%s'", name, path);
	while ((count = read(fd, chunk, sizeof(chunk))) > 0)
		if (buffer_append(text, chunk, (size_t)count) == -1)
			break;
	if (count == -1)
		rc = error_errno(error, EXIT_CONFIG,
		    "filter '%s': cannot read '%s'", name, path);
	else if (text->failed)
		rc = error_set(error, EXIT_CONFIG, "filter '%s' (%s): is "
		    "larger than %zu bytes", name, path, FILTER_BYTES_MAX);
	else if (strlen(buffer_text(text)) != text->length)
		rc = error_set(error, EXIT_CONFIG, "filter '%s' (%s): holds a "
		    "NUL byte; is it a jq program?", name, path);
	close(fd);
	return rc;
}

struct complaint {
	char text[512]; /* libjq's first */
};

static void
keep_first(void *context, jv message)
{
	struct complaint *complaint = context;
	size_t length;

	if (jv_get_kind(message) == JV_KIND_INVALID)
		message = jv_invalid_get_msg(message);
	if (complaint->text[0] == '\0' &&
	    jv_get_kind(message) == JV_KIND_STRING) {
		length = (size_t)jv_string_length_bytes(jv_copy(message));
		if (length >= sizeof(complaint->text))
			length = sizeof(complaint->text) - 1;
		memcpy(complaint->text, jv_string_value(message), length);
		complaint->text[length] = '\0';
	}
	jv_free(message);
}

static void
drop(void *context, jv message)
{
	(void)context;
	jv_free(message);
}

static jv
no_input(jq_state *jq, void *context)
{
	(void)jq;
	(void)context;
	return jv_invalid_with_msg(jv_string(
	    "a filter has no input but its record"));
}

/* libjq says "jq: error: WHAT (Unix shell quoting issues?) at <top-level>,
 * line N, column M:" and shows the line below. */
static void
explain(const char *name, const char *path, char *text, struct error *error)
{
	static const char noise[] = " (Unix shell quoting issues?)";
	static const char place[] = " at <top-level>, ";
	char *what = text, *at;

	what[strcspn(what, "\n")] = '\0';
	if (strncmp(what, "jq: error: ", 11) == 0)
		what += 11;
	if ((at = strstr(what, noise)) != NULL)
		memmove(at, at + strlen(noise), strlen(at + strlen(noise)) + 1);
	if (*what != '\0' && what[strlen(what) - 1] == ':')
		what[strlen(what) - 1] = '\0';
	if ((at = strstr(what, place)) == NULL) {
		error_set(error, EXIT_CONFIG, "filter '%s' (%s): %s", name,
		    path, *what != '\0' ? what : "it doesn't compile");
		return;
	}
	*at = '\0';
	/* "line N, column M": the column counts what we put in front. */
	at += strlen(place);
	at[strcspn(at, ",")] = '\0';
	error_set(error, EXIT_CONFIG, "filter '%s' (%s): %s: %s", name, path,
	    at, what);
}

/* The folder of the filter's file: where its own modules may be. */
static jv
origin(const char *path)
{
	char *absolute = realpath(path, NULL);
	jv folder;

	if (absolute == NULL)
		return jv_string(".");
	folder = jv_string(dirname(absolute));
	free(absolute);
	return folder;
}

int
filter_open(struct filter *filter, const char *name, const char *path,
    jv config, jv search, struct error *error)
{
	struct complaint complaint = { "" };
	struct buffer program, wrapped;
	jv arguments;
	int rc = -1;

	*filter = (struct filter){ 0 };
	memcpy(filter->name, name, strlen(name) + 1);
	arguments = jv_object_set(jv_object_set(jv_object(),
	    jv_string("filter"), jv_string(name)), jv_string("config"), config);
	buffer_init(&program, FILTER_BYTES_MAX);
	buffer_init(&wrapped, FILTER_BYTES_MAX + sizeof(prologue));
	if (read_program(name, path, &program, error) == -1)
		goto out;
	if (wrap(buffer_text(&program), program.length, &wrapped) == -1) {
		error_set(error, EXIT_CONFIG, "filter '%s' (%s): an import "
		    "takes no metadata; name its folder with -L", name, path);
		goto out;
	}
	if (wrapped.failed || (filter->jq = jq_init()) == NULL) {
		error_set(error, EXIT_SYSTEM, "out of memory");
		goto out;
	}
	filter->wants_raw = strstr(buffer_text(&program), "$raw") != NULL;
	jq_set_error_cb(filter->jq, keep_first, &complaint);
	jq_set_debug_cb(filter->jq, drop, NULL);
	jq_set_input_cb(filter->jq, no_input, NULL);
	jq_set_attr(filter->jq, jv_string("JQ_LIBRARY_PATH"), jv_copy(search));
	jq_set_attr(filter->jq, jv_string("PROGRAM_ORIGIN"), origin(path));
	if (jq_compile_args(filter->jq, wrapped.data, jv_copy(arguments)) == 0)
		explain(name, path, complaint.text, error);
	else
		rc = 0;
	jq_set_error_cb(filter->jq, drop, NULL);
out:
	jv_free(arguments);
	jv_free(search);
	buffer_free(&program);
	buffer_free(&wrapped);
	if (rc == -1)
		filter_close(filter);
	return rc;
}

void
filter_close(struct filter *filter)
{
	if (filter->jq != NULL)
		jq_teardown(&filter->jq);
	*filter = (struct filter){ 0 };
}

void
filter_start(struct filter *filter, jv envelope)
{
	jq_start(filter->jq, envelope, 0);
}

/* What the filter gave to error(): a string as it is, else its JSON. */
static void
reason(jv message, struct error *error)
{
	struct buffer text;
	size_t length = 0, step;
	char cut[REASON_MAX + 1];

	buffer_init(&text, JSON_TEXT_MAX);
	if (jv_get_kind(message) == JV_KIND_STRING) {
		buffer_append(&text, jv_string_value(message),
		    (size_t)jv_string_length_bytes(jv_copy(message)));
		jv_free(message);
	} else if (jvtext_write(message, &text) == -1)
		buffer_puts(&text, "an error too large to tell");
	while (length < text.length && (step = utf8_step(text.data + length,
	    text.length - length)) > 0 && length + step <= REASON_MAX)
		length += step;
	memcpy(cut, buffer_text(&text), length);
	cut[length] = '\0';
	buffer_free(&text);
	error_set(error, EXIT_DATA, "%s", length > 0 ? cut :
	    "the filter failed without a word");
}

int
filter_next(struct filter *filter, jv *output, struct error *error)
{
	*output = jq_next(filter->jq);
	if (jv_is_valid(*output))
		return 1;
	if (jq_halted(filter->jq)) {
		jv_free(*output);
		/* libjq 1.6 frees the message of a halt again at each start
		 * that follows: halt anew without one. */
		jq_start(filter->jq, jv_null(), 0);
		jq_halt(filter->jq, jv_invalid(), jv_invalid());
		return error_set(error, EXIT_DATA, "the filter halted; it must "
		    "end by itself");
	}
	if (!jv_invalid_has_msg(jv_copy(*output))) {
		jv_free(*output);
		return 0;
	}
	reason(jv_invalid_get_msg(*output), error);
	return -1;
}
