/* SPDX-License-Identifier: MIT */
#include "sandbox/page.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sandbox/mrkdwn.h"

static const char head[] =
    "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width\">"
    "<title>Sandbox workspace</title><style>"
    ":root{--bg:#fff;--fg:#1d1c1d;--dim:#616061;--line:#ddd;--soft:#f8f8f8;"
    "--link:#1264a3;--at:#fdf2d4;--side:#3f0e40;--sidefg:#e6dfe6;--btn:#fff}"
    "@media(prefers-color-scheme:dark){:root{--bg:#1a1d21;--fg:#d1d2d3;"
    "--dim:#9a9b9d;--line:#3a3d42;--soft:#222529;--link:#4da3dd;--at:#4a3f20;"
    "--side:#19171d;--sidefg:#bcabbc;--btn:#222529}}"
    "*{box-sizing:border-box}body{margin:0;display:flex;background:var(--bg);"
    "color:var(--fg);font:15px/1.46 Lato,\"Helvetica Neue\",Arial,sans-serif}"
    "nav{position:sticky;top:0;height:100vh;width:220px;flex:none;padding:16px;"
    "background:var(--side);color:var(--sidefg);overflow:auto}"
    "nav b{display:block;font-size:18px;color:#fff;margin-bottom:16px}"
    "nav a{display:flex;justify-content:space-between;color:inherit;"
    "text-decoration:none;padding:4px 0}main{flex:1;min-width:0;padding:0 24px}"
    "h2{position:sticky;top:0;background:var(--bg);margin:0;padding:14px 0;"
    "border-bottom:1px solid var(--line);font-size:18px;z-index:1}"
    ".m{display:flex;gap:10px;padding:9px 0}.r{margin-left:46px;"
    "border-left:3px solid var(--line);padding-left:10px}"
    ".av{width:36px;height:36px;flex:none;border-radius:4px;background:#4a154b;"
    "color:#fff;text-align:center;line-height:36px;font-weight:700}"
    ".c{min-width:0;max-width:680px;flex:1;overflow-wrap:anywhere}"
    ".w{font-weight:900}.app{font-size:10px;background:var(--line);"
    "border-radius:2px;padding:1px 3px;margin:0 6px;vertical-align:1px}"
    ".t,.x{color:var(--dim);font-size:12px}"
    ".h{font-size:18px;font-weight:900;margin:6px 0}.s{margin:6px 0}"
    ".f{display:grid;grid-template-columns:1fr 1fr;gap:6px 16px;margin:6px 0}"
    ".x{display:flex;flex-wrap:wrap;gap:8px;margin:6px 0;font-size:13px}"
    "hr{border:0;border-top:1px solid var(--line)}"
    ".b{display:inline-block;border:1px solid var(--line);border-radius:4px;"
    "background:var(--btn);padding:3px 12px;margin:4px 8px 4px 0;"
    "font-weight:700;font-size:13px}.b.primary{background:#007a5a;color:#fff}"
    ".b.danger{background:#e01e5a;color:#fff}a{color:var(--link)}"
    ".mention{background:var(--at);border-radius:3px;padding:0 2px;"
    "color:var(--link)}code{background:var(--soft);border:1px solid "
    "var(--line);border-radius:3px;padding:1px 3px;font-size:12px;"
    "color:#e01e5a}pre{background:var(--soft);border:1px solid var(--line);"
    "border-radius:4px;padding:8px;white-space:pre-wrap;font-size:12px}"
    "table{border-collapse:collapse;margin:6px 0}td{border:1px solid "
    "var(--line);padding:4px 8px}.q{border-left:4px solid var(--line);"
    "padding-left:12px}.none{color:var(--dim);padding:12px 0}"
    "</style></head><body>";

static void
string(struct buffer *html, const struct json *json, json_node node,
    bool mrkdwn)
{
	char *text = json_dup(json, node);

	if (text != NULL && mrkdwn)
		html_mrkdwn(html, text, strlen(text));
	else if (text != NULL)
		html_text(html, text, strlen(text));
	free(text);
}

/* A text object. */
static void
text_object(struct buffer *html, const struct json *json, json_node node)
{
	string(html, json, json_member(json, node, "text"),
	    json_is(json, json_member(json, node, "type"), "mrkdwn"));
}

static void
button(struct buffer *html, const struct json *json, json_node node)
{
	json_node style = json_member(json, node, "style");

	buffer_printf(html, "<span class=\"b%s\">",
	    json_is(json, style, "primary") ? " primary" :
	    json_is(json, style, "danger") ? " danger" : "");
	text_object(html, json, json_member(json, node, "text"));
	buffer_puts(html, "</span>");
}

/* An element of actions or context, or an accessory. */
static void
element(struct buffer *html, const struct json *json, json_node node)
{
	json_node type = json_member(json, node, "type");

	if (json_is(json, type, "button"))
		button(html, json, node);
	else if (json_is(json, type, "image")) {
		buffer_puts(html, "<span>[image: ");
		string(html, json, json_member(json, node, "alt_text"), false);
		buffer_puts(html, "]</span>");
	} else {
		buffer_puts(html, "<span>");
		text_object(html, json, node);
		buffer_puts(html, "</span>");
	}
}

static void
each(struct buffer *html, const struct json *json, json_node array,
    void (*visit)(struct buffer *, const struct json *, json_node))
{
	json_node node;

	for (node = json_first(json, array); node != JSON_NONE;
	    node = json_next(json, node))
		visit(html, json, node);
}

static void
section(struct buffer *html, const struct json *json, json_node block)
{
	json_node fields = json_member(json, block, "fields");
	json_node accessory = json_member(json, block, "accessory");
	json_node text = json_member(json, block, "text");

	if (text != JSON_NONE) {
		buffer_puts(html, "<div class=\"s\">");
		text_object(html, json, text);
		buffer_puts(html, "</div>");
	}
	if (fields != JSON_NONE) {
		buffer_puts(html, "<div class=\"f\">");
		each(html, json, fields, element);
		buffer_puts(html, "</div>");
	}
	if (accessory != JSON_NONE)
		element(html, json, accessory);
}

static void
rich_leaf(struct buffer *html, const struct json *json, json_node node)
{
	static const struct {
		const char *style, *tag;
	} styles[] = { { "bold", "b" }, { "italic", "i" }, { "strike", "s" },
		{ "code", "code" } };
	json_node type = json_member(json, node, "type");
	json_node style = json_member(json, node, "style");
	json_node text = json_member(json, node, "text");
	size_t i;

	for (i = 0; i < 4; i++)
		if (json_type(json, json_member(json, style,
		    styles[i].style)) == JSON_TRUE)
			buffer_printf(html, "<%s>", styles[i].tag);
	if (json_is(json, type, "link")) {
		buffer_puts(html, "<a href=\"");
		string(html, json, json_member(json, node, "url"), false);
		buffer_puts(html, "\">");
		string(html, json, text != JSON_NONE ? text :
		    json_member(json, node, "url"), false);
		buffer_puts(html, "</a>");
	} else if (json_is(json, type, "date"))
		string(html, json, json_member(json, node, "fallback"), false);
	else
		string(html, json, text, false);
	while (i-- > 0)
		if (json_type(json, json_member(json, style,
		    styles[i].style)) == JSON_TRUE)
			buffer_printf(html, "</%s>", styles[i].tag);
}

static void
rich_part(struct buffer *html, const struct json *json, json_node node)
{
	json_node type = json_member(json, node, "type");
	json_node elements = json_member(json, node, "elements"), item;

	if (json_is(json, type, "rich_text_list")) {
		buffer_puts(html, "<ul>");
		for (item = json_first(json, elements); item != JSON_NONE;
		    item = json_next(json, item)) {
			buffer_puts(html, "<li>");
			each(html, json, json_member(json, item, "elements"),
			    rich_leaf);
			buffer_puts(html, "</li>");
		}
		buffer_puts(html, "</ul>");
		return;
	}
	buffer_puts(html, json_is(json, type, "rich_text_preformatted") ?
	    "<pre>" : json_is(json, type, "rich_text_quote") ?
	    "<div class=\"q\">" : "<div class=\"s\">");
	each(html, json, elements, rich_leaf);
	buffer_puts(html, json_is(json, type, "rich_text_preformatted") ?
	    "</pre>" : "</div>");
}

static void
rich_text(struct buffer *html, const struct json *json, json_node block)
{
	each(html, json, json_member(json, block, "elements"), rich_part);
}

static void
cell(struct buffer *html, const struct json *json, json_node node)
{
	buffer_puts(html, "<td>");
	if (json_is(json, json_member(json, node, "type"), "rich_text"))
		rich_text(html, json, node);
	else
		string(html, json, json_member(json, node, "text"), false);
	buffer_puts(html, "</td>");
}

static void
row(struct buffer *html, const struct json *json, json_node node)
{
	buffer_puts(html, "<tr>");
	each(html, json, node, cell);
	buffer_puts(html, "</tr>");
}

static void
block_write(struct buffer *html, const struct json *json, json_node block)
{
	json_node type = json_member(json, block, "type");
	json_node elements = json_member(json, block, "elements");

	if (json_is(json, type, "header")) {
		buffer_puts(html, "<div class=\"h\">");
		text_object(html, json, json_member(json, block, "text"));
		buffer_puts(html, "</div>");
	} else if (json_is(json, type, "section"))
		section(html, json, block);
	else if (json_is(json, type, "context")) {
		buffer_puts(html, "<div class=\"x\">");
		each(html, json, elements, element);
		buffer_puts(html, "</div>");
	} else if (json_is(json, type, "divider"))
		buffer_puts(html, "<hr>");
	else if (json_is(json, type, "actions"))
		each(html, json, elements, element);
	else if (json_is(json, type, "rich_text"))
		rich_text(html, json, block);
	else if (json_is(json, type, "table")) {
		buffer_puts(html, "<table>");
		each(html, json, json_member(json, block, "rows"), row);
		buffer_puts(html, "</table>");
	} else
		element(html, json, block);
}

void
page_message(struct buffer *html, const struct json *json, json_node payload)
{
	json_node blocks = json_member(json, payload, "blocks");

	if (json_first(json, blocks) != JSON_NONE) {
		each(html, json, blocks, block_write);
		return;
	}
	buffer_puts(html, "<div class=\"s\">");
	string(html, json, json_member(json, payload, "text"), true);
	buffer_puts(html, "</div>");
}

static void
message_html(struct buffer *html, const struct message *message)
{
	struct json json = { 0 };
	struct error ignored;
	struct buffer text;
	time_t seconds = (time_t)(message->posted_ms / 1000);
	char clock[32];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(clock, sizeof(clock), "%H:%M:%S UTC", &tm);
	buffer_init(&text, (size_t)64 << 20);
	message_write(&text, message, true);
	buffer_printf(html, "<div class=\"m%s\"><div class=\"av\">L</div>"
	    "<div class=\"c\"><span class=\"w\">ledgerpipe</span>"
	    "<span class=\"app\">APP</span><span class=\"t\">%s</span>",
	    message->thread_ts[0] != '\0' ? " r" : "", clock);
	if (json_parse(&json, buffer_text(&text), text.length, &ignored) == 0)
		page_message(html, &json, 0);
	buffer_puts(html, "</div></div>");
	json_free(&json);
	buffer_free(&text);
}

static void
channel_html(struct buffer *html, const struct channel *channel)
{
	size_t i, j;

	buffer_printf(html, "<section id=\"%s\"><h2># ", channel->id);
	html_text(html, channel->name, strlen(channel->name));
	buffer_printf(html, "%s</h2>", channel->archived ? " (archived)" : "");
	if (channel->count == 0)
		buffer_puts(html, "<div class=\"none\">No messages yet</div>");
	for (i = 0; i < channel->count; i++) {
		if (channel->messages[i].thread_ts[0] != '\0')
			continue;
		message_html(html, &channel->messages[i]);
		for (j = i + 1; j < channel->count; j++)
			if (strcmp(channel->messages[j].thread_ts,
			    channel->messages[i].ts) == 0)
				message_html(html, &channel->messages[j]);
	}
	buffer_puts(html, "</section>");
}

void
page_write(struct buffer *html, const struct channels *channels)
{
	const struct channel *channel;
	size_t i;

	buffer_puts(html, head);
	buffer_puts(html, "<nav><b>Sandbox</b>");
	for (i = 0; i < channels->count; i++) {
		channel = &channels->list[i];
		buffer_printf(html, "<a href=\"#%s\"><span># ", channel->id);
		html_text(html, channel->name, strlen(channel->name));
		buffer_printf(html, "</span><span>%zu</span></a>",
		    channel->count);
	}
	buffer_puts(html, "</nav><main>");
	for (i = 0; i < channels->count; i++)
		channel_html(html, &channels->list[i]);
	buffer_puts(html, "</main></body></html>\n");
}
