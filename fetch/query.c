/* SPDX-License-Identifier: MIT */
#include "fetch/query.h"

#include <string.h>

#include "clock.h"
#include "fetch/url.h"

int64_t
query_second(int64_t stamp_ms)
{
	int64_t beyond = stamp_ms % QUERY_SECOND_MS;

	return stamp_ms - (beyond < 0 ? beyond + QUERY_SECOND_MS : beyond);
}

static void
bound(struct buffer *query, const char *cursor, const char *operator,
    int64_t stamp_ms)
{
	char stamp[CLOCK_TEXT];

	if (stamp_ms == -1)
		return;
	clock_format(stamp_ms, stamp);
	buffer_printf(query, "%s%s %s '%s'", query->length > 0 ? " and " : "",
	    cursor, operator, stamp);
}

void
query_text(const struct stream *stream, const struct query *query,
    struct buffer *out)
{
	struct buffer own;

	if (stream->scan == STREAM_QUERY) {
		bound(out, stream->cursor, ">=", query->low == -1 ? -1 :
		    query_second(query->low));
		bound(out, stream->cursor, "<", query->until == -1 ? -1 :
		    query_second(query->until + QUERY_SECOND_MS - 1));
	}
	buffer_init(&own, STREAM_TEXT_MAX);
	if (streams_condition(stream, &own) == -1)
		out->failed = true;
	if (own.length > 0)
		buffer_printf(out, "%s%s", out->length > 0 ? " and " : "",
		    own.data);
	buffer_free(&own);
}

/* The order must name the key, so that ties have an order too. */
static void
order(const struct stream *stream, struct buffer *out)
{
	const char *key = stream->key;
	size_t length;

	if (stream->scan != STREAM_WHOLE)
		buffer_printf(out, "%s:%s", stream->cursor, stream->scan ==
		    STREAM_DESCENDING ? "desc" : "asc");
	while (*key != '\0') {
		length = strcspn(key, ",");
		buffer_printf(out, "%s%.*s:asc", out->length > 0 ? "," : "",
		    (int)length, key);
		key += length + (key[length] == ',');
	}
}

int
query_url(const struct stream *stream, const struct query *query,
    struct buffer *url, struct error *error)
{
	struct buffer text;

	buffer_init(&text, STREAM_TEXT_MAX);
	buffer_clear(url);
	buffer_printf(url, "%s?onlyData=true&limit=%lld&offset=%lld",
	    stream->path, (long long)query->limit, (long long)query->offset);
	query_text(stream, query, &text);
	if (text.length > 0)
		url_parameter(url, "q", text.data);
	if (text.failed)
		url->failed = true;
	buffer_clear(&text);
	order(stream, &text);
	url_parameter(url, "orderBy", buffer_text(&text));
	/* The server lets fields win over expand. */
	if (stream->fields != NULL)
		url_parameter(url, "fields", stream->fields);
	else if (stream->expand != NULL && *stream->expand != '\0')
		url_parameter(url, "expand", stream->expand);
	if (text.failed)
		url->failed = true;
	buffer_free(&text);
	return url->failed ? error_set(error, EXIT_CONFIG, "stream %s: its "
	    "filter or fields are too long for a URL", stream->name) : 0;
}
