/* SPDX-License-Identifier: MIT */
#include "transform/jvtext.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "line.h"
#include "transform/known.h"

#define EXACT_MAX 9007199254740992.0 /* 2^53: doubles hold each integer */
#define EXACT_MAX_TEXT "9007199254740992"
#define ESCAPED_MAX (LINE_MAX_BYTES * 5) /* '&' becomes five bytes */

struct reader {
	const struct json *json;
	enum jvtext_escape escape;
	struct known_table *values; /* of this escape */
	struct buffer decoded, escaped;
	bool failed;
	bool careful;    /* members are looked for before they are set */
	bool duplicates; /* there were, and it wasn't careful */
};

static struct known_table names, values[2];

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
make_string(struct reader *reader, json_node node, const char *text,
    size_t length)
{

	if (reader->json->values[node].escaped) {
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
read_string(struct reader *reader, json_node node)
{
	const struct json_value *value = &reader->json->values[node];
	const char *text = reader->json->text + value->start + 1;
	size_t length = value->end - value->start - 2;
	struct known *known;
	jv string;

	if (length == 0 || length > KNOWN_MAX_BYTES)
		return make_string(reader, node, text, length);
	known = known_place(reader->values, text, length);
	if (known_is(known, text, length))
		return jv_copy(known->string);
	string = make_string(reader, node, text, length);
	return reader->failed ? string :
	    known_learn(known, text, length, string);
}

static jv
read_name(struct reader *reader, json_node node)
{
	const struct json_value *value = &reader->json->values[node];
	const char *text = reader->json->text + value->name + 1;
	size_t length = (size_t)(value->name_end - value->name - 2);
	struct known *known;

	if (!value->name_escaped && (length == 0 || length > KNOWN_MAX_BYTES))
		return jv_string_sized(text, (int)length);
	if (!value->name_escaped) {
		known = known_place(&names, text, length);
		return known_is(known, text, length) ?
		    jv_copy(known->string) : known_learn(known, text, length,
		    jv_string_sized(text, (int)length));
	}
	buffer_clear(&reader->decoded);
	json_decode_name(reader->json, node, &reader->decoded);
	reader->failed |= reader->decoded.failed;
	return jv_string_sized(buffer_text(&reader->decoded),
	    (int)reader->decoded.length);
}

/* Up to 15 digits and a power of ten up to 10^15 are doubles, and so what one
 * divided by the other makes is rounded as strtod rounds.  false: it isn't such
 * a number. */
static bool
short_number(const char *text, size_t length, double *number)
{
	static const double powers[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6,
		1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15 };
	const char *end = text + length, *point = NULL;
	const bool negative = *text == '-';
	int64_t digits = 0;

	if (length > 16)
		return false;
	for (text += negative; text < end; text++)
		if (*text >= '0' && *text <= '9')
			digits = digits * 10 + (*text - '0');
		else if (*text == '.')
			point = text + 1;
		else
			return false;
	if (digits > 999999999999999)
		return false;
	*number = point != NULL ? (double)digits / powers[end - point] :
	    (double)digits;
	if (negative)
		*number = -*number;
	return true;
}

static jv
read_number(struct reader *reader, json_node node)
{
	size_t length, digits, sign;
	const char *text = json_raw(reader->json, node, &length);
	double number;

	if (short_number(text, length, &number))
		return jv_number(number);
	sign = *text == '-';
	digits = strspn(text + sign, "0123456789");
	if (sign + digits == length && (digits > strlen(EXACT_MAX_TEXT) ||
	    (digits == strlen(EXACT_MAX_TEXT) &&
	    memcmp(text + sign, EXACT_MAX_TEXT, digits) > 0)))
		return jv_string_sized(text, (int)length);
	/* What follows a number, or the NUL behind the line, ends it. */
	return jv_number(strtod(text, NULL));
}

static jv read_value(struct reader *reader, json_node node);

static jv
read_object(struct reader *reader, json_node node)
{
	const struct json *json = reader->json;
	jv result = jv_object(), name;
	json_node child;
	int count = 0;

	for (child = json_first(json, node); child != JSON_NONE;
	    child = json_next(json, child)) {
		name = read_name(reader, child);
		if (reader->careful &&
		    jv_object_has(jv_copy(result), jv_copy(name))) {
			jv_free(name);
			continue;
		}
		result = jv_object_set(result, name,
		    read_value(reader, child));
		count++;
	}
	if (!reader->careful &&
	    jv_object_length(jv_copy(result)) != count)
		reader->duplicates = true;
	return result;
}

/* Depth is bounded by JSON_DEPTH_MAX. */
static jv
read_value(struct reader *reader, json_node node)
{
	const struct json *json = reader->json;
	json_node child;
	jv result;

	switch (json_type(json, node)) {
	case JSON_OBJECT:
		return read_object(reader, node);
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
	struct reader reader = { .json = json, .escape = escape,
		.values = &values[escape] };
	jv result;

	buffer_init(&reader.decoded, LINE_MAX_BYTES);
	buffer_init(&reader.escaped, ESCAPED_MAX);
	result = read_value(&reader, node);
	/* Seldom: the last of them was taken. */
	if (reader.duplicates) {
		jv_free(result);
		reader.careful = true;
		result = read_value(&reader, node);
	}
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
is_literal(const char *name, size_t length)
{
	static const struct {
		size_t length;
		const char *name;
	} literals[] = { { 3, "url" }, { 9, "image_url" }, { 8, "alt_text" },
		{ 9, "action_id" }, { 8, "block_id" }, { 8, "username" },
		{ 8, "icon_url" }, { 19, "accessibility_label" },
		{ 10, "title_link" }, { 9, "thumb_url" },
		{ 11, "author_link" }, { 11, "author_icon" },
		{ 11, "footer_icon" }, { 9, "video_url" },
		{ 13, "thumbnail_url" }, { 9, "title_url" } };
	size_t i;

	for (i = 0; i < sizeof(literals) / sizeof(literals[0]); i++)
		if (length == literals[i].length &&
		    memcmp(name, literals[i].name, length) == 0)
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

static jv
known_name(const char *name)
{
	const size_t length = strlen(name);
	struct known *known = known_place(&names, name, length);

	return known_is(known, name, length) ? jv_copy(known->string) :
	    known_learn(known, name, length, jv_string(name));
}

static struct shape
shape_of(jv object)
{
	jv type = jv_object_get(jv_copy(object), known_name("type"));
	jv text = jv_object_get(jv_copy(object), known_name("text"));
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
reading_of(const char *name, size_t length, enum reading reading,
    struct shape shape)
{
	if (reading == READ_AS_IS_BELOW)
		return reading;
	if (is_literal(name, length) ||
	    (shape.plain && strcmp(name, "text") == 0) ||
	    (shape.value && strcmp(name, "value") == 0))
		return READ_AS_IS;
	/* Only blocks have types: an attachment's or a payload's own means
	 * nothing to Slack, which reads their text as mrkdwn. */
	return strcmp(name, "blocks") == 0 ? READ_BLOCKS : reading;
}

/* A byte, mostly without a call. */
static int
put(struct buffer *out, char byte)
{
	if (out->failed || out->length == out->ceiling ||
	    out->length + 2 > out->capacity)
		return buffer_append(out, &byte, 1);
	out->data[out->length++] = byte;
	out->data[out->length] = '\0';
	return 0;
}

static int write_value(jv value, enum reading reading, int depth,
    struct buffer *out);

static int
write_object(jv object, enum reading reading, int depth, struct buffer *out)
{
	struct shape shape = { false, false, false };
	bool first = true;
	const char *text;
	size_t length;
	int rc = 0, i;
	jv name;

	/* "as it is" is said of a string, not of what an object holds. */
	if (reading == READ_AS_IS)
		reading = READ_AS_MRKDWN;
	if (reading == READ_BLOCKS)
		shape = shape_of(object);
	if (shape.rich)
		reading = READ_AS_IS_BELOW;
	put(out, '{');
	for (i = jv_object_iter(object); rc == 0 &&
	    jv_object_iter_valid(object, i);
	    i = jv_object_iter_next(object, i)) {
		name = jv_object_iter_key(object, i);
		text = jv_string_value(name);
		length = (size_t)jv_string_length_bytes(jv_copy(name));
		if (!first)
			put(out, ',');
		first = false;
		buffer_json_string(out, text, length);
		put(out, ':');
		rc = write_value(jv_object_iter_value(object, i),
		    reading_of(text, length, reading, shape), depth + 1, out);
		jv_free(name);
	}
	return rc == -1 ? -1 : put(out, '}');
}

static int
write_array(jv array, enum reading reading, int depth, struct buffer *out)
{
	int count = jv_array_length(jv_copy(array)), i, rc = 0;

	if (reading == READ_AS_IS)
		reading = READ_AS_MRKDWN;
	put(out, '[');
	for (i = 0; i < count && rc == 0; i++) {
		if (i > 0)
			put(out, ',');
		rc = write_value(jv_array_get(jv_copy(array), i), reading,
		    depth + 1, out);
	}
	return rc == -1 ? -1 : put(out, ']');
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
