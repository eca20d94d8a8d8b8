/* SPDX-License-Identifier: MIT */
/* The preview as one page, which has no script and loads nothing. */
#include <string.h>

#include "transform/html.h"
#include "transform/preview.h"
#include "transform/render.h"

static const char style[] =
    "*{box-sizing:border-box}"
    "body{margin:0 auto;padding:16px;max-width:860px;"
    "background:var(--paper);color:var(--ink);"
    "font:15px/1.4667 Lato,\"Noto Sans\",\"Helvetica Neue\",Arial,"
    "\"DejaVu Sans\",sans-serif;overflow-wrap:anywhere}"
    ".card{border:1px solid var(--line);border-radius:8px;margin:0 0 16px}"
    ".card>h2{display:flex;flex-wrap:wrap;gap:2px 16px;align-items:baseline;"
    "justify-content:space-between;margin:0;padding:8px 20px;font-size:15px;"
    "line-height:1.4667;border-bottom:1px solid var(--line)}"
    "h2 small,.notification,.note{font-weight:400;font-size:12px;"
    "color:var(--dim)}"
    ".notification{padding:6px 20px;border-top:1px solid var(--line)}"
    ".note{margin:0 0 16px}"
    ".rejected{border-color:var(--danger)}"
    ".rejected h2 span,.lacking{color:var(--danger)}"
    ".reason{padding:8px 20px;white-space:pre-wrap}"
    "@media(max-width:600px){body{padding:8px}"
    ".message,.card>h2,.notification,.reason{padding-left:12px;"
    "padding-right:12px}}\n";

void
preview_page_begin(struct buffer *html)
{
	buffer_puts(html, "<!DOCTYPE html><html lang=\"en\"><head>"
	    "<meta charset=\"utf-8\"><meta http-equiv=\""
	    "Content-Security-Policy\" content=\"default-src 'none';"
	    "style-src 'unsafe-inline'\"><meta name=\"viewport\" "
	    "content=\"width=device-width,initial-scale=1\">"
	    "<title>Preview</title><style>");
	buffer_puts(html, render_style);
	buffer_puts(html, style);
	buffer_puts(html, "</style></head><body>\n");
}

/* A member that isn't marked up. */
static void
string(struct buffer *html, const struct json *json, json_node node)
{
	struct markup markup = html_markup(html);

	if (json_type(json, node) == JSON_STRING)
		markup_object(&markup, json, node);
}

/* Which filter said it, of which record. */
static void
source(struct buffer *html, const struct json *json)
{
	json_node filter = json_member(json, 0, "filter");

	buffer_puts(html, "<small>");
	string(html, json, filter);
	buffer_puts(html, json_is(json, filter, "") ? "" : " · ");
	string(html, json, json_member(json, 0, "stream"));
	buffer_puts(html, " ");
	string(html, json, json_member(json, 0, "record_id"));
	buffer_puts(html, "</small></h2>");
}

/* What a lock screen says of a message that has blocks: its text. */
static void
notification(struct buffer *html, const struct json *json, json_node payload)
{
	struct markup markup = html_markup(html);

	if (json_first(json, json_member(json, payload, "blocks")) ==
	    JSON_NONE)
		return;
	buffer_puts(html, "<div class=\"notification\">Notification: ");
	if (!markup_notification(&markup, json, payload))
		buffer_puts(html, "<span class=\"lacking\">none, the message "
		    "has no text</span>");
	buffer_puts(html, "</div>");
}

void
preview_page_message(struct buffer *html, const struct json *line)
{
	json_node payload = json_member(line, 0, "payload");
	json_node name = json_member(line, payload, "username");

	buffer_puts(html, "<section class=\"card\"><h2><span>");
	string(html, line, json_member(line, payload, "channel"));
	buffer_puts(html, "</span>");
	source(html, line);
	buffer_puts(html, "<div class=\"message\"><div class=\"avatar\">L"
	    "</div><div class=\"body\"><span class=\"name\">");
	if (name != JSON_NONE)
		string(html, line, name);
	else
		buffer_puts(html, "ledgerpipe");
	buffer_puts(html, "</span><span class=\"app\">APP</span>"
	    "<div class=\"content\">");
	render_message(html, line, payload);
	buffer_puts(html, "</div></div></div>");
	notification(html, line, payload);
	buffer_puts(html, "</section>\n");
}

void
preview_page_reject(struct buffer *html, const struct json *line)
{
	buffer_puts(html, "<section class=\"card rejected\"><h2>"
	    "<span>Rejected</span>");
	source(html, line);
	buffer_puts(html, "<div class=\"reason\">");
	string(html, line, json_member(line, 0, "error"));
	buffer_puts(html, "</div></section>\n");
}

void
preview_page_note(struct buffer *html, const char *text)
{
	buffer_puts(html, "<p class=\"note\">");
	html_text(html, text, strlen(text));
	buffer_puts(html, "</p>\n");
}

void
preview_page_end(struct buffer *html)
{
	buffer_puts(html, "</body></html>\n");
}
