/* SPDX-License-Identifier: MIT */
#include "transform/blockkit_rule.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "utf8.h"

void
rule_violation(struct check *check, const char *format, ...)
{
	char message[256];
	va_list ap;

	va_start(ap, format);
	vsnprintf(message, sizeof(message), format, ap);
	va_end(ap);
	check->violations++;
	check->report(check->context, buffer_text(&check->pointer), message);
}

size_t
rule_enter(struct check *check, const char *name)
{
	size_t length = check->pointer.length;

	buffer_printf(&check->pointer, "/%s", name);
	return length;
}

size_t
rule_enter_index(struct check *check, size_t index)
{
	size_t length = check->pointer.length;

	buffer_printf(&check->pointer, "/%zu", index);
	return length;
}

void
rule_leave(struct check *check, size_t length)
{
	check->pointer.length = length;
	check->pointer.data[length] = '\0';
}

static size_t
characters(struct check *check, json_node node)
{
	buffer_clear(&check->scratch);
	json_decode(check->json, node, &check->scratch);
	return utf8_length(buffer_text(&check->scratch),
	    check->scratch.length);
}

/* What the string that was looked at last takes beyond its characters when
 * Slack keeps it with & < > as entities. */
static size_t
entities(const struct check *check)
{
	const char *text = buffer_text(&check->scratch);
	size_t i, more = 0;

	for (i = 0; i < check->scratch.length; i++)
		more += text[i] == '&' ? 4 :
		    text[i] == '<' || text[i] == '>' ? 3 : 0;
	return more;
}

size_t
rule_string(struct check *check, json_node object, const char *name,
    size_t low, size_t high, bool required)
{
	json_node node = json_member(check->json, object, name);
	size_t at, count = 0;

	if (node == JSON_NONE && !required)
		return 0;
	at = rule_enter(check, name);
	if (node == JSON_NONE)
		rule_violation(check, "missing required field: %s", name);
	else if (json_type(check->json, node) != JSON_STRING)
		rule_violation(check, "must be a string");
	else if ((count = characters(check, node)) < low)
		rule_violation(check, "must be more than %zu characters",
		    low - 1);
	else if (count > high)
		rule_violation(check, "must be less than %zu characters",
		    high + 1);
	rule_leave(check, at);
	return count;
}

void
rule_literal(struct check *check, json_node object, const char *name,
    size_t high, bool required)
{
	size_t count;

	buffer_clear(&check->scratch);
	count = rule_string(check, object, name, 1, high, required);
	check->plain += count;
	check->characters += count + entities(check);
}

void
rule_text_body(struct check *check, json_node node, size_t high,
    enum wants wants)
{
	const struct json *json = check->json;
	json_node type = json_member(json, node, "type");

	if (json_type(json, node) != JSON_OBJECT) {
		rule_violation(check, "must be an object");
		return;
	}
	if (!json_is(json, type, "plain_text") &&
	    (wants == PLAIN_TEXT || !json_is(json, type, "mrkdwn")))
		rule_violation(check, wants == PLAIN_TEXT ?
		    "must be a plain_text object" :
		    "unsupported type of a text object");
	if (json_member(json, node, "emoji") != JSON_NONE &&
	    !json_is(json, type, "plain_text"))
		rule_violation(check, "emoji goes with plain_text alone");
	if (json_member(json, node, "verbatim") != JSON_NONE &&
	    !json_is(json, type, "mrkdwn"))
		rule_violation(check, "verbatim goes with mrkdwn alone");
	if (json_is(json, type, "mrkdwn"))
		check->characters += rule_string(check, node, "text", 1, high,
		    true);
	else
		rule_literal(check, node, "text", high, true);
}

void
rule_text(struct check *check, json_node object, const char *name, size_t high,
    enum wants wants, bool required)
{
	json_node node = json_member(check->json, object, name);
	size_t at;

	if (node == JSON_NONE && !required)
		return;
	at = rule_enter(check, name);
	if (node == JSON_NONE)
		rule_violation(check, "missing required field: %s", name);
	else
		rule_text_body(check, node, high, wants);
	rule_leave(check, at);
}

void
rule_array(struct check *check, json_node object, const char *name,
    size_t low, size_t high, void (*visit)(struct check *, json_node))
{
	json_node node = json_member(check->json, object, name), child;
	size_t count = json_count(check->json, node), inner, i = 0;
	size_t at = rule_enter(check, name);

	if (json_type(check->json, node) != JSON_ARRAY)
		rule_violation(check, "missing required field: %s", name);
	else if (count < low)
		rule_violation(check, "no fewer than %zu items allowed", low);
	else if (count > high)
		rule_violation(check, "no more than %zu items allowed", high);
	for (child = json_first(check->json, node); child != JSON_NONE;
	    child = json_next(check->json, child)) {
		inner = rule_enter_index(check, i++);
		visit(check, child);
		rule_leave(check, inner);
	}
	rule_leave(check, at);
}

void
rule_unique(struct check *check, json_node object, const char *name,
    size_t high, const char *member)
{
	const struct json *json = check->json;
	json_node array_node = json_member(json, object, name), one, other;
	size_t at = rule_enter(check, name), inner, i = 0;
	char *text;

	one = json_count(json, array_node) <= high ?
	    json_first(json, array_node) : JSON_NONE;
	for (; one != JSON_NONE; one = json_next(json, one), i++) {
		text = json_dup(json, json_member(json, one, member));
		if (text == NULL)
			continue;
		for (other = json_next(json, one); other != JSON_NONE;
		    other = json_next(json, other))
			if (json_is(json, json_member(json, other, member),
			    text)) {
				inner = rule_enter_index(check, i);
				rule_violation(check, "%s must be unique",
				    member);
				rule_leave(check, inner);
			}
		free(text);
	}
	rule_leave(check, at);
}

void
rule_nothing(struct check *check, json_node block)
{
	(void)check;
	(void)block;
}

const struct kind *
rule_kind(const struct check *check, json_node node, const struct kind *kinds)
{
	json_node type = json_member(check->json, node, "type");

	for (; kinds->type != NULL; kinds++)
		if (json_is(check->json, type, kinds->type))
			return kinds;
	return NULL;
}
