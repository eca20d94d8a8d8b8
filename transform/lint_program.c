/* SPDX-License-Identifier: MIT */
#include "transform/lint_program.h"

#include <ctype.h>
#include <string.h>

#include "transform/lint_harm.h"

#define DEPTH_MAX 256

/* What is open around a place. */
enum level {
	PLAIN,   /* ( { or an index's [ */
	COLLECT, /* an array's [, or the ( of a function that collects */
	STRING,
	MEMBER   /* a string behind a dot */
};

struct scan {
	const char *text;
	size_t length, at, line;
	enum level levels[DEPTH_MAX];
	size_t depth;
	const char *word; /* the last one, if nothing stands behind it */
	size_t word_length;
	char before;  /* the last character that isn't white space */
	bool access;  /* the last thing is .name or .[index] */
	bool reduces; /* between reduce and as */
	size_t count, first;
};

static bool
is_one_of(const char *word, size_t length, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strlen(*words) == length &&
		    memcmp(*words, word, length) == 0)
			return true;
	return false;
}

static void
push(struct scan *scan, enum level level)
{
	/* Deeper than anybody nests: what is there isn't looked at. */
	if (scan->depth < DEPTH_MAX)
		scan->levels[scan->depth] = level;
	scan->depth++;
}

static bool
in_string(const struct scan *scan)
{
	return scan->depth > 0 && scan->depth <= DEPTH_MAX &&
	    scan->levels[scan->depth - 1] >= STRING;
}

static void
found(struct scan *scan)
{
	size_t i;

	for (i = 0; i < scan->depth && i < DEPTH_MAX; i++)
		if (scan->levels[i] == COLLECT)
			return;
	if (scan->reduces || scan->depth > DEPTH_MAX)
		return;
	if (scan->count++ == 0)
		scan->first = scan->line;
}

static void
open_bracket(struct scan *scan)
{
	static const char *const collecting[] = { "map", "map_values",
		"sort_by", "group_by", "unique_by", "min_by", "max_by", "del",
		"with_entries", NULL };
	static const char *const before_array[] = { "then", "else", "elif",
		"if", "and", "or", "as", "reduce", "foreach", "try", "catch",
		NULL };
	const bool word = scan->word != NULL;
	bool collects;

	if (scan->text[scan->at] == '(')
		collects = word && is_one_of(scan->word, scan->word_length,
		    collecting);
	else if (scan->text[scan->at] == '[')
		/* Behind a term it is an index. */
		collects = word ? is_one_of(scan->word, scan->word_length,
		    before_array) : strchr(".)]}\"?", scan->before) == NULL ||
		    scan->before == '\0';
	else
		collects = false;
	push(scan, collects ? COLLECT : PLAIN);
}

static size_t
word_end(const struct scan *scan)
{
	size_t end = scan->at;

	while (end < scan->length && (isalnum((unsigned char)
	    scan->text[end]) || scan->text[end] == '_'))
		end++;
	return end;
}

/* A word; at is left on its last character. */
static void
word(struct scan *scan)
{
	static const char *const try_word[] = { "try", NULL };
	static const char *const reduce_word[] = { "reduce", NULL };
	static const char *const as_word[] = { "as", NULL };
	const size_t end = word_end(scan);

	scan->word = scan->text + scan->at;
	scan->word_length = end - scan->at;
	/* .try is a member, $as a variable. */
	if (scan->before != '.' && scan->before != '$') {
		if (is_one_of(scan->word, scan->word_length, try_word))
			found(scan);
		if (is_one_of(scan->word, scan->word_length, reduce_word))
			scan->reduces = true;
		if (is_one_of(scan->word, scan->word_length, as_word))
			scan->reduces = false;
	}
	scan->at = end - 1;
	scan->access = scan->before == '.';
	scan->before = 'a';
}

static void
close_bracket(struct scan *scan)
{
	scan->access = false;
	if (scan->depth == 0)
		return;
	scan->depth--;
	scan->access = scan->text[scan->at] == ']' &&
	    scan->depth < DEPTH_MAX && scan->levels[scan->depth] == PLAIN;
}

static void
code(struct scan *scan)
{
	const char character = scan->text[scan->at];

	if (character == '#') {
		while (scan->at + 1 < scan->length &&
		    scan->text[scan->at + 1] != '\n')
			scan->at++;
		return;
	}
	if (isspace((unsigned char)character))
		return;
	if (isalnum((unsigned char)character) || character == '_') {
		word(scan);
		return;
	}
	if (character == '"')
		push(scan, scan->before == '.' ? MEMBER : STRING);
	else if (strchr("([{", character) != NULL)
		open_bracket(scan);
	else if (strchr(")]}", character) != NULL)
		close_bracket(scan);
	else if (character != '?')
		scan->access = false;
	else if (!scan->access)
		found(scan);
	scan->word = NULL;
	scan->before = character;
}

static void
string(struct scan *scan)
{
	const char character = scan->text[scan->at];

	if (character == '"') {
		scan->depth--;
		scan->access = scan->levels[scan->depth] == MEMBER;
		scan->before = '"';
		scan->word = NULL;
	} else if (character == '\\' && scan->at + 1 < scan->length) {
		scan->at++;
		if (scan->text[scan->at] == '(') {
			push(scan, PLAIN);
			scan->before = '(';
			scan->word = NULL;
		}
	}
}

/* One character, or more where they belong together. */
static void
step(struct scan *scan)
{
	if (scan->text[scan->at] == '\n')
		scan->line++;
	if (in_string(scan))
		string(scan);
	else
		code(scan);
}

size_t
lint_program_forgets(const char *text, size_t length, size_t *line)
{
	struct scan scan = { .text = text, .length = length, .line = 1,
		.before = '(' };

	for (; scan.at < length; scan.at++)
		step(&scan);
	*line = scan.first;
	return scan.count;
}

bool
lint_program_says_null(const char *text, size_t length)
{
	struct scan scan = { .text = text, .length = length, .before = '(' };

	for (; scan.at < length; scan.at++) {
		if (in_string(&scan) &&
		    scan.levels[scan.depth - 1] == STRING &&
		    lint_harm_null_at(text, length, scan.at))
			return true;
		step(&scan);
	}
	return false;
}
