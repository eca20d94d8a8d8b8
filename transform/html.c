/* SPDX-License-Identifier: MIT */
#include "transform/html.h"

#include <string.h>

/* Bytes of a control character, those of C1 too, which have no place in HTML;
 * 0: it is another. */
static size_t
control(const char *text, size_t length)
{
	unsigned char byte = (unsigned char)text[0];

	if (byte == 0xc2 && length > 1 && (text[1] & 0xe0) == 0x80)
		return 2;
	return (byte < 0x20 && byte != '\t' && byte != '\n') || byte == 0x7f;
}

void
html_text(struct buffer *html, const char *text, size_t length)
{
	size_t i, bytes;

	for (i = 0; i < length; i++) {
		if ((bytes = control(text + i, length - i)) > 0) {
			buffer_puts(html, "\xef\xbf\xbd"); /* U+FFFD */
			i += bytes - 1;
			continue;
		}
		switch (text[i]) {
		case '&': buffer_puts(html, "&amp;"); break;
		case '<': buffer_puts(html, "&lt;"); break;
		case '>': buffer_puts(html, "&gt;"); break;
		case '"': buffer_puts(html, "&quot;"); break;
		case '\n': buffer_puts(html, "<br>"); break;
		default: buffer_append(html, text + i, 1);
		}
	}
}

static void
text_write(void *out, const char *text, size_t length)
{
	html_text(out, text, length);
}

static void
style_write(void *out, enum markup_style style, bool begins)
{
	static const char *const tags[MARKUP_STYLES][2] = {
		[MARKUP_BOLD] = { "<b>", "</b>" },
		[MARKUP_ITALIC] = { "<i>", "</i>" },
		[MARKUP_STRIKE] = { "<s>", "</s>" },
		[MARKUP_UNDERLINE] = { "<u>", "</u>" },
		[MARKUP_HIGHLIGHT] = { "<mark>", "</mark>" },
		[MARKUP_CODE] = { "<code>", "</code>" },
		[MARKUP_MENTION] = { "<span class=\"mention\">", "</span>" },
		[MARKUP_TIME] = { "<time>", "</time>" },
		[MARKUP_QUOTE] = { "<div class=\"quote\">", "</div>" },
		[MARKUP_PREFORMATTED] = { "<pre>", "</pre>" },
	};

	buffer_puts(out, tags[style][begins ? 0 : 1]);
}

static void
link_write(void *out, const char *url, size_t length)
{
	if (url == NULL) {
		buffer_puts(out, "</a>");
		return;
	}
	buffer_puts(out, "<a href=\"");
	html_text(out, url, length);
	buffer_puts(out, "\" rel=\"noreferrer\">");
}

struct markup
html_markup(struct buffer *html)
{
	return (struct markup){ html, text_write, style_write, link_write };
}
