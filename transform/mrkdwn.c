/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* memmem */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "transform/date.h"
#include "transform/emoji.h"
#include "transform/markup.h"

static void inline_read(const struct markup *markup, const char *text,
    size_t length, bool verbatim);

void
markup_emoji(const struct markup *markup, const char *text, size_t length)
{
	const char *emoji;
	size_t i = 0, run = 0, n = 0;

	while (i < length) {
		emoji = text[i] == ':' ?
		    emoji_read(text + i, length - i, &n) : NULL;
		if (emoji == NULL) {
			i++;
			continue;
		}
		markup->text(markup->out, text + run, i - run);
		markup->text(markup->out, emoji, strlen(emoji));
		run = i += n;
	}
	markup->text(markup->out, text + run, length - run);
}

/* One of Slack's three entities at the start of text: what it stands for,
 * *length its bytes.  Else the character itself. */
static const char *
entity(const char *text, size_t count, size_t *length)
{
	static const struct {
		const char *name, *text;
	} known[] = { { "&amp;", "&" }, { "&lt;", "<" }, { "&gt;", ">" } };
	size_t i;

	for (i = 0; i < 3; i++) {
		*length = strlen(known[i].name);
		if (count >= *length &&
		    memcmp(text, known[i].name, *length) == 0)
			return known[i].text;
	}
	*length = 1;
	return text;
}

/* Text in which only the entities mean something: they are shown as what they
 * stand for, once. */
static void
escaped(const struct markup *markup, const char *text, size_t length)
{
	size_t i = 0, run = 0, n;
	const char *c;

	while (i < length) {
		if (text[i] != '&') {
			i++;
			continue;
		}
		markup->text(markup->out, text + run, i - run);
		c = entity(text + i, length - i, &n);
		markup->text(markup->out, c, 1);
		run = i += n;
	}
	markup->text(markup->out, text + run, length - run);
}

bool
markup_is_link(const char *url, size_t length)
{
	return (length > 8 && strncasecmp(url, "https://", 8) == 0) ||
	    (length > 7 && (strncasecmp(url, "http://", 7) == 0 ||
	    strncasecmp(url, "mailto:", 7) == 0));
}

static void
link_read(const struct markup *markup, const char *url, size_t url_length,
    const char *label, size_t label_length)
{
	struct buffer plain;
	size_t i, n;

	buffer_init(&plain, url_length);
	for (i = 0; i < url_length; i += n)
		buffer_append(&plain, entity(url + i, url_length - i, &n), 1);
	markup->link(markup->out, buffer_text(&plain), plain.length);
	escaped(markup, label, label_length);
	markup->link(markup->out, NULL, 0);
	buffer_free(&plain);
}

/* !date^SECONDS^FORMAT or !date^SECONDS^FORMAT^URL, before its fallback. */
static void
date(const struct markup *markup, const char *text, size_t length,
    const char *fallback, size_t fallback_length)
{
	const char *seconds = text + strlen("!date^"), *format, *url;
	struct buffer written;

	buffer_init(&written, 4096);
	format = memchr(seconds, '^', length - (size_t)(seconds - text));
	if (format != NULL) {
		format++;
		length -= (size_t)(format - text);
		if ((url = memchr(format, '^', length)) != NULL)
			length = (size_t)(url - format);
		date_write(&written, atoll(seconds), format, length);
	}
	markup->style(markup->out, MARKUP_TIME, true);
	if (written.length > 0)
		escaped(markup, buffer_text(&written), written.length);
	else
		escaped(markup, fallback, fallback_length);
	markup->style(markup->out, MARKUP_TIME, false);
	buffer_free(&written);
}

/* What stands between < and >. */
static void
special(const struct markup *markup, const char *text, size_t length)
{
	const char *bar = memchr(text, '|', length);
	const char *label = bar != NULL ? bar + 1 : text;
	size_t label_length = length - (size_t)(label - text);
	size_t before = bar != NULL ? (size_t)(bar - text) : length;

	if (markup_is_link(text, before)) {
		link_read(markup, text, before, label, label_length);
		return;
	}
	if (length > 6 && memcmp(text, "!date^", 6) == 0) {
		date(markup, text, before, label,
		    bar != NULL ? label_length : 0);
		return;
	}
	markup->style(markup->out, MARKUP_MENTION, true);
	if (bar == NULL && text[0] == '!') {
		markup->text(markup->out, "@", 1);
		label++;
		label_length--;
	} else if (bar != NULL && text[0] == '#')
		markup->text(markup->out, "#", 1);
	escaped(markup, label, label_length);
	markup->style(markup->out, MARKUP_MENTION, false);
}

/* The end of a run that mark opens at text[0]; 0: it opens none. */
static size_t
run_end(const char *text, size_t length, char before)
{
	size_t i;

	if (isalnum((unsigned char)before) || length < 3 ||
	    isspace((unsigned char)text[1]) || text[1] == text[0])
		return 0;
	for (i = 2; i < length && text[i] != '\n'; i++)
		if (text[i] == text[0] &&
		    !isspace((unsigned char)text[i - 1]) &&
		    (i + 1 == length || !isalnum((unsigned char)text[i + 1])))
			return i;
	return 0;
}

static void
code_read(const struct markup *markup, enum markup_style style,
    const char *text, size_t length)
{
	markup->style(markup->out, style, true);
	escaped(markup, text, length);
	markup->style(markup->out, style, false);
}

/* ` or ``` at the start of text; the bytes that were taken. */
static size_t
code(const struct markup *markup, const char *text, size_t length)
{
	const char *start, *end;
	size_t i;

	if (length > 6 && memcmp(text, "```", 3) == 0 &&
	    (end = memmem(text + 3, length - 3, "```", 3)) != NULL) {
		start = text + 3 + (text[3] == '\n');
		code_read(markup, MARKUP_PREFORMATTED, start,
		    (size_t)(end - start));
		return (size_t)(end - text) + 3;
	}
	for (i = 1; i < length && text[i] != '`' && text[i] != '\n'; i++)
		;
	if (i == length || text[i] == '\n' || i == 1) {
		markup->text(markup->out, "`", 1);
		return 1;
	}
	code_read(markup, MARKUP_CODE, text + 1, i - 1);
	return i + 1;
}

static size_t
styled(const struct markup *markup, const char *text, size_t length,
    char before, bool verbatim)
{
	enum markup_style style = text[0] == '*' ? MARKUP_BOLD :
	    text[0] == '_' ? MARKUP_ITALIC : MARKUP_STRIKE;
	size_t end = run_end(text, length, before);

	if (end == 0) {
		markup->text(markup->out, text, 1);
		return 1;
	}
	markup->style(markup->out, style, true);
	inline_read(markup, text + 1, end - 1, verbatim);
	markup->style(markup->out, style, false);
	return end + 1;
}

/* A bare URL at the start of text becomes a link.  Its bytes, or 0. */
static size_t
bare_url(const struct markup *markup, const char *text, size_t length,
    char before)
{
	size_t end = 0;

	if (isalnum((unsigned char)before) || !markup_is_link(text, length))
		return 0;
	while (end < length && !isspace((unsigned char)text[end]) &&
	    strchr("<>|*\"`", text[end]) == NULL)
		end++;
	while (end > 0 && strchr(".,;:!?)", text[end - 1]) != NULL)
		end--;
	link_read(markup, text, end, text, end);
	return end;
}

/* One character that may mean something; the bytes that it took, or 0: it is
 * a character like others. */
static size_t
item(const struct markup *markup, const char *text, size_t length, char before,
    bool verbatim)
{
	const char *end;
	size_t n;

	switch (text[0]) {
	case '<':
		end = memchr(text, '>', length);
		if (end == NULL || end == text + 1)
			return 0;
		special(markup, text + 1, (size_t)(end - text) - 1);
		return (size_t)(end - text) + 1;
	case '&':
		end = entity(text, length, &n);
		markup->text(markup->out, end, 1);
		return n;
	case '`':
		return code(markup, text, length);
	case '*':
	case '_':
	case '~':
		return styled(markup, text, length, before, verbatim);
	case ':':
		if ((end = emoji_read(text, length, &n)) == NULL)
			return 0;
		markup->text(markup->out, end, strlen(end));
		return n;
	case 'h':
		return verbatim ? 0 : bare_url(markup, text, length, before);
	}
	return 0;
}

static void
inline_read(const struct markup *markup, const char *text, size_t length,
    bool verbatim)
{
	size_t i = 0, run = 0;

	while (i < length) {
		if (strchr("<&`*_~:h", text[i]) != NULL && text[i] != '\0') {
			size_t n;

			if (i > run)
				markup->text(markup->out, text + run, i - run);
			run = i;
			n = item(markup, text + i, length - i,
			    i > 0 ? text[i - 1] : ' ', verbatim);
			if (n > 0) {
				run = i += n;
				continue;
			}
		}
		i++;
	}
	if (i > run)
		markup->text(markup->out, text + run, i - run);
}

/* The bytes of the mark that makes the line a quote, or 0. */
static size_t
quote_mark(const char *text, size_t length)
{
	size_t n = length > 0 && text[0] == '>' ? 1 :
	    length > 3 && memcmp(text, "&gt;", 4) == 0 ? 4 : 0;

	return n > 0 && n < length && text[n] == ' ' ? n + 1 : n;
}

/* The bytes of the first line and its newline; ``` hides newlines. */
static size_t
line_length(const char *text, size_t length)
{
	bool hidden = false;
	size_t i = 0;

	while (i < length && (hidden || text[i] != '\n'))
		if (length - i > 2 && memcmp(text + i, "```", 3) == 0) {
			hidden = !hidden &&
			    memmem(text + i + 3, length - i - 3, "```", 3);
			i += 3;
		} else
			i++;
	return i < length ? i + 1 : i;
}

void
markup_mrkdwn(const struct markup *markup, const char *text, size_t length,
    bool verbatim)
{
	size_t i = 0, run = 0, mark, n;
	bool open = false;

	while (i < length) {
		mark = quote_mark(text + i, length - i);
		n = line_length(text + i, length - i);
		if (mark > 0) {
			inline_read(markup, text + run, i - run, verbatim);
			if (open)
				markup->text(markup->out, "\n", 1);
			else
				markup->style(markup->out, MARKUP_QUOTE, true);
			inline_read(markup, text + i + mark, n - mark -
			    (text[i + n - 1] == '\n'), verbatim);
			run = i + n;
		} else if (open)
			markup->style(markup->out, MARKUP_QUOTE, false);
		open = mark > 0;
		i += n;
	}
	inline_read(markup, text + run, length - run, verbatim);
	if (open)
		markup->style(markup->out, MARKUP_QUOTE, false);
}
