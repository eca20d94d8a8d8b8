/*
 * html: texts, plain or marked up, in HTML.
 */
#ifndef LEDGERPIPE_TRANSFORM_HTML_H
#define LEDGERPIPE_TRANSFORM_HTML_H

#include "buffer.h"
#include "transform/markup.h"

/* Text as it is, safe between tags and in attributes; newlines are <br>, other
 * controls but tabs are U+FFFD. */
void html_text(struct buffer *html, const char *text, size_t length);
/* What writes marked-up text to html. */
struct markup html_markup(struct buffer *html);

#endif
