/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* O_PATH */
#include "transform/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "json.h"
#include "transform/imports.h"
#include "transform/jvtext.h"
#include "utf8.h"

#define LEFT_MAX 100   /* outputs that are drained */
#define REASON_MAX 500 /* bytes of what a filter says when it fails */

static const char prologue[] = " . as {raw: $raw, stream: $stream, id: $id, "
    "version: $version, record: $__record} | $__record | ";

bool
filter_is_name(const char *name)
{
	size_t length = strlen(name);

	return length >= 1 && length <= FILTER_NAME_MAX &&
	    strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789_-") == length;
}

/* The program with its record taken apart behind its module, import and
 * include statements, on the same line, so that no line gets another number. */
static void
wrap(const struct buffer *program, struct buffer *out)
{
	size_t behind = imports_end(buffer_text(program), program->length);

	buffer_append(out, buffer_text(program), behind);
	buffer_puts(out, prologue);
	buffer_append(out, buffer_text(program) + behind,
	    program->length - behind);
}

/* Drop what editors elsewhere leave: a byte order mark, CRs at line ends. */
static void
without_marks(struct buffer *text)
{
	size_t from, to = 0;

	if (text->length >= 3 && memcmp(text->data, "\xef\xbb\xbf", 3) == 0)
		buffer_consume(text, 3);
	for (from = 0; from < text->length; from++)
		if (text->data[from] != '\r' || text->data[from + 1] != '\n')
			text->data[to++] = text->data[from];
	if (to < text->length) {
		text->length = to;
		text->data[to] = '\0';
	}
}

static int
read_program(const char *name, const char *path, struct buffer *text,
    struct error *error)
{
	struct stat status;
	int fd, rc = 0;

	/* Not waiting for whoever might write into a FIFO. */
	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1)
		return error_errno(error, EXIT_CONFIG,
		    "filter '%s': cannot open '%s'", name, path);
	if (fstat(fd, &status) == -1 || !S_ISREG(status.st_mode))
		rc = error_set(error, EXIT_CONFIG, "filter '%s' (%s): is no "
		    "regular file; save the program in one", name, path);
	else if (buffer_read(text, fd) == -1)
		rc = error_errno(error, EXIT_CONFIG,
		    "filter '%s': cannot read '%s'", name, path);
	else if (text->failed)
		rc = error_set(error, EXIT_CONFIG, "filter '%s' (%s): is "
		    "larger than %zu bytes", name, path, FILTER_BYTES_MAX);
	else if (strlen(buffer_text(text)) != text->length)
		rc = error_set(error, EXIT_CONFIG, "filter '%s' (%s): holds a "
		    "NUL byte; is it a jq program?", name, path);
	close(fd);
	without_marks(text);
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

/* The line that libjq shows below its message, without what we put in. */
static const char *
offending(char *text)
{
	const char *put_in = prologue + 1; /* its space may be gone */
	char *line = strchr(text, '\n'), *ours, *end;

	if (line == NULL)
		return "";
	*line++ = '\0';
	line += strspn(line, " \t");
	line[strcspn(line, "\n")] = '\0';
	if ((ours = strstr(line, put_in)) != NULL)
		memmove(ours, ours + strlen(put_in),
		    strlen(ours + strlen(put_in)) + 1);
	for (end = line + strlen(line); end > line && end[-1] == ' '; end--)
		end[-1] = '\0';
	return line;
}

/* libjq says "jq: error: WHAT (Unix shell quoting issues?) at <top-level>,
 * line N, column M:" and shows the line below. */
static void
explain(const char *name, const char *path, char *text, struct error *error)
{
	static const char noise[] = " (Unix shell quoting issues?)";
	static const char place[] = " at <top-level>, ";
	const char *line = offending(text);
	char *what = text, *at, where[64] = "";

	if (strncmp(what, "jq: error: ", 11) == 0)
		what += 11;
	if ((at = strstr(what, noise)) != NULL)
		memmove(at, at + strlen(noise), strlen(at + strlen(noise)) + 1);
	if (*what != '\0' && what[strlen(what) - 1] == ':')
		what[strlen(what) - 1] = '\0';
	if ((at = strstr(what, place)) != NULL) {
		*at = '\0';
		/* "line N, column M": the column counts what we put in. */
		at += strlen(place);
		snprintf(where, sizeof(where), "%.*s: ",
		    (int)strcspn(at, ","), at);
	}
	error_set(error, EXIT_CONFIG, "filter '%s' (%s): %s%s%s%.120s", name,
	    path, where, *what != '\0' ? what : "it doesn't compile",
	    *line != '\0' ? ", in: " : "", line);
}

/* search (consumed) with the folder of the filter's file behind it, for the
 * filter's own modules: last, so that none of them replaces a shipped one. */
static jv
with_own_folder(jv search, const char *path)
{
	char *absolute = realpath(path, NULL);

	if (absolute != NULL)
		search = jv_array_append(search, jv_string(dirname(absolute)));
	free(absolute);
	return search;
}

/* libjq looks for a module in the current directory before its search path:
 * until this has compiled, that is the path's first folder. */
static int
compile(struct filter *filter, const char *path, const char *program,
    jv arguments, jv search, struct error *error)
{
	struct complaint complaint = { "" };
	jv first = jv_array_get(jv_copy(search), 0);
	int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC), rc = 0;

	jq_set_error_cb(filter->jq, keep_first, &complaint);
	jq_set_attr(filter->jq, jv_string("JQ_LIBRARY_PATH"), jv_copy(search));
	if (here == -1 || jv_get_kind(first) != JV_KIND_STRING ||
	    chdir(jv_string_value(first)) == -1)
		rc = error_errno(error, EXIT_CONFIG, "filter '%s': cannot "
		    "enter the modules' folder", filter->name);
	else {
		if (jq_compile_args(filter->jq, program,
		    jv_copy(arguments)) == 0) {
			explain(filter->name, path, complaint.text, error);
			rc = -1;
		}
		if (fchdir(here) == -1)
			rc = error_errno(error, EXIT_CONFIG, "filter '%s': "
			    "cannot return to the current directory",
			    filter->name);
	}
	jq_set_error_cb(filter->jq, drop, NULL);
	if (here != -1)
		close(here);
	jv_free(first);
	return rc;
}

int
filter_open(struct filter *filter, const char *name, const char *path,
    jv config, jv search, struct error *error)
{
	struct buffer program, wrapped;
	struct error why;
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
	search = with_own_folder(search, path);
	if (imports_check(buffer_text(&program), program.length, search,
	    &why) == -1) {
		error_set(error, why.code, "filter '%s' (%s): %.900s", name,
		    path, why.message);
		goto out;
	}
	wrap(&program, &wrapped);
	if (wrapped.failed || (filter->jq = jq_init()) == NULL) {
		error_set(error, EXIT_SYSTEM, "out of memory");
		goto out;
	}
	filter->wants_raw = strstr(buffer_text(&program), "$raw") != NULL;
	jq_set_debug_cb(filter->jq, drop, NULL);
	jq_set_input_cb(filter->jq, no_input, NULL);
	rc = compile(filter, path, wrapped.data, arguments, search, error);
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
	} else if (jvtext_write(message, 0, &text) == -1)
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
		filter->midway = true;
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

bool
filter_end(struct filter *filter)
{
	int i;
	jv output;

	for (i = 0; !filter->midway && i < LEFT_MAX; i++) {
		output = jq_next(filter->jq);
		filter->midway = jq_halted(filter->jq) != 0;
		if (!jv_is_valid(output)) {
			jv_free(output);
			return !filter->midway;
		}
		jv_free(output);
	}
	return false;
}

bool
filter_forgets(void)
{
	jq_state *jq = jq_init();
	bool forgets = false;
	jv output;

	if (jq != NULL && jq_compile(jq, "(1 | .?) | error(\"told\")")) {
		jq_start(jq, jv_null(), 0);
		output = jq_next(jq);
		forgets = !jv_is_valid(output) &&
		    !jv_invalid_has_msg(jv_copy(output));
		jv_free(output);
	}
	if (jq != NULL)
		jq_teardown(&jq);
	return forgets;
}
