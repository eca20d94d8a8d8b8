/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "clock.h"
#include "sandbox/query_state.h"

struct parser {
	struct query *query;
	const struct kind *kind;
	const bool *barred;
	const char *at;
	char *error;
	int depth;
};

static int
refuse(struct parser *parser, const char *what)
{
	if (parser->error[0] == '\0')
		snprintf(parser->error, QUERY_ERROR, "The q parameter isn't "
		    "valid: %s at \"%.60s\".", what, parser->at);
	return -1;
}

static void
skip_space(struct parser *parser)
{
	while (isspace((unsigned char)*parser->at))
		parser->at++;
}

static bool
is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static bool
take_word(struct parser *parser, const char *word)
{
	size_t length = strlen(word);

	skip_space(parser);
	if (strncasecmp(parser->at, word, length) != 0 ||
	    is_word(parser->at[length]))
		return false;
	parser->at += length;
	return true;
}

static bool
take_mark(struct parser *parser, const char *mark)
{
	skip_space(parser);
	if (strncmp(parser->at, mark, strlen(mark)) != 0)
		return false;
	parser->at += strlen(mark);
	return true;
}

static int
node_add(struct parser *parser, struct node node)
{
	struct query *query = parser->query;

	if (query->node_count == QUERY_NODES_MAX)
		return refuse(parser, "too many conditions");
	query->nodes[query->node_count] = node;
	return (int)query->node_count++;
}

static int
attribute(struct parser *parser)
{
	size_t length = 0;
	int found;

	skip_space(parser);
	while (is_word(parser->at[length]))
		length++;
	found = length == 0 ? -1 : kind_attribute(parser->kind, parser->at,
	    length);
	if (found == -1)
		return refuse(parser, "an unknown attribute");
	if (parser->barred != NULL && parser->barred[found])
		return refuse(parser, "an attribute that isn't queryable");
	parser->at += length;
	return found;
}

static int
operator(struct parser *parser)
{
	static const struct {
		const char *mark;
		enum operator operator;
	} marks[] = { { "<=", LESS_EQUAL }, { ">=", MORE_EQUAL },
	    { "<>", UNEQUAL }, { "!=", UNEQUAL }, { "=", EQUAL },
	    { "<", LESS }, { ">", MORE } };

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (take_mark(parser, marks[i].mark))
			return (int)marks[i].operator;
	if (take_word(parser, "like"))
		return LIKE;
	if (take_word(parser, "in"))
		return IN;
	return refuse(parser, "an operator is missing");
}

/* Keep a literal; a time attribute wants a time. */
static int
literal_add(struct parser *parser, const char *text, size_t length,
    char quote, const struct node *node)
{
	struct query *query = parser->query;
	char *copy = query->pool + query->pool_used;
	size_t used = 0;
	int64_t ms;

	if (query->literal_count == QUERY_LITERALS_MAX)
		return refuse(parser, "too many literals");
	for (size_t i = 0; i < length; i++) {
		copy[used++] = text[i];
		if (quote != '\0' && text[i] == quote)
			i++; /* a doubled quote */
	}
	copy[used] = '\0';
	query->pool_used += used + 1;
	if (node->operator != LIKE && kind_is_stamp(parser->kind,
	    parser->kind->attributes[node->attribute]) &&
	    clock_parse(copy, &ms) == -1)
		return refuse(parser, "a literal that isn't a time");
	value_literal(&query->literals[query->literal_count++], copy);
	return 0;
}

static int
quoted(struct parser *parser, char quote, const struct node *node)
{
	const char *start = ++parser->at, *end = start;

	for (;; end++) {
		if (*end == '\0')
			return refuse(parser, "a quote isn't closed");
		if (*end != quote)
			continue;
		if (end[1] != quote)
			break;
		end++;
	}
	if (literal_add(parser, start, (size_t)(end - start), quote,
	    node) == -1)
		return -1;
	parser->at = end + 1;
	return 0;
}

static int
literal(struct parser *parser, const struct node *node)
{
	static const char *const words[] = { "true", "false" };
	size_t length;

	skip_space(parser);
	if (*parser->at == '\'')
		return quoted(parser, '\'', node);
	for (size_t i = 0; i < 2; i++)
		if (take_word(parser, words[i]))
			return literal_add(parser, words[i],
			    strlen(words[i]), '\0', node);
	length = parser->at[0] == '-';
	length += strspn(parser->at + length, "0123456789.");
	if (length == 0 || is_word(parser->at[length]) ||
	    !isdigit((unsigned char)parser->at[length - 1]))
		return refuse(parser, "a literal must be a number or stand in "
		    "single quotes");
	if (literal_add(parser, parser->at, length, '\0', node) == -1)
		return -1;
	parser->at += length;
	return 0;
}

static int
comparison(struct parser *parser)
{
	struct query *query = parser->query;
	struct node node = { .type = COMPARE };
	int found;

	node.attribute = attribute(parser);
	if (node.attribute == -1)
		return -1;
	found = operator(parser);
	if (found == -1)
		return -1;
	node.operator = (enum operator)found;
	node.literal = query->literal_count;
	if (node.operator == IN) {
		if (!take_mark(parser, "("))
			return refuse(parser, "'(' is missing");
		do {
			if (literal(parser, &node) == -1)
				return -1;
		} while (take_mark(parser, ","));
		if (!take_mark(parser, ")"))
			return refuse(parser, "')' is missing");
	} else if (literal(parser, &node) == -1)
		return -1;
	node.literal_count = query->literal_count - node.literal;
	return node_add(parser, node);
}

static int expression(struct parser *parser);

static int
factor(struct parser *parser)
{
	int inner;

	if (!take_mark(parser, "("))
		return comparison(parser);
	if (++parser->depth > QUERY_DEPTH_MAX)
		return refuse(parser, "too many parentheses");
	inner = expression(parser);
	parser->depth--;
	if (inner != -1 && !take_mark(parser, ")"))
		return refuse(parser, "')' is missing");
	return inner;
}

static int
term(struct parser *parser)
{
	struct node node = { .type = AND };
	int left = factor(parser);

	while (left != -1 && take_word(parser, "and")) {
		node.left = left;
		node.right = factor(parser);
		left = node.right == -1 ? -1 : node_add(parser, node);
	}
	return left;
}

static int
expression(struct parser *parser)
{
	struct node node = { .type = OR };
	int left = term(parser);

	while (left != -1 && take_word(parser, "or")) {
		node.left = left;
		node.right = term(parser);
		left = node.right == -1 ? -1 : node_add(parser, node);
	}
	return left;
}

/* Does an "and <operator>" or "or <operator>" stand here? */
static bool
continues(const char *at)
{
	if (!isspace((unsigned char)*at))
		return false;
	while (isspace((unsigned char)*at))
		at++;
	if (strncasecmp(at, "and", 3) == 0)
		at += 3;
	else if (strncasecmp(at, "or", 2) == 0)
		at += 2;
	else
		return false;
	while (isspace((unsigned char)*at))
		at++;
	return *at != '\0' && strchr("<>=!", *at) != NULL;
}

static int
example_value(struct parser *parser, int attribute_index)
{
	struct node node = { .type = COMPARE, .attribute = attribute_index,
	    .literal = parser->query->literal_count, .literal_count = 1 };
	const char *start;
	int found = operator(parser);

	if (found == -1 || found == IN)
		return found == IN ? refuse(parser, "no in at version 1") : -1;
	node.operator = (enum operator)found;
	skip_space(parser);
	if (*parser->at == '\'' || *parser->at == '"') {
		if (quoted(parser, *parser->at, &node) == -1)
			return -1;
		return node_add(parser, node);
	}
	start = parser->at;
	while (*parser->at != '\0' && *parser->at != ';' &&
	    !continues(parser->at))
		parser->at++;
	if (literal_add(parser, start, (size_t)(parser->at - start), '\0',
	    &node) == -1)
		return -1;
	return node_add(parser, node);
}

/* Version 1: Attr op value [and op value] ; Attr op value ... */
static int
example(struct parser *parser)
{
	struct node join = { .type = AND };
	int whole = -1, part, about;

	do {
		about = attribute(parser);
		part = about == -1 ? -1 : example_value(parser, about);
		while (part != -1 && continues(parser->at)) {
			join.type = take_word(parser, "and") ? AND : OR;
			if (join.type == OR)
				take_word(parser, "or");
			join.left = part;
			join.right = example_value(parser, about);
			part = join.right == -1 ? -1 : node_add(parser, join);
		}
		if (part == -1)
			return -1;
		join.type = AND;
		join.left = whole;
		join.right = part;
		whole = whole == -1 ? part : node_add(parser, join);
	} while (whole != -1 && take_mark(parser, ";"));
	return whole;
}

struct query *
query_parse(const char *text, int version, const struct kind *kind,
    const bool *barred, char error[QUERY_ERROR])
{
	struct query *query = calloc(1, sizeof(*query));
	struct parser parser = { .query = query, .kind = kind,
	    .barred = barred, .at = text, .error = error };

	error[0] = '\0';
	if (query == NULL || (query->pool = malloc(strlen(text) * 2 + 1)) ==
	    NULL) {
		snprintf(error, QUERY_ERROR, "out of memory");
		free(query);
		return NULL;
	}
	query->root = version == 1 ? example(&parser) : expression(&parser);
	skip_space(&parser);
	if (query->root != -1 && *parser.at != '\0')
		query->root = refuse(&parser, "something is left over");
	if (query->root == -1) {
		query_free(query);
		return NULL;
	}
	return query;
}

void
query_free(struct query *query)
{
	if (query == NULL)
		return;
	free(query->pool);
	free(query);
}
