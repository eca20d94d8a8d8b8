/* SPDX-License-Identifier: MIT */
#include "json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

struct parser {
	struct json *json;
	const char *end;   /* of the text */
	const char *where; /* something is wrong, */
	const char *why;   /* and what */
	bool memory;       /* there was none left */
};

static const char *
fail(struct parser *p, const char *at, const char *why)
{
	p->where = at;
	p->why = why;
	return NULL;
}

/* true: the next byte is this one. */
static bool
is_at(const struct parser *p, const char *at, char byte)
{
	return at < p->end && *at == byte;
}

static const char *
space(const struct parser *p, const char *at)
{
	while (at < p->end && (*at == ' ' || *at == '\n' || *at == '\r' ||
	    *at == '\t'))
		at++;
	return at;
}

static int
hex4(const char *s)
{
	int value = 0, i, c;

	for (i = 0; i < 4; i++) {
		c = (unsigned char)s[i];
		value <<= 4;
		if (c >= '0' && c <= '9')
			value |= c - '0';
		else if (c >= 'a' && c <= 'f')
			value |= c - 'a' + 10;
		else if (c >= 'A' && c <= 'F')
			value |= c - 'A' + 10;
		else
			return -1;
	}
	return value;
}

/* At the opening quote; ends behind the closing one. */
static const char *
string(struct parser *p, const char *at, bool *escaped)
{
	unsigned char c;
	size_t step;

	*escaped = false;
	at++;
	for (;;) {
		at += utf8_plain(at, (size_t)(p->end - at));
		if (at == p->end)
			return fail(p, at, "a string has no end");
		c = (unsigned char)*at;
		if (c == '"')
			return at + 1;
		if (c < 0x20)
			return fail(p, at, "a control character in a string");
		if (c == '\\') {
			*escaped = true;
			at++;
			if (is_at(p, at, 'u')) {
				if (p->end - at < 5 || hex4(at + 1) == -1)
					return fail(p, at, "a bad \\u escape");
				at += 5;
			} else if (at < p->end && *at != '\0' &&
			    strchr("\"\\/bfnrt", *at) != NULL)
				at++;
			else
				return fail(p, at, "a bad escape");
		} else if (c < 0x80)
			at++;
		else if ((step = utf8_step(at, (size_t)(p->end - at))) > 0)
			at += step;
		else
			return fail(p, at, "bytes that are not UTF-8");
	}
}

static const char *
digits(struct parser *p, const char *at)
{
	const char *start = at;

	while (at < p->end && *at >= '0' && *at <= '9')
		at++;
	return at > start ? at : fail(p, at, "a bad number");
}

static const char *
number(struct parser *p, const char *at)
{
	if (*at == '-')
		at++;
	if (is_at(p, at, '0'))
		at++;
	else if ((at = digits(p, at)) == NULL)
		return NULL;
	if (is_at(p, at, '.') && (at = digits(p, at + 1)) == NULL)
		return NULL;
	if (is_at(p, at, 'e') || is_at(p, at, 'E')) {
		at++;
		if (is_at(p, at, '+') || is_at(p, at, '-'))
			at++;
		at = digits(p, at);
	}
	return at;
}

static const char *
word(struct parser *p, const char *at, const char *expected)
{
	size_t length = strlen(expected);

	if ((size_t)(p->end - at) < length || memcmp(at, expected, length) != 0)
		return fail(p, at, "not a JSON value");
	return at + length;
}

static int
add(struct parser *p, const char *at)
{
	struct json *json = p->json;
	struct json_value *values;
	size_t capacity;

	if (json->count == json->capacity) {
		capacity = json->capacity > 0 ? json->capacity * 2 : 64;
		values = realloc(json->values, capacity * sizeof(*values));
		if (values == NULL) {
			p->memory = true;
			fail(p, at, "out of memory");
			return -1;
		}
		json->values = values;
		json->capacity = capacity;
	}
	json->values[json->count++] = (struct json_value){
		.start = (uint32_t)(at - json->text), .name = -1,
		.name_end = -1, .first = JSON_NONE, .next = JSON_NONE };
	return 0;
}

static const char *value(struct parser *, const char *at, int depth);

/* A member's name, from its quote to behind its colon. */
static const char *
name(struct parser *p, const char *at, struct json_value *named)
{
	const char *text = p->json->text;

	if (!is_at(p, at, '"'))
		return fail(p, at, "a member without a name");
	named->name = (int32_t)(at - text);
	if ((at = string(p, at, &named->name_escaped)) == NULL)
		return NULL;
	named->name_end = (int32_t)(at - text);
	at = space(p, at);
	return is_at(p, at, ':') ? at + 1 :
	    fail(p, at, "a name without a colon");
}

/* The members of an object or the elements of an array, from the bracket on. */
static const char *
children(struct parser *p, const char *at, json_node parent, char close,
    int depth)
{
	struct json *json = p->json;
	json_node last = JSON_NONE, child;
	struct json_value named, *added;

	at = space(p, at + 1);
	if (is_at(p, at, close))
		return at + 1;
	for (;; at = space(p, at + 1)) {
		if (close == '}' && (at = name(p, at, &named)) == NULL)
			return NULL;
		child = (json_node)json->count;
		if ((at = value(p, space(p, at), depth + 1)) == NULL)
			return NULL;
		if (close == '}') {
			added = &json->values[child];
			added->name = named.name;
			added->name_end = named.name_end;
			added->name_escaped = named.name_escaped;
		}
		if (last == JSON_NONE)
			json->values[parent].first = child;
		else
			json->values[last].next = child;
		last = child;
		at = space(p, at);
		if (is_at(p, at, close))
			return at + 1;
		if (!is_at(p, at, ','))
			return fail(p, at,
			    "a comma or a closing bracket missing");
	}
}

static const char *
scalar(struct parser *p, const char *at, struct json_value *v)
{
	switch (*at) {
	case '"':
		v->type = JSON_STRING;
		return string(p, at, &v->escaped);
	case 't':
		v->type = JSON_TRUE;
		return word(p, at, "true");
	case 'f':
		v->type = JSON_FALSE;
		return word(p, at, "false");
	case 'n':
		v->type = JSON_NULL;
		return word(p, at, "null");
	default:
		v->type = JSON_NUMBER;
		return *at == '-' || (*at >= '0' && *at <= '9') ?
		    number(p, at) : fail(p, at, "not a JSON value");
	}
}

static const char *
value(struct parser *p, const char *at, int depth)
{
	json_node node = (json_node)p->json->count;
	struct json_value *v;

	if (depth > JSON_DEPTH_MAX)
		return fail(p, at, "nested too deep");
	if (at == p->end)
		return fail(p, at, "it ends too early");
	if (add(p, at) == -1)
		return NULL;
	v = &p->json->values[node];
	if (*at == '{' || *at == '[') {
		v->type = *at == '{' ? JSON_OBJECT : JSON_ARRAY;
		at = children(p, at, node, *at == '{' ? '}' : ']', depth);
	} else
		at = scalar(p, at, v);
	if (at != NULL)
		/* The array of nodes may have moved. */
		p->json->values[node].end = (uint32_t)(at - p->json->text);
	return at;
}

int
json_parse(struct json *json, const char *text, size_t length,
    struct error *error)
{
	struct parser p = { .json = json, .end = text + length };
	const char *at;

	json->text = text;
	json->length = length;
	json->count = 0;
	if (length > JSON_TEXT_MAX)
		return error_set(error, EXIT_DATA,
		    "JSON of %zu bytes is over the ceiling of %zu", length,
		    JSON_TEXT_MAX);
	at = value(&p, space(&p, text), 0);
	if (at != NULL && (at = space(&p, at)) == p.end)
		return 0;
	if (at != NULL)
		fail(&p, at, "something follows the JSON value");
	json->count = 0;
	return error_set(error, p.memory ? EXIT_SYSTEM : EXIT_DATA,
	    "not valid JSON at byte %zu: %s", (size_t)(p.where - text) + 1,
	    p.why);
}

void
json_free(struct json *json)
{
	free(json->values);
	*json = (struct json){ 0 };
}

static const struct json_value *
get(const struct json *json, json_node node)
{
	return node >= 0 && (size_t)node < json->count ?
	    &json->values[node] : NULL;
}

enum json_type
json_type(const struct json *json, json_node node)
{
	const struct json_value *v = get(json, node);

	return v != NULL ? (enum json_type)v->type : JSON_INVALID;
}

json_node
json_first(const struct json *json, json_node node)
{
	const struct json_value *v = get(json, node);

	return v != NULL ? v->first : JSON_NONE;
}

json_node
json_next(const struct json *json, json_node node)
{
	const struct json_value *v = get(json, node);

	return v != NULL ? v->next : JSON_NONE;
}

size_t
json_count(const struct json *json, json_node node)
{
	size_t count = 0;

	for (node = json_first(json, node); node != JSON_NONE;
	    node = json_next(json, node))
		count++;
	return count;
}

static int
decode(const char *s, size_t n, struct buffer *out)
{
	size_t i = 0, start = 0;
	uint32_t point;
	char bytes[4];
	int low;

	while (i < n) {
		if (s[i] != '\\') {
			i++;
			continue;
		}
		buffer_append(out, s + start, i - start);
		switch (s[i + 1]) {
		case 'b': bytes[0] = '\b'; break;
		case 'f': bytes[0] = '\f'; break;
		case 'n': bytes[0] = '\n'; break;
		case 'r': bytes[0] = '\r'; break;
		case 't': bytes[0] = '\t'; break;
		default: bytes[0] = s[i + 1];
		}
		if (s[i + 1] != 'u') {
			buffer_append(out, bytes, 1);
			start = i += 2;
			continue;
		}
		point = (uint32_t)hex4(s + i + 2);
		i += 6;
		if (point >= 0xd800 && point < 0xdc00 && n - i >= 6 &&
		    s[i] == '\\' && s[i + 1] == 'u' &&
		    (low = hex4(s + i + 2)) >= 0xdc00 && low < 0xe000) {
			point = 0x10000 + ((point - 0xd800) << 10) +
			    ((uint32_t)low - 0xdc00);
			i += 6;
		} else if (point >= 0xd800 && point < 0xe000)
			point = 0xfffd;
		buffer_append(out, bytes, utf8_encode(point, bytes));
		start = i;
	}
	return buffer_append(out, s + start, i - start);
}

int
json_decode(const struct json *json, json_node node, struct buffer *out)
{
	const struct json_value *v = get(json, node);

	if (v == NULL || v->type != JSON_STRING)
		return 0;
	return decode(json->text + v->start + 1, v->end - v->start - 2, out);
}

int
json_decode_name(const struct json *json, json_node node, struct buffer *out)
{
	const struct json_value *v = get(json, node);

	if (v == NULL || v->name == -1)
		return 0;
	return decode(json->text + v->name + 1,
	    (size_t)(v->name_end - v->name - 2), out);
}

static bool
equals(const char *s, size_t n, bool escaped, const char *text)
{
	struct buffer out;
	bool same;

	if (!escaped)
		return strlen(text) == n && memcmp(s, text, n) == 0;
	buffer_init(&out, n);
	same = decode(s, n, &out) == 0 && out.length == strlen(text) &&
	    memcmp(buffer_text(&out), text, out.length) == 0;
	buffer_free(&out);
	return same;
}

bool
json_is(const struct json *json, json_node node, const char *text)
{
	const struct json_value *v = get(json, node);

	return v != NULL && v->type == JSON_STRING &&
	    equals(json->text + v->start + 1, v->end - v->start - 2,
	    v->escaped, text);
}

bool
json_named(const struct json *json, json_node node, const char *name)
{
	const struct json_value *v = get(json, node);

	return v != NULL && v->name != -1 &&
	    equals(json->text + v->name + 1,
	    (size_t)(v->name_end - v->name - 2), v->name_escaped, name);
}

json_node
json_member(const struct json *json, json_node object, const char *name)
{
	json_node node = json_type(json, object) == JSON_OBJECT ?
	    json->values[object].first : JSON_NONE;
	size_t length = strlen(name);
	const struct json_value *v;

	for (; node != JSON_NONE; node = v->next) {
		v = &json->values[node];
		if (v->name_escaped ? json_named(json, node, name) :
		    (size_t)(v->name_end - v->name) == length + 2 &&
		    memcmp(json->text + v->name + 1, name, length) == 0)
			break;
	}
	return node;
}

json_node
json_path(const struct json *json, const char *path)
{
	json_node node = 0;
	char name[128];
	size_t length;

	while (*path != '\0' && node != JSON_NONE) {
		length = strcspn(path, ".");
		if (length >= sizeof(name))
			return JSON_NONE;
		memcpy(name, path, length);
		name[length] = '\0';
		node = json_member(json, node, name);
		path += length + (path[length] == '.');
	}
	return node;
}

const char *
json_raw(const struct json *json, json_node node, size_t *length)
{
	const struct json_value *v = get(json, node);

	*length = v != NULL ? v->end - v->start : 0;
	return v != NULL ? json->text + v->start : "";
}

char *
json_dup(const struct json *json, json_node node)
{
	struct buffer out;
	const char *raw;
	size_t length;

	switch (json_type(json, node)) {
	case JSON_STRING:
		buffer_init(&out, JSON_TEXT_MAX);
		buffer_puts(&out, "");
		if (json_decode(json, node, &out) == -1) {
			buffer_free(&out);
			return NULL;
		}
		return out.data;
	case JSON_NUMBER:
	case JSON_TRUE:
	case JSON_FALSE:
		raw = json_raw(json, node, &length);
		return strndup(raw, length);
	default:
		return NULL;
	}
}

bool
json_integer(const struct json *json, json_node node, int64_t *out)
{
	char digits_text[32], *end;
	const char *raw;
	size_t length;
	long long result;

	raw = json_raw(json, node, &length);
	if (json_type(json, node) != JSON_NUMBER ||
	    length >= sizeof(digits_text))
		return false;
	memcpy(digits_text, raw, length);
	digits_text[length] = '\0';
	errno = 0;
	result = strtoll(digits_text, &end, 10);
	if (*end != '\0' || errno != 0)
		return false;
	*out = result;
	return true;
}
