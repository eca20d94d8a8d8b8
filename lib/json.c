/* SPDX-License-Identifier: MIT */
#include "json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

struct parser {
	struct json *json;
	size_t at;
	const char *why;
	bool memory;
};

static json_node
add(struct parser *p, enum json_type type)
{
	struct json *json = p->json;
	struct json_value *values;
	size_t capacity;

	if (json->count == json->capacity) {
		capacity = json->capacity > 0 ? json->capacity * 2 : 64;
		values = realloc(json->values, capacity * sizeof(*values));
		if (values == NULL) {
			p->memory = true;
			p->why = "out of memory";
			return JSON_NONE;
		}
		json->values = values;
		json->capacity = capacity;
	}
	json->values[json->count] = (struct json_value){
		.start = (uint32_t)p->at, .name = -1, .name_end = -1,
		.first = JSON_NONE, .next = JSON_NONE, .type = (uint8_t)type,
	};
	return (json_node)json->count++;
}

static int
fail(struct parser *p, const char *why)
{
	p->why = why;
	return -1;
}

static int
peek(const struct parser *p)
{
	return p->at < p->json->length ?
	    (unsigned char)p->json->text[p->at] : -1;
}

static void
space(struct parser *p)
{
	int c;

	while ((c = peek(p)) == ' ' || c == '\n' || c == '\r' || c == '\t')
		p->at++;
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
static int
string(struct parser *p, bool *escaped)
{
	const char *text = p->json->text;
	size_t step;
	int c, unit;

	*escaped = false;
	p->at++;
	for (;;) {
		if ((c = peek(p)) == -1)
			return fail(p, "a string has no end");
		if (c == '"') {
			p->at++;
			return 0;
		}
		if (c < 0x20)
			return fail(p, "a control character in a string");
		if (c == '\\') {
			*escaped = true;
			p->at++;
			c = peek(p);
			if (c == 'u') {
				if (p->json->length - p->at < 5 ||
				    (unit = hex4(text + p->at + 1)) == -1)
					return fail(p, "a bad \\u escape");
				p->at += 5;
			} else if (c > 0 && strchr("\"\\/bfnrt", c) != NULL)
				p->at++;
			else
				return fail(p, "a bad escape");
		} else if (c < 0x80)
			p->at++;
		else if ((step = utf8_step(text + p->at,
		    p->json->length - p->at)) > 0)
			p->at += step;
		else
			return fail(p, "bytes that are not UTF-8");
	}
}

static int
digits(struct parser *p)
{
	size_t start = p->at;
	int c;

	while ((c = peek(p)) >= '0' && c <= '9')
		p->at++;
	return p->at > start ? 0 : fail(p, "a bad number");
}

static int
number(struct parser *p)
{
	if (peek(p) == '-')
		p->at++;
	if (peek(p) == '0')
		p->at++;
	else if (digits(p) == -1)
		return -1;
	if (peek(p) == '.') {
		p->at++;
		if (digits(p) == -1)
			return -1;
	}
	if (peek(p) == 'e' || peek(p) == 'E') {
		p->at++;
		if (peek(p) == '+' || peek(p) == '-')
			p->at++;
		if (digits(p) == -1)
			return -1;
	}
	return 0;
}

static int
word(struct parser *p, const char *expected)
{
	size_t length = strlen(expected);

	if (p->json->length - p->at < length ||
	    memcmp(p->json->text + p->at, expected, length) != 0)
		return fail(p, "not a JSON value");
	p->at += length;
	return 0;
}

static json_node value(struct parser *, int depth);

/* The members of an object or the elements of an array, from the bracket on. */
static int
children(struct parser *p, json_node parent, char close, int depth)
{
	json_node last = JSON_NONE, child;
	size_t name, name_end;
	bool escaped = false;

	p->at++;
	space(p);
	if (peek(p) == close) {
		p->at++;
		return 0;
	}
	for (;;) {
		name = name_end = 0;
		space(p);
		if (close == '}') {
			if (peek(p) != '"')
				return fail(p, "a member without a name");
			name = p->at;
			if (string(p, &escaped) == -1)
				return -1;
			name_end = p->at;
			space(p);
			if (peek(p) != ':')
				return fail(p, "a name without a colon");
			p->at++;
		}
		if ((child = value(p, depth + 1)) == JSON_NONE)
			return -1;
		if (close == '}') {
			p->json->values[child].name = (int32_t)name;
			p->json->values[child].name_end = (int32_t)name_end;
			p->json->values[child].name_escaped = escaped;
		}
		if (last == JSON_NONE)
			p->json->values[parent].first = child;
		else
			p->json->values[last].next = child;
		last = child;
		space(p);
		if (peek(p) == close) {
			p->at++;
			return 0;
		}
		if (peek(p) != ',')
			return fail(p, "a comma or a closing bracket missing");
		p->at++;
	}
}

static json_node
value(struct parser *p, int depth)
{
	json_node node;
	bool escaped = false;
	int c, rc;

	if (depth > JSON_DEPTH_MAX) {
		fail(p, "nested too deep");
		return JSON_NONE;
	}
	space(p);
	c = peek(p);
	if ((node = add(p, JSON_INVALID)) == JSON_NONE)
		return JSON_NONE;
	switch (c) {
	case '{':
		p->json->values[node].type = JSON_OBJECT;
		rc = children(p, node, '}', depth);
		break;
	case '[':
		p->json->values[node].type = JSON_ARRAY;
		rc = children(p, node, ']', depth);
		break;
	case '"':
		p->json->values[node].type = JSON_STRING;
		rc = string(p, &escaped);
		p->json->values[node].escaped = escaped;
		break;
	case 't':
		p->json->values[node].type = JSON_TRUE;
		rc = word(p, "true");
		break;
	case 'f':
		p->json->values[node].type = JSON_FALSE;
		rc = word(p, "false");
		break;
	case 'n':
		p->json->values[node].type = JSON_NULL;
		rc = word(p, "null");
		break;
	default:
		p->json->values[node].type = JSON_NUMBER;
		rc = c == '-' || (c >= '0' && c <= '9') ?
		    number(p) : fail(p, c == -1 ? "it ends too early" :
		    "not a JSON value");
	}
	if (rc == -1)
		return JSON_NONE;
	p->json->values[node].end = (uint32_t)p->at;
	return node;
}

int
json_parse(struct json *json, const char *text, size_t length,
    struct error *error)
{
	struct parser p = { .json = json };

	json->text = text;
	json->length = length;
	json->count = 0;
	if (length > JSON_TEXT_MAX)
		return error_set(error, EXIT_DATA,
		    "JSON of %zu bytes is over the ceiling of %zu", length,
		    JSON_TEXT_MAX);
	if (value(&p, 0) != JSON_NONE) {
		space(&p);
		if (p.at < length)
			p.why = "something follows the JSON value";
	}
	if (p.why == NULL)
		return 0;
	json->count = 0;
	return error_set(error, p.memory ? EXIT_SYSTEM : EXIT_DATA,
	    "not valid JSON at byte %zu: %s", p.at + 1, p.why);
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
	json_node node = JSON_NONE;

	if (json_type(json, object) == JSON_OBJECT)
		for (node = json_first(json, object);
		    node != JSON_NONE && !json_named(json, node, name);
		    node = json_next(json, node))
			;
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
