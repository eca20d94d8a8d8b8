/*
 * json: a strict JSON reader that keeps the source text of every value.
 *
 * No packaged C library in the oldest distribution we support keeps a number
 * as it was written (18-digit ids, 1250.10, 1E+3), and in ledgers every digit
 * counts; so this one parses into an array of nodes that point into the text.
 *
 * A struct json borrows the text: it must outlive the document, and not move.
 * Nodes are indices into the document; node 0 is the root; JSON_NONE means
 * "there is none" and every accessor takes it and answers JSON_NONE, false or
 * 0, so look-ups chain without checks.
 *
 * Duplicate member names: the first one is found.  Ceilings: nesting
 * JSON_DEPTH_MAX, text JSON_TEXT_MAX bytes, below.  The text must be UTF-8.
 */
#ifndef LEDGERPIPE_JSON_H
#define LEDGERPIPE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "error.h"

#define JSON_DEPTH_MAX 64
#define JSON_TEXT_MAX ((size_t)64 << 20) /* a REST page is ~2 MB */

enum json_type {
	JSON_INVALID = 0,
	JSON_OBJECT,
	JSON_ARRAY,
	JSON_STRING,
	JSON_NUMBER,
	JSON_TRUE,
	JSON_FALSE,
	JSON_NULL
};

typedef int32_t json_node;
#define JSON_NONE ((json_node)-1)

struct json_value {
	uint32_t start, end;  /* the value's text, quotes included */
	int32_t name;         /* in an object: start of the name's text, else -1 */
	int32_t name_end;
	int32_t first, next;  /* first child, next sibling, or JSON_NONE */
	uint8_t type;         /* enum json_type */
	bool escaped;         /* a string with a backslash in it */
	bool name_escaped;
};

struct json {
	const char *text;
	size_t length;
	struct json_value *values;
	size_t count, capacity;
};

/* Parse one document, white space around it allowed.  *json may hold an
 * earlier one (zero it before its first use): its memory is used again.
 * Errors: EXIT_DATA with the byte offset, EXIT_SYSTEM out of memory. */
int json_parse(struct json *json, const char *text, size_t length,
    struct error *error);
void json_free(struct json *json);

enum json_type json_type(const struct json *json, json_node node);
json_node json_first(const struct json *json, json_node node);
json_node json_next(const struct json *json, json_node node);
size_t json_count(const struct json *json, json_node node);
json_node json_member(const struct json *json, json_node object,
    const char *name);
/* Follow member names joined by '.', e.g. "oracle.url". */
json_node json_path(const struct json *json, const char *path);

/* The source text of a value; *length its bytes.  "" and 0 for JSON_NONE. */
const char *json_raw(const struct json *json, json_node node, size_t *length);
/* A string's or a name's characters, decoded, appended to out. */
int json_decode(const struct json *json, json_node node, struct buffer *out);
int json_decode_name(const struct json *json, json_node node,
    struct buffer *out);
/* Is it a string equal to text?  Is its name? */
bool json_is(const struct json *json, json_node node, const char *text);
bool json_named(const struct json *json, json_node node, const char *name);
/* A string's characters or another scalar's source text, in fresh memory the
 * caller frees; NULL for JSON_NONE, null, containers, or out of memory. */
char *json_dup(const struct json *json, json_node node);
/* An integer's value; false if it isn't one that fits. */
bool json_integer(const struct json *json, json_node node, int64_t *value);

#endif
