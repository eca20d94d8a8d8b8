/* SPDX-License-Identifier: MIT */
#include "transform/blockkit_rule.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void tell(struct check *, struct blockkit_violation *, const char *,
    va_list) __attribute__((format(printf, 3, 0)));

static void
tell(struct check *check, struct blockkit_violation *violation,
    const char *format, va_list ap)
{
	char message[256], pointer[512];
	size_t i, length = 0;

	if (check->report == NULL)
		return;
	pointer[0] = '\0';
	for (i = 0; i < check->depth && i < RULE_DEPTH_MAX &&
	    length < sizeof(pointer); i++)
		if (check->path[i].name != NULL)
			length += (size_t)snprintf(pointer + length,
			    sizeof(pointer) - length, "/%s",
			    check->path[i].name);
		else
			length += (size_t)snprintf(pointer + length,
			    sizeof(pointer) - length, "/%zu",
			    check->path[i].index);
	vsnprintf(message, sizeof(message), format, ap);
	violation->pointer = pointer;
	violation->message = message;
	check->report(check->context, violation);
}

void
rule_violation(struct check *check, const char *format, ...)
{
	struct blockkit_violation violation = { .fault = BLOCKKIT_WRONG,
		.node = JSON_NONE };
	va_list ap;

	check->violations++;
	va_start(ap, format);
	tell(check, &violation, format, ap);
	va_end(ap);
}

void
rule_tell(struct check *check, enum blockkit_fault fault, json_node node,
    size_t limit, const char *format, ...)
{
	struct blockkit_violation violation = { .fault = fault, .node = node,
		.limit = limit };
	va_list ap;

	check->violations += fault != BLOCKKIT_WARNING;
	va_start(ap, format);
	tell(check, &violation, format, ap);
	va_end(ap);
}

void
rule_enter(struct check *check, const char *name)
{
	if (check->depth < RULE_DEPTH_MAX)
		check->path[check->depth].name = name;
	check->depth++;
}

void
rule_enter_index(struct check *check, size_t index)
{
	if (check->depth < RULE_DEPTH_MAX) {
		check->path[check->depth].name = NULL;
		check->path[check->depth].index = index;
	}
	check->depth++;
}

void
rule_leave(struct check *check)
{
	check->depth--;
}

/* The code point of the \u escape at s, and how many bytes it takes. */
static uint32_t
escape(const char *s, size_t n, size_t *step)
{
	char digits[5] = { s[2], s[3], s[4], s[5], '\0' };
	uint32_t point = (uint32_t)strtoul(digits, NULL, 16), low;

	*step = 6;
	if (point < 0xd800 || point > 0xdbff || n < 12 || s[6] != '\\' ||
	    s[7] != 'u')
		return point;
	memcpy(digits, s + 8, 4);
	low = (uint32_t)strtoul(digits, NULL, 16);
	if (low < 0xdc00 || low > 0xdfff)
		return point;
	*step = 12;
	return 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
}

struct blockkit_size
blockkit_measure(const struct json *json, json_node node)
{
	const struct json_value *value = &json->values[node];
	const char *s = json->text + value->start + 1;
	size_t n = value->end - value->start - 2, i, step;
	struct blockkit_size size = { 0, 0, 0 };
	unsigned char c;
	uint32_t point;

	for (i = 0; i < n; i += step) {
		c = (unsigned char)s[i];
		step = 1;
		if (c == '\\') {
			point = 'x';
			step = 2;
			if (s[i + 1] == 'u')
				point = escape(s + i, n - i, &step);
			size.wide += point > 0xffff;
			c = point < 0x80 ? (unsigned char)point : 'x';
		}
		size.points += (c & 0xc0) != 0x80;
		size.wide += c >= 0xf0;
		size.entities += c == '&' ? 4 : c == '<' || c == '>' ? 3 : 0;
	}
	return size;
}

/* What a URL begins with decides what a click on it does. */
static void
check_url(struct check *check, json_node node, unsigned what)
{
	static const char *const schemes[] = { "https://", "http://",
		"mailto:" };
	size_t length, i, last = (what & WEB_URL) != 0 ? 2 : 3;
	const char *raw = json_raw(check->json, node, &length);

	for (i = 0; i < last; i++)
		if (length - 2 > strlen(schemes[i]) &&
		    strncasecmp(raw + 1, schemes[i], strlen(schemes[i])) == 0)
			break;
	if (i == last)
		rule_tell(check, BLOCKKIT_UNSAFE, node, 0, last == 2 ?
		    "must be a URL that begins with https:// or http://" :
		    "must be a URL that begins with https://, http:// or "
		    "mailto:");
	else if (memchr(raw, ' ', length) != NULL)
		rule_tell(check, BLOCKKIT_UNSAFE, node, 0,
		    "must be a URL, without spaces");
}

static void
count_string(struct check *check, json_node node,
    const struct blockkit_size *size, unsigned what)
{
	if ((what & (MRKDWN | LITERAL)) == 0)
		return;
	check->characters += size->points;
	if ((what & LITERAL) != 0) {
		check->characters += size->entities;
		check->plain += size->points;
	}
	if (size->points > check->heaviest.length && (what & LINK_URL) == 0) {
		check->heaviest.length = size->points;
		check->heaviest.longest = node;
		check->heaviest.mrkdwn = (what & MRKDWN) != 0;
	}
}

static void
check_length(struct check *check, json_node node,
    const struct blockkit_size *size, size_t high, unsigned what)
{
	enum blockkit_fault fault = (what & MRKDWN) != 0 ?
	    BLOCKKIT_LONG_MRKDWN : (what & (WORDS | LITERAL)) != 0 ?
	    BLOCKKIT_LONG : BLOCKKIT_WRONG;

	if (size->points == 0 && (what & MAY_BE_EMPTY) == 0)
		rule_violation(check, "must be more than 0 characters");
	else if (size->points > high)
		rule_tell(check, fault, node, high,
		    "must be less than %zu characters", high + 1);
	else if (size->points + size->wide > high)
		rule_tell(check, BLOCKKIT_WARNING, node, high, "has %zu "
		    "characters, which UTF-16 counts as %zu; the limit is %zu",
		    size->points, size->points + size->wide, high);
}

size_t
rule_string(struct check *check, json_node object, const char *name,
    size_t high, unsigned what)
{
	json_node node = json_member(check->json, object, name);
	struct blockkit_size size = { 0, 0, 0 };

	if (node == JSON_NONE && (what & REQUIRED) == 0)
		return 0;
	rule_enter(check, name);
	if (node == JSON_NONE)
		rule_violation(check, "missing required field: %s", name);
	else if (json_type(check->json, node) != JSON_STRING)
		rule_violation(check, "must be a string");
	else {
		size = blockkit_measure(check->json, node);
		count_string(check, node, &size, what);
		check_length(check, node, &size, high, what);
		if (size.points > 0 && (what & (WEB_URL | LINK_URL)) != 0)
			check_url(check, node, what);
	}
	rule_leave(check);
	return size.points;
}

void
rule_optional(struct check *check, json_node object, const char *name,
    size_t high, unsigned what)
{
	json_node node = json_member(check->json, object, name);

	if (json_type(check->json, node) != JSON_NULL)
		rule_string(check, object, name, high, what | MAY_BE_EMPTY);
}

void
rule_choice(struct check *check, json_node object, const char *name,
    const char *const *list, unsigned what)
{
	json_node node = json_member(check->json, object, name);
	char words[160] = "";
	size_t length = 0, i;

	if (node == JSON_NONE && (what & REQUIRED) == 0)
		return;
	for (i = 0; list[i] != NULL; i++)
		if (json_is(check->json, node, list[i]))
			return;
	for (i = 0; list[i] != NULL; i++)
		length += (size_t)snprintf(words + length,
		    sizeof(words) - length, "%s%s", i == 0 ? "" :
		    list[i + 1] == NULL ? " or " : ", ", list[i]);
	rule_enter(check, name);
	rule_violation(check, "must be %s", words);
	rule_leave(check);
}

void
rule_integer(struct check *check, json_node object, const char *name,
    int64_t low, int64_t high)
{
	json_node node = json_member(check->json, object, name);
	int64_t value;

	if (node == JSON_NONE)
		return;
	rule_enter(check, name);
	if (!json_integer(check->json, node, &value) || value < low ||
	    value > high)
		rule_violation(check, high == INT64_MAX ?
		    "must be a whole number from %lld" :
		    "must be a whole number from %lld to %lld",
		    (long long)low, (long long)high);
	rule_leave(check);
}

void
rule_text_body(struct check *check, json_node node, size_t high, unsigned what)
{
	const struct json *json = check->json;
	json_node type = json_member(json, node, "type");
	bool plain, mrkdwn;

	if (json_type(json, node) != JSON_OBJECT) {
		rule_violation(check, "must be an object");
		return;
	}
	plain = json_is(json, type, "plain_text");
	mrkdwn = !plain && json_is(json, type, "mrkdwn");
	if (!plain && ((what & PLAIN_TEXT) != 0 || !mrkdwn))
		rule_violation(check, (what & PLAIN_TEXT) != 0 ?
		    "must be a plain_text object" :
		    "unsupported type of a text object");
	if (!plain && rule_has(check, node, "emoji"))
		rule_violation(check, "emoji goes with plain_text alone");
	if (!mrkdwn && rule_has(check, node, "verbatim"))
		rule_violation(check, "verbatim goes with mrkdwn alone");
	rule_string(check, node, "text", high, REQUIRED |
	    (mrkdwn ? MRKDWN : LITERAL));
}

void
rule_text(struct check *check, json_node object, const char *name, size_t high,
    unsigned what)
{
	json_node node = json_member(check->json, object, name);

	if (node == JSON_NONE && (what & REQUIRED) == 0)
		return;
	rule_enter(check, name);
	if (node == JSON_NONE)
		rule_violation(check, "missing required field: %s", name);
	else
		rule_text_body(check, node, high, what);
	rule_leave(check);
}

void
rule_array_body(struct check *check, json_node node, size_t low, size_t high,
    void (*visit)(struct check *, json_node))
{
	json_node child;
	size_t count = 0;

	if (json_type(check->json, node) != JSON_ARRAY) {
		rule_violation(check, "must be an array");
		return;
	}
	for (child = json_first(check->json, node); child != JSON_NONE;
	    child = json_next(check->json, child)) {
		rule_enter_index(check, count++);
		visit(check, child);
		rule_leave(check);
	}
	if (count < low)
		rule_violation(check, "no fewer than %zu items allowed", low);
	else if (count > high)
		rule_tell(check, BLOCKKIT_MANY, node, high,
		    "no more than %zu items allowed", high);
}

void
rule_array(struct check *check, json_node object, const char *name,
    size_t low, size_t high, void (*visit)(struct check *, json_node))
{
	json_node node = json_member(check->json, object, name);

	rule_enter(check, name);
	if (node == JSON_NONE)
		rule_violation(check, "missing required field: %s", name);
	else
		rule_array_body(check, node, low, high, visit);
	rule_leave(check);
}

bool
rule_same(const struct json *json, json_node one, json_node other)
{
	size_t length, other_length;
	const char *text = json_raw(json, one, &length);
	const char *other_text = json_raw(json, other, &other_length);
	char *decoded;
	bool same;

	if (!json->values[one].escaped && !json->values[other].escaped)
		return length == other_length &&
		    memcmp(text, other_text, length) == 0;
	decoded = json_dup(json, one);
	same = decoded != NULL && json_is(json, other, decoded);
	free(decoded);
	return same;
}

void
rule_unique(struct check *check, json_node object, const char *name,
    size_t high)
{
	const struct json *json = check->json;
	json_node array = json_member(json, object, name), child, ids[100];
	size_t count = 0, index = 0, i;

	if (json_count(json, array) > high)
		return;
	rule_enter(check, name);
	for (child = json_first(json, array); child != JSON_NONE;
	    child = json_next(json, child), index++) {
		ids[count] = json_member(json, child, "action_id");
		if (json_type(json, ids[count]) != JSON_STRING)
			continue;
		for (i = 0; i < count; i++)
			if (rule_same(json, ids[i], ids[count])) {
				rule_enter_index(check, index);
				rule_enter(check, "action_id");
				rule_violation(check,
				    "must be unique in its block");
				rule_leave(check);
				rule_leave(check);
				break;
			}
		count++;
	}
	rule_leave(check);
}

bool
rule_has(const struct check *check, json_node object, const char *name)
{
	return json_member(check->json, object, name) != JSON_NONE;
}

void
rule_member(struct check *check, json_node object, const char *name,
    void (*visit)(struct check *, json_node))
{
	json_node node = json_member(check->json, object, name);

	if (node == JSON_NONE)
		return;
	rule_enter(check, name);
	if (json_type(check->json, node) == JSON_OBJECT)
		visit(check, node);
	else
		rule_violation(check, "must be an object");
	rule_leave(check);
}

void
rule_nothing(struct check *check, json_node node)
{
	(void)check;
	(void)node;
}

const struct kind *
rule_kind(const struct check *check, json_node node, const struct kind *kinds)
{
	json_node type = json_member(check->json, node, "type");

	if (json_type(check->json, type) != JSON_STRING)
		return NULL;
	for (; kinds->type != NULL; kinds++)
		if (json_is(check->json, type, kinds->type))
			return kinds;
	return NULL;
}
