/* SPDX-License-Identifier: MIT */
#include "transform/jvtext.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "line.h"

#define EXACT_MAX 9007199254740992.0 /* 2^53: doubles hold each integer */
#define EXACT_MAX_TEXT "9007199254740992"
#define ESCAPED_MAX (LINE_MAX_BYTES * 5) /* '&' becomes five bytes */

struct reader {
	const struct json *json;
	enum jvtext_escape escape;
	struct buffer decoded, escaped;
	bool failed;
};

static void
escape(const char *text, size_t length, struct buffer *out)
{
	size_t i, start = 0;

	for (i = 0; i < length; i++) {
		if (text[i] != '&' && text[i] != '<' && text[i] != '>')
			continue;
		buffer_append(out, text + start, i - start);
		buffer_puts(out, text[i] == '&' ? "&amp;" :
		    text[i] == '<' ? "&lt;" : "&gt;");
		start = i + 1;
	}
	buffer_append(out, text + start, length - start);
}

static bool
needs_escape(const char *text, size_t length)
{
	return memchr(text, '&', length) != NULL ||
	    memchr(text, '<', length) != NULL ||
	    memchr(text, '>', length) != NULL;
}

jv
jvtext_string(const char *text, size_t length)
{
	struct buffer escaped;
	jv result;

	buffer_init(&escaped, ESCAPED_MAX);
	escape(text, length, &escaped);
	result = escaped.failed ? jv_invalid() :
	    jv_string_sized(buffer_text(&escaped), (int)escaped.length);
	buffer_free(&escaped);
	return result;
}

static jv
read_string(struct reader *reader, json_node node)
{
	const struct json_value *value = &reader->json->values[node];
	const char *text = reader->json->text + value->start + 1;
	size_t length = value->end - value->start - 2;

	if (value->escaped) {
		buffer_clear(&reader->decoded);
		json_decode(reader->json, node, &reader->decoded);
		reader->failed |= reader->decoded.failed;
		text = buffer_text(&reader->decoded);
		length = reader->decoded.length;
	}
	if (reader->escape == JVTEXT_MRKDWN && needs_escape(text, length)) {
		buffer_clear(&reader->escaped);
		escape(text, length, &reader->escaped);
		reader->failed |= reader->escaped.failed;
		text = buffer_text(&reader->escaped);
		length = reader->escaped.length;
	}
	return jv_string_sized(text, (int)length);
}

static jv
read_name(struct reader *reader, json_node node)
{
	const struct json_value *value = &reader->json->values[node];

	if (!value->name_escaped)
		return jv_string_sized(reader->json->text + value->name + 1,
		    value->name_end - value->name - 2);
	buffer_clear(&reader->decoded);
	json_decode_name(reader->json, node, &reader->decoded);
	reader->failed |= reader->decoded.failed;
	return jv_string_sized(buffer_text(&reader->decoded),
	    (int)reader->decoded.length);
}

static jv
read_number(struct reader *reader, json_node node)
{
	size_t length, digits, sign;
	const char *text = json_raw(reader->json, node, &length);

	sign = *text == '-';
	digits = strspn(text + sign, "0123456789");
	if (sign + digits == length && (digits > strlen(EXACT_MAX_TEXT) ||
	    (digits == strlen(EXACT_MAX_TEXT) &&
	    memcmp(text + sign, EXACT_MAX_TEXT, digits) > 0)))
		return jv_string_sized(text, (int)length);
	/* What follows a number, or the NUL behind the line, ends it. */
	return jv_number(strtod(text, NULL));
}

/* Depth is bounded by JSON_DEPTH_MAX. */
static jv
read_value(struct reader *reader, json_node node)
{
	const struct json *json = reader->json;
	json_node child;
	jv result, name;

	switch (json_type(json, node)) {
	case JSON_OBJECT:
		result = jv_object();
		for (child = json_first(json, node); child != JSON_NONE;
		    child = json_next(json, child)) {
			name = read_name(reader, child);
			if (jv_object_has(jv_copy(result), jv_copy(name)))
				jv_free(name);
			else
				result = jv_object_set(result, name,
				    read_value(reader, child));
		}
		return result;
	case JSON_ARRAY:
		result = jv_array();
		for (child = json_first(json, node); child != JSON_NONE;
		    child = json_next(json, child))
			result = jv_array_append(result,
			    read_value(reader, child));
		return result;
	case JSON_STRING:
		return read_string(reader, node);
	case JSON_NUMBER:
		return read_number(reader, node);
	case JSON_TRUE:
		return jv_true();
	case JSON_FALSE:
		return jv_false();
	default:
		return jv_null();
	}
}

jv
jvtext_read(const struct json *json, json_node node, enum jvtext_escape escape)
{
	struct reader reader = { .json = json, .escape = escape };
	jv result;

	buffer_init(&reader.decoded, LINE_MAX_BYTES);
	buffer_init(&reader.escaped, ESCAPED_MAX);
	result = read_value(&reader, node);
	buffer_free(&reader.decoded);
	buffer_free(&reader.escaped);
	if (reader.failed) {
		jv_free(result);
		return jv_invalid();
	}
	return result;
}

/* How the strings of a value are written. */
enum reading {
	READ_AS_MRKDWN,
	READ_BLOCKS,       /* as each object's type asks for */
	READ_AS_IS,        /* this string */
	READ_AS_IS_BELOW   /* all strings from here down */
};

/* One pass from the left is the same as taking "&amp;" last. */
static void
unescape(const char *text, size_t length, struct buffer *out)
{
	static const struct {
		const char *entity;
		size_t length;
		const char *character;
	} entities[] = { { "&lt;", 4, "<" }, { "&gt;", 4, ">" },
		{ "&amp;", 5, "&" } };
	const char *at, *end = text + length;
	size_t i;

	while ((at = memchr(text, '&', (size_t)(end - text))) != NULL) {
		buffer_append(out, text, (size_t)(at - text));
		for (i = 0; i < 3; i++)
			if ((size_t)(end - at) >= entities[i].length &&
			    memcmp(at, entities[i].entity,
			    entities[i].length) == 0)
				break;
		buffer_puts(out, i < 3 ? entities[i].character : "&");
		text = at + (i < 3 ? entities[i].length : 1);
	}
	buffer_append(out, text, (size_t)(end - text));
}

static int
write_string(jv value, enum reading reading, struct buffer *out)
{
	const char *text = jv_string_value(value);
	size_t length = (size_t)jv_string_length_bytes(jv_copy(value));
	struct buffer plain;

	if (reading == READ_AS_MRKDWN || reading == READ_BLOCKS ||
	    memchr(text, '&', length) == NULL)
		return buffer_json_string(out, text, length);
	buffer_init(&plain, length);
	unescape(text, length, &plain);
	if (plain.failed)
		out->failed = true;
	buffer_json_string(out, buffer_text(&plain), plain.length);
	buffer_free(&plain);
	return out->failed ? -1 : 0;
}

/* As jq prints them: the shortest that reads back the same. */
static int
write_number(double number, struct buffer *out)
{
	char text[32];
	int precision;

	if (isnan(number))
		return buffer_puts(out, "null");
	if (isinf(number))
		return buffer_puts(out, number < 0 ?
		    "-1.7976931348623157e+308" : "1.7976931348623157e+308");
	if (fabs(number) < EXACT_MAX && number == (double)(long long)number)
		return buffer_printf(out, "%lld", (long long)number);
	for (precision = 15; precision <= 17; precision++) {
		snprintf(text, sizeof(text), "%.*g", precision, number);
		if (strtod(text, NULL) == number)
			break;
	}
	return buffer_puts(out, text);
}

/* Members that are a URL, an identifier or an alternative text wherever they
 * stand. */
static bool
is_literal(const char *name)
{
	static const char *const names[] = { "url", "image_url", "alt_text",
		"action_id", "block_id", "username", "icon_url",
		"accessibility_label", "title_link", "thumb_url",
		"author_link", "author_icon", "footer_icon", "video_url",
		"thumbnail_url", "title_url" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* How an object among the blocks has its own strings read. */
struct shape {
	bool rich;  /* all as they are */
	bool plain; /* its text */
	bool value; /* its value: that of a button or an option; the value of
	             * an attachment's field is mrkdwn */
};

static struct shape
shape_of(jv object)
{
	jv type = jv_object_get(jv_copy(object), jv_string("type"));
	jv text = jv_object_get(jv_copy(object), jv_string("text"));
	struct shape shape = { .value =
	    jv_get_kind(text) == JV_KIND_OBJECT };
	const char *name;

	if (jv_get_kind(type) == JV_KIND_STRING) {
		name = jv_string_value(type);
		shape.rich = strcmp(name, "rich_text") == 0;
		shape.plain = strcmp(name, "plain_text") == 0 ||
		    strcmp(name, "raw_text") == 0;
		shape.value |= strcmp(name, "button") == 0;
	}
	jv_free(type);
	jv_free(text);
	return shape;
}

/* How a member is read, in an object that is read so itself. */
static enum reading
reading_of(const char *name, enum reading reading, struct shape shape)
{
	if (reading == READ_AS_IS_BELOW)
		return reading;
	if (is_literal(name) || (shape.plain && strcmp(name, "text") == 0) ||
	    (shape.value && strcmp(name, "value") == 0))
		return READ_AS_IS;
	/* Only blocks have types: an attachment's or a payload's own means
	 * nothing to Slack, which reads their text as mrkdwn. */
	return strcmp(name, "blocks") == 0 ? READ_BLOCKS : reading;
}

static int write_value(jv value, enum reading reading, int depth,
    struct buffer *out);

static int
write_object(jv object, enum reading reading, int depth, struct buffer *out)
{
	struct shape shape = { false, false, false };
	bool first = true;
	const char *text;
	int rc = 0, i;
	jv name;

	/* "as it is" is said of a string, not of what an object holds. */
	if (reading == READ_AS_IS)
		reading = READ_AS_MRKDWN;
	if (reading == READ_BLOCKS)
		shape = shape_of(object);
	if (shape.rich)
		reading = READ_AS_IS_BELOW;
	buffer_puts(out, "{");
	for (i = jv_object_iter(object); rc == 0 &&
	    jv_object_iter_valid(object, i);
	    i = jv_object_iter_next(object, i)) {
		name = jv_object_iter_key(object, i);
		text = jv_string_value(name);
		if (!first)
			buffer_puts(out, ",");
		first = false;
		buffer_json_string(out, text,
		    (size_t)jv_string_length_bytes(jv_copy(name)));
		buffer_puts(out, ":");
		rc = write_value(jv_object_iter_value(object, i),
		    reading_of(text, reading, shape), depth + 1, out);
		jv_free(name);
	}
	return rc == -1 ? -1 : buffer_puts(out, "}");
}

static int
write_array(jv array, enum reading reading, int depth, struct buffer *out)
{
	int count = jv_array_length(jv_copy(array)), i, rc = 0;

	if (reading == READ_AS_IS)
		reading = READ_AS_MRKDWN;
	buffer_puts(out, "[");
	for (i = 0; i < count && rc == 0; i++) {
		if (i > 0)
			buffer_puts(out, ",");
		rc = write_value(jv_array_get(jv_copy(array), i), reading,
		    depth + 1, out);
	}
	return rc == -1 ? -1 : buffer_puts(out, "]");
}

static int
write_value(jv value, enum reading reading, int depth, struct buffer *out)
{
	int rc;

	if (depth > JSON_DEPTH_MAX) {
		jv_free(value);
		return -1;
	}
	switch (jv_get_kind(value)) {
	case JV_KIND_OBJECT:
		rc = write_object(value, reading, depth, out);
		break;
	case JV_KIND_ARRAY:
		rc = write_array(value, reading, depth, out);
		break;
	case JV_KIND_STRING:
		rc = write_string(value, reading, out);
		break;
	case JV_KIND_NUMBER:
		rc = write_number(jv_number_value(value), out);
		break;
	case JV_KIND_TRUE:
		rc = buffer_puts(out, "true");
		break;
	case JV_KIND_FALSE:
		rc = buffer_puts(out, "false");
		break;
	default:
		rc = buffer_puts(out, "null");
	}
	jv_free(value);
	return rc;
}

int
jvtext_write(jv value, int above, struct buffer *out)
{
	return write_value(value, READ_AS_MRKDWN, above, out);
}
