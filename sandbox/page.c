/* SPDX-License-Identifier: MIT */
#include "sandbox/page.h"

#include <string.h>

#include "transform/date.h"
#include "transform/html.h"
#include "transform/render.h"

/* Without a script, the channel that is seen is the target of the address;
 * the one that stands last is seen without one, and hides when another is.
 * A column in reverse is scrolled to its end, the newest message, at first. */
static const char style[] =
    ":root{--side:#4d394b;--sideink:#e8dfe8;--chosen:#1164a3}"
    "@media(prefers-color-scheme:dark){:root{--side:#19171d;"
    "--sideink:#b9babd}}\n"
    "*{box-sizing:border-box}"
    "body{margin:0;display:grid;grid-template-columns:240px 1fr;"
    "height:100vh;background:var(--paper);color:var(--ink);"
    "font:15px/1.4667 Lato,\"Noto Sans\",\"Helvetica Neue\",Arial,"
    "\"DejaVu Sans\",sans-serif}"
    "nav{background:var(--side);color:var(--sideink);overflow:auto}"
    "nav h1{margin:0;padding:15px 16px;font-size:18px;line-height:1.33;"
    "color:#fff;border-bottom:1px solid rgba(255,255,255,.13)}"
    "nav p{margin:16px 16px 6px;font-size:13px}"
    "nav a{display:flex;justify-content:space-between;align-items:center;"
    "gap:8px;margin:0 8px;"
    "padding:2px 10px;border-radius:6px;color:inherit;text-decoration:none}"
    "nav a:hover{background:rgba(255,255,255,.1)}"
    "nav a span:first-child{overflow:hidden;text-overflow:ellipsis;"
    "white-space:nowrap}"
    ".count{font-size:12px;opacity:.8}\n"
    "main{min-width:0;position:relative}"
    "main>section{position:absolute;inset:0;display:none;"
    "flex-direction:column;background:var(--paper)}"
    "main>section:target,main>section:last-child{display:flex}"
    "main>section:target~section:last-child{display:none}"
    "h2{margin:0;padding:13px 20px;font-size:18px;line-height:1.33;"
    "border-bottom:1px solid var(--line)}"
    "h2 small{margin-left:12px;font-weight:400;font-size:13px;"
    "color:var(--dim)}"
    ".scroll{flex:1;display:flex;flex-direction:column-reverse;"
    "overflow-y:auto}"
    ".scroll>div{margin-bottom:auto;padding:4px 0 20px}\n"
    ".day{display:flex;align-items:center;margin:10px 0}"
    ".day:before,.day:after{content:\"\";flex:1;"
    "border-top:1px solid var(--line)}"
    ".day span{border:1px solid var(--line);border-radius:14px;"
    "padding:2px 14px;font-size:13px;font-weight:700}"
    ".other{background:#8d6e63}"
    ".time,.edited,.replies{color:var(--dim);font-size:12px}"
    ".replies{padding:4px 20px 0 64px;color:var(--link);font-size:13px;"
    "font-weight:700}"
    ".reply{margin-left:46px;padding:6px 20px 6px 16px;"
    "border-left:2px solid var(--line)}"
    ".reply .avatar{width:24px;height:24px;line-height:24px;font-size:12px;"
    "border-radius:4px}"
    ".none{padding:20px;color:var(--dim)}\n"
    "@media(max-width:700px){body{grid-template:auto 1fr/1fr}"
    "nav{display:flex;align-items:center;overflow-x:auto}"
    "nav h1{border:0;font-size:15px;padding:10px 4px 10px 14px}"
    "nav p{display:none}nav a{margin:0 2px;white-space:nowrap}"
    ".message,h2{padding-left:14px;padding-right:14px}"
    ".reply{margin-left:30px}.replies{padding-left:58px}}\n";

static void
time_html(struct buffer *html, const struct message *message,
    const char *format)
{
	struct buffer text;

	buffer_init(&text, 256);
	date_write(&text, message->posted_ms / 1000, format, strlen(format));
	html_text(html, buffer_text(&text), text.length);
	buffer_free(&text);
}

static void
content_html(struct buffer *html, const struct message *message)
{
	struct json json = { 0 };
	struct error ignored;
	struct buffer text;

	buffer_init(&text, (size_t)64 << 20);
	message_write(&text, message, true);
	buffer_puts(html, "<div class=\"content\">");
	if (json_parse(&json, buffer_text(&text), text.length, &ignored) == 0)
		render_message(html, &json, 0);
	buffer_puts(html, "</div>");
	json_free(&json);
	buffer_free(&text);
}

static void
message_html(struct buffer *html, const struct message *message, bool reply)
{
	const char *name = message->foreign ? "another app" : "ledgerpipe";

	buffer_printf(html, "<div class=\"message%s\">"
	    "<div class=\"avatar%s\">%s</div><div class=\"body\">"
	    "<span class=\"name\">%s</span><span class=\"app\">APP</span>"
	    "<span class=\"time\" title=\"", reply ? " reply" : "",
	    message->foreign ? " other" : "", message->foreign ? "?" : "L",
	    name);
	time_html(html, message, "{date_long} at {time_secs} UTC");
	buffer_puts(html, "\">");
	time_html(html, message, "{time}");
	buffer_puts(html, "</span>");
	content_html(html, message);
	if (message->edited_ts[0] != '\0')
		buffer_puts(html, "<span class=\"edited\">(edited)</span>");
	buffer_puts(html, "</div></div>\n");
}

/* A line over the first message of each day. */
static void
day_html(struct buffer *html, const struct message *message,
    const struct message *before)
{
	const int64_t day_ms = 86400000;

	if (before != NULL &&
	    message->posted_ms / day_ms == before->posted_ms / day_ms)
		return;
	buffer_puts(html, "<div class=\"day\"><span>");
	time_html(html, message, "{date_long}");
	buffer_puts(html, "</span></div>\n");
}

static void
replies_html(struct buffer *html, const struct channel *channel,
    size_t parent)
{
	const struct message *messages = channel->messages;
	size_t count = messages[parent].replies, i;

	if (count == 0)
		return;
	buffer_printf(html, "<div class=\"replies\">%zu %s</div>\n", count,
	    count == 1 ? "reply" : "replies");
	for (i = parent + 1; i < channel->count && count > 0; i++)
		if (strcmp(messages[i].thread_ts, messages[parent].ts) == 0) {
			message_html(html, &messages[i], true);
			count--;
		}
}

static void
channel_html(struct buffer *html, const struct channel *channel)
{
	const struct message *message, *before = NULL;
	size_t i;

	buffer_printf(html, "<section id=\"%s\"><h2># ", channel->id);
	html_text(html, channel->name, strlen(channel->name));
	buffer_printf(html, "<small>%zu %s%s</small></h2>"
	    "<div class=\"scroll\"><div>\n", channel->count,
	    channel->count == 1 ? "message" : "messages",
	    channel->archived ? ", archived" : "");
	if (channel->count == 0)
		buffer_puts(html, "<div class=\"none\">No messages yet."
		    "</div>");
	for (i = 0; i < channel->count; i++) {
		message = &channel->messages[i];
		if (message->thread_ts[0] != '\0')
			continue;
		day_html(html, message, before);
		message_html(html, message, false);
		replies_html(html, channel, i);
		before = message;
	}
	buffer_puts(html, "</div></div></section>\n");
}

/* The channel that is seen first: the first with a message, else the first. */
static const struct channel *
first_seen(const struct channels *channels)
{
	const struct channel *first = NULL, *channel;
	size_t i;

	for (i = 0; i < channels->count; i++) {
		channel = &channels->list[i];
		if (channel->deleted)
			continue;
		if (channel->count > 0)
			return channel;
		if (first == NULL)
			first = channel;
	}
	return first;
}

/* Mark the channel that is seen in the list. */
static void
chosen_style(struct buffer *html, const struct channel *channel, bool first)
{
	buffer_printf(html, "body:has(#%s:target) nav a[href=\"#%s\"]",
	    channel->id, channel->id);
	if (first)
		buffer_printf(html, ",body:not(:has(:target)) nav "
		    "a[href=\"#%s\"]", channel->id);
	buffer_puts(html, "{background:var(--chosen);color:#fff}\n");
}

static void
entry_html(struct buffer *html, const struct channel *channel)
{
	buffer_printf(html, "<a href=\"#%s\"><span># ", channel->id);
	html_text(html, channel->name, strlen(channel->name));
	buffer_printf(html, "</span><span class=\"count\">%zu</span></a>\n",
	    channel->count);
}

void
page_write(struct buffer *html, const struct channels *channels)
{
	const struct channel *first = first_seen(channels), *channel;
	size_t i;

	buffer_puts(html, "<!DOCTYPE html><html lang=\"en\"><head>"
	    "<meta charset=\"utf-8\"><meta name=\"viewport\" "
	    "content=\"width=device-width,initial-scale=1\">"
	    "<title>Sandbox workspace</title><style>");
	buffer_puts(html, render_style);
	buffer_puts(html, style);
	for (i = 0; i < channels->count; i++)
		if (!channels->list[i].deleted)
			chosen_style(html, &channels->list[i],
			    &channels->list[i] == first);
	buffer_puts(html, "</style></head><body>\n"
	    "<nav><h1>Sandbox</h1><p>Channels</p>\n");
	for (i = 0; i < channels->count; i++)
		if (!channels->list[i].deleted)
			entry_html(html, &channels->list[i]);
	buffer_puts(html, "</nav><main>\n");
	for (i = 0; i < channels->count; i++) {
		channel = &channels->list[i];
		if (!channel->deleted && channel != first)
			channel_html(html, channel);
	}
	if (first != NULL)
		channel_html(html, first);
	buffer_puts(html, "</main></body></html>\n");
}
