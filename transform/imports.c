/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* memrchr */
#include "transform/imports.h"

#include <ctype.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct statement {
	bool import;      /* or include; else module */
	bool metadata;    /* there are braces in it */
	const char *name; /* the first string in it, or NULL; no quotes */
	size_t name_length;
};

struct walk {
	jv folders;
	jv seen; /* an object: the files that were looked at */
	const char *file; /* NULL: the filter's own */
	int depth;
	struct error *error;
};

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

/* Read the statement at or behind at, if there is one: behind its ';', else
 * at. */
static size_t
next_statement(const char *text, size_t at, size_t end,
    struct statement *statement)
{
	size_t behind, start = at;

	*statement = (struct statement){ .name = NULL };
	at = skip_space(text, at, end);
	statement->import = is_word(text, at, end, "import") ||
	    is_word(text, at, end, "include");
	if (!statement->import && !is_word(text, at, end, "module"))
		return start;
	while (at < end && text[at] != ';') {
		statement->metadata |= text[at] == '{';
		if (text[at] == '"') {
			behind = skip_string(text, at, end);
			if (statement->name == NULL && behind - at >= 2) {
				statement->name = text + at + 1;
				statement->name_length = behind - at - 2;
			}
			at = behind;
		} else if (text[at] == '#')
			at = skip_space(text, at, end);
		else
			at++;
	}
	return at < end ? at + 1 : end;
}

size_t
imports_end(const char *program, size_t length)
{
	struct statement statement;
	size_t at = 0, behind;

	while ((behind = next_statement(program, at, length, &statement)) > at)
		at = behind;
	return at;
}

static int walk_text(struct walk *walk, const char *text, size_t length);

/* A file that may be a module; one that isn't there is none. */
static int
walk_file(struct walk *walk, const char *path)
{
	char *absolute = realpath(path, NULL);
	const char *importer = walk->file;
	struct buffer text;
	char chunk[8192];
	FILE *file = NULL;
	size_t count;
	int rc = 0;

	buffer_init(&text, IMPORTS_BYTES_MAX);
	if (absolute == NULL || jv_object_has(jv_copy(walk->seen),
	    jv_string(absolute)) || (file = fopen(absolute, "re")) == NULL)
		goto out;
	walk->seen = jv_object_set(walk->seen, jv_string(absolute), jv_true());
	while ((count = fread(chunk, 1, sizeof(chunk), file)) > 0)
		if (buffer_append(&text, chunk, count) == -1)
			break;
	if (text.failed)
		rc = error_set(walk->error, EXIT_CONFIG, "the module '%s' is "
		    "larger than %zu bytes", absolute, IMPORTS_BYTES_MAX);
	else {
		walk->file = absolute;
		walk->depth++;
		rc = walk_text(walk, buffer_text(&text), text.length);
		walk->depth--;
		walk->file = importer;
	}
out:
	if (file != NULL)
		fclose(file);
	buffer_free(&text);
	free(absolute);
	return rc;
}

/* A file that may be read for an import, if it is there: it must be a regular
 * one, and stand below its folder also when links are followed. */
static int
look_at(struct walk *walk, const char *folder, const char *path)
{
	char *absolute = realpath(path, NULL), *top = realpath(folder, NULL);
	const size_t length = top != NULL ? strlen(top) : 0;
	struct stat status;
	int rc = 0;

	if (absolute == NULL || top == NULL)
		goto out;
	if (strncmp(absolute, top, length) != 0 || (absolute[length] != '/' &&
	    top[length - 1] != '/'))
		rc = error_set(walk->error, EXIT_CONFIG, "the module '%s' "
		    "leads out of its folder, to '%s'", path, absolute);
	else if (stat(absolute, &status) == -1 || !S_ISREG(status.st_mode))
		rc = error_set(walk->error, EXIT_CONFIG, "the module '%s' is "
		    "no regular file", path);
out:
	free(absolute);
	free(top);
	return rc;
}

/* The program and the data of a name; data holds no imports. */
static int
walk_stem(struct walk *walk, const char *folder, const char *stem)
{
	char path[2 * PATH_MAX]; /* never cut to another, shorter one */

	snprintf(path, sizeof(path), "%s%s.json", folder, stem);
	if (look_at(walk, folder, path) == -1)
		return -1;
	snprintf(path, sizeof(path), "%s%s.jq", folder, stem);
	return look_at(walk, folder, path) == 0 ? walk_file(walk, path) : -1;
}

/* libjq finds "a/b" as a/b.jq, a/b/jq/main.jq or a/b/b.jq, and data of that
 * name as .json, in the first folder that has it; here all that it might find
 * are looked at. */
static int
walk_name(struct walk *walk, const char *name, size_t length)
{
	const char *slash = memrchr(name, '/', length);
	const char *base = slash != NULL ? slash + 1 : name;
	int count = jv_array_length(jv_copy(walk->folders)), i, rc = 0;
	char stem[PATH_MAX];
	jv folder;

	for (i = 0; i < count && rc == 0; i++) {
		folder = jv_array_get(jv_copy(walk->folders), i);
		snprintf(stem, sizeof(stem), "/%.*s", (int)length, name);
		rc = walk_stem(walk, jv_string_value(folder), stem);
		snprintf(stem, sizeof(stem), "/%.*s/jq/main", (int)length,
		    name);
		if (rc == 0)
			rc = walk_stem(walk, jv_string_value(folder), stem);
		snprintf(stem, sizeof(stem), "/%.*s/%.*s", (int)length, name,
		    (int)(name + length - base), base);
		if (rc == 0)
			rc = walk_stem(walk, jv_string_value(folder), stem);
		jv_free(folder);
	}
	return rc;
}

/* No empty part, none that leads up or nowhere. */
static bool
is_inside(const char *name, size_t length)
{
	size_t start = 0, end;

	for (;;) {
		for (end = start; end < length && name[end] != '/'; end++)
			;
		if (end == start || (name[start] == '.' && (end - start == 1 ||
		    (end - start == 2 && name[start + 1] == '.'))))
			return false;
		if (end == length)
			return true;
		start = end + 1;
	}
}

/* jq 1.8 goes on with a comment behind a backslash at the end of its line, and
 * 1.6 doesn't: what is an import would depend on it. */
static bool
is_plain(const char *text, size_t end)
{
	size_t at;

	for (at = 0; at + 1 < end; at++)
		if (text[at] == '\\' && (text[at + 1] == '\n' ||
		    text[at + 1] == '\r'))
			return false;
	return true;
}

static int
refuse(const struct walk *walk, const char *why)
{
	return walk->file != NULL ? error_set(walk->error, EXIT_CONFIG,
	    "the module '%s': an import %s", walk->file, why) :
	    error_set(walk->error, EXIT_CONFIG, "an import %s", why);
}

/* As deep as there are files: each is looked at once. */
static int
walk_text(struct walk *walk, const char *text, size_t length)
{
	struct statement statement;
	size_t at = 0, behind;

	behind = skip_space(text, imports_end(text, length), length);
	if (!is_plain(text, behind))
		return refuse(walk, "must not stand near a line that ends with "
		    "a backslash; take that out");
	while ((behind = next_statement(text, at, length, &statement)) > at) {
		at = behind;
		if (!statement.import || statement.name == NULL)
			continue;
		if (statement.metadata)
			return refuse(walk, "takes no metadata; name its "
			    "folder with -L");
		if (memchr(statement.name, '\\', statement.name_length) != NULL)
			return refuse(walk, "needs a name without a "
			    "backslash");
		if (!is_inside(statement.name, statement.name_length))
			return refuse(walk, "can't lead to another folder; "
			    "name that with -L");
		if (walk->depth == IMPORTS_DEPTH_MAX)
			return refuse(walk, "is nested too deep; let fewer "
			    "modules import one another");
		if (walk_name(walk, statement.name, statement.name_length) ==
		    -1)
			return -1;
	}
	return 0;
}

int
imports_check(const char *program, size_t length, jv folders,
    struct error *error)
{
	struct walk walk = { .folders = folders, .seen = jv_object(),
		.error = error };
	int rc = walk_text(&walk, program, length);

	jv_free(walk.seen);
	return rc;
}
