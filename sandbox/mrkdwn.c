/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* memmem */
#include "sandbox/mrkdwn.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

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

static bool
is_link(const char *text, size_t length)
{
	return (length > 8 && memcmp(text, "https://", 8) == 0) ||
	    (length > 7 && (memcmp(text, "http://", 7) == 0 ||
	    memcmp(text, "mailto:", 7) == 0));
}

/* What stands between < and >. */
static void
special(struct buffer *html, const char *text, size_t length)
{
	const char *bar = memchr(text, '|', length);
	const char *label = bar != NULL ? bar + 1 : text;
	size_t label_length = length - (size_t)(label - text);

	if (is_link(text, length)) {
		buffer_puts(html, "<a href=\"");
		escaped(html, text, bar != NULL ? (size_t)(bar - text) :
		    length);
		buffer_puts(html, "\">");
		escaped(html, label, label_length);
		buffer_puts(html, "</a>");
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
styled(struct buffer *html, const char *text, size_t length, char before)
{
	const char *tag = text[0] == '*' ? "b" : text[0] == '_' ? "i" : "s";
	size_t end = run_end(text, length, before);

	if (end == 0) {
		buffer_append(html, text, 1);
		return 1;
	}
	buffer_printf(html, "<%s>", tag);
	html_mrkdwn(html, text + 1, end - 1);
	buffer_printf(html, "</%s>", tag);
	return end + 1;
}

void
html_mrkdwn(struct buffer *html, const char *text, size_t length)
{
	const char *end;
	size_t i = 0;

	while (i < length)
		switch (text[i]) {
		case '<':
			end = memchr(text + i, '>', length - i);
			if (end == NULL || end == text + i + 1) {
				buffer_puts(html, "&lt;");
				i++;
				break;
			}
			special(html, text + i + 1,
			    (size_t)(end - text) - i - 1);
			i = (size_t)(end - text) + 1;
			break;
		case '&':
			i += entity(html, text + i, length - i);
			break;
		case '`':
			i += code(html, text + i, length - i);
			break;
		case '*':
		case '_':
		case '~':
			i += styled(html, text + i, length - i,
			    i > 0 ? text[i - 1] : ' ');
			break;
		default:
			html_text(html, text + i++, 1);
		}
}
