/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* memmem */
#include "sandbox/mrkdwn.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/date.h"
#include "sandbox/emoji.h"

static void inline_write(struct buffer *html, const char *text, size_t length,
    bool verbatim);

void
html_text(struct buffer *html, const char *text, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++)
		switch (text[i]) {
		case '&': buffer_puts(html, "&amp;"); break;
		case '<': buffer_puts(html, "&lt;"); break;
		case '>': buffer_puts(html, "&gt;"); break;
		case '"': buffer_puts(html, "&quot;"); break;
		case '\n': buffer_puts(html, "<br>"); break;
		default: buffer_append(html, text + i, 1);
		}
}

void
html_emoji(struct buffer *html, const char *text, size_t length)
{
	const char *emoji;
	size_t i = 0, n = 0;

	while (i < length) {
		emoji = text[i] == ':' ?
		    emoji_read(text + i, length - i, &n) : NULL;
		if (emoji == NULL)
			html_text(html, text + i++, 1);
		else {
			buffer_puts(html, emoji);
			i += n;
		}
	}
}

/* Slack's three entities are shown as what they stand for, once. */
static size_t
entity(struct buffer *html, const char *text, size_t length)
{
	static const char *const known[] = { "&amp;", "&lt;", "&gt;" };
	size_t i, n;

	for (i = 0; i < 3; i++) {
		n = strlen(known[i]);
		if (length >= n && memcmp(text, known[i], n) == 0) {
			buffer_puts(html, known[i]);
			return n;
		}
	}
	buffer_puts(html, "&amp;");
	return 1;
}

/* Text in which only the entities mean something. */
static void
escaped(struct buffer *html, const char *text, size_t length)
{
	size_t i = 0;

	while (i < length) {
		if (text[i] == '&')
			i += entity(html, text + i, length - i);
		else
			html_text(html, text + i++, 1);
	}
}

bool
html_is_link(const char *url, size_t length)
{
	return (length > 8 && strncasecmp(url, "https://", 8) == 0) ||
	    (length > 7 && (strncasecmp(url, "http://", 7) == 0 ||
	    strncasecmp(url, "mailto:", 7) == 0));
}

static void
link_write(struct buffer *html, const char *url, size_t url_length,
    const char *label, size_t label_length)
{
	buffer_puts(html, "<a href=\"");
	escaped(html, url, url_length);
	buffer_puts(html, "\" rel=\"noreferrer\">");
	escaped(html, label, label_length);
	buffer_puts(html, "</a>");
}

/* !date^SECONDS^FORMAT or !date^SECONDS^FORMAT^URL. */
static void
date(struct buffer *html, const char *text, size_t length)
{
	const char *seconds = text + strlen("!date^"), *format, *url;
	struct buffer written;

	format = memchr(seconds, '^', length - (size_t)(seconds - text));
	if (format == NULL)
		return;
	format++;
	length -= (size_t)(format - text);
	if ((url = memchr(format, '^', length)) != NULL)
		length = (size_t)(url - format);
	buffer_init(&written, 4096);
	date_write(&written, atoll(seconds), format, length);
	buffer_puts(html, "<time>");
	escaped(html, buffer_text(&written), written.length);
	buffer_puts(html, "</time>");
	buffer_free(&written);
}

/* What stands between < and >. */
static void
special(struct buffer *html, const char *text, size_t length)
{
	const char *bar = memchr(text, '|', length);
	const char *label = bar != NULL ? bar + 1 : text;
	size_t label_length = length - (size_t)(label - text);
	size_t before = bar != NULL ? (size_t)(bar - text) : length;

	if (html_is_link(text, length)) {
		link_write(html, text, before, label, label_length);
		return;
	}
	if (length > 6 && memcmp(text, "!date^", 6) == 0) {
		date(html, text, before);
		return;
	}
	buffer_puts(html, "<span class=\"mention\">");
	if (bar == NULL && text[0] == '!') {
		buffer_puts(html, "@");
		label++;
		label_length--;
	}
	escaped(html, label, label_length);
	buffer_puts(html, "</span>");
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

static size_t
code(struct buffer *html, const char *text, size_t length)
{
	const char *end;
	size_t i;

	if (length > 6 && memcmp(text, "```", 3) == 0 &&
	    (end = memmem(text + 3, length - 3, "```", 3)) != NULL) {
		buffer_puts(html, "<pre>");
		escaped(html, text + 3, (size_t)(end - text) - 3);
		buffer_puts(html, "</pre>");
		return (size_t)(end - text) + 3;
	}
	for (i = 1; i < length && text[i] != '`' && text[i] != '\n'; i++)
		;
	if (i == length || text[i] == '\n' || i == 1) {
		buffer_puts(html, "`");
		return 1;
	}
	buffer_puts(html, "<code>");
	escaped(html, text + 1, i - 1);
	buffer_puts(html, "</code>");
	return i + 1;
}

static size_t
styled(struct buffer *html, const char *text, size_t length, char before,
    bool verbatim)
{
	const char *tag = text[0] == '*' ? "b" : text[0] == '_' ? "i" : "s";
	size_t end = run_end(text, length, before);

	if (end == 0) {
		buffer_append(html, text, 1);
		return 1;
	}
	buffer_printf(html, "<%s>", tag);
	inline_write(html, text + 1, end - 1, verbatim);
	buffer_printf(html, "</%s>", tag);
	return end + 1;
}

/* A bare URL at the start of text becomes a link.  Its bytes, or 0. */
static size_t
bare_url(struct buffer *html, const char *text, size_t length, char before)
{
	size_t end = 0;

	if (isalnum((unsigned char)before) || text[0] != 'h' ||
	    !html_is_link(text, length))
		return 0;
	while (end < length && !isspace((unsigned char)text[end]) &&
	    strchr("<>|*\"`", text[end]) == NULL)
		end++;
	while (end > 0 && strchr(".,;:!?)", text[end - 1]) != NULL)
		end--;
	link_write(html, text, end, text, end);
	return end;
}

/* One character that may mean something; the bytes that it took. */
static size_t
item(struct buffer *html, const char *text, size_t length, char before,
    bool verbatim)
{
	const char *end;
	size_t n;

	switch (text[0]) {
	case '<':
		end = memchr(text, '>', length);
		if (end == NULL || end == text + 1)
			break;
		special(html, text + 1, (size_t)(end - text) - 1);
		return (size_t)(end - text) + 1;
	case '&':
		return entity(html, text, length);
	case '`':
		return code(html, text, length);
	case '*':
	case '_':
	case '~':
		return styled(html, text, length, before, verbatim);
	case ':':
		if ((end = emoji_read(text, length, &n)) == NULL)
			break;
		buffer_puts(html, end);
		return n;
	case 'h':
		n = verbatim ? 0 : bare_url(html, text, length, before);
		if (n > 0)
			return n;
	}
	html_text(html, text, 1);
	return 1;
}

static void
inline_write(struct buffer *html, const char *text, size_t length,
    bool verbatim)
{
	size_t i = 0;

	while (i < length)
		i += item(html, text + i, length - i,
		    i > 0 ? text[i - 1] : ' ', verbatim);
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
html_mrkdwn(struct buffer *html, const char *text, size_t length,
    bool verbatim)
{
	size_t i = 0, run = 0, mark, n;
	bool open = false;

	while (i < length) {
		mark = quote_mark(text + i, length - i);
		n = line_length(text + i, length - i);
		if (mark > 0) {
			inline_write(html, text + run, i - run, verbatim);
			buffer_puts(html, open ? "<br>" :
			    "<div class=\"quote\">");
			inline_write(html, text + i + mark, n - mark -
			    (text[i + n - 1] == '\n'), verbatim);
			run = i + n;
		} else if (open)
			buffer_puts(html, "</div>");
		open = mark > 0;
		i += n;
	}
	inline_write(html, text + run, length - run, verbatim);
	if (open)
		buffer_puts(html, "</div>");
}
