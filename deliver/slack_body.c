/* SPDX-License-Identifier: MIT */
/* The bodies of chat.postMessage and chat.update. */
#include <string.h>

#include "deliver/slack.h"

#define BLOCKS_MAX 50
/* With the longest text that isn't split (4,000 characters are advised) this
 * makes 4,040, and what is longer was seen in pieces. */
#define GONE "Update: the earlier message is gone"
#define GONE_BLOCK "{\"type\":\"context\",\"elements\":[" \
	"{\"type\":\"plain_text\",\"emoji\":false,\"text\":\"" GONE "\"}]}"

/* A body while it is written. */
struct body {
	struct buffer *out;
	struct json json; /* the payload */
};

static int
begin(struct body *body, const char *payload, const char *channel,
    struct error *error)
{
	buffer_clear(body->out);
	if (json_parse(&body->json, payload, strlen(payload), error) == -1)
		return -1;
	if (json_type(&body->json, 0) != JSON_OBJECT)
		return error_set(error, EXIT_DATA,
		    "its payload is not an object");
	buffer_puts(body->out, "{");
	buffer_json_member(body->out, "channel", channel);
	return 0;
}

static int
end(struct body *body, const char *token, struct error *error)
{
	buffer_puts(body->out, ",\"metadata\":{\"event_type\":\""
	    SLACK_METADATA_TYPE "\",\"event_payload\":{");
	buffer_json_member(body->out, "key", token);
	buffer_puts(body->out, "}}}");
	return body->out->failed ? error_set(error, EXIT_DATA,
	    "its payload is too large") : 0;
}

/* Is the member there, and does it say anything? */
static bool
has(const struct body *body, const char *name, enum json_type type)
{
	return json_type(&body->json, json_member(&body->json, 0, name)) ==
	    type;
}

/* A member's name and its value up to its opening quote or bracket. */
static void
copy_opening(struct body *body, const struct json_value *value)
{
	const char *text = body->json.text;

	buffer_puts(body->out, ",");
	buffer_append(body->out, text + value->name,
	    (size_t)(value->name_end - value->name));
	buffer_puts(body->out, ":");
	buffer_append(body->out, text + value->start, 1);
}

static void
copy_rest(struct body *body, const struct json_value *value)
{
	buffer_append(body->out, body->json.text + value->start + 1,
	    value->end - value->start - 1);
}

static void
copy(struct body *body, json_node node)
{
	copy_opening(body, &body->json.values[node]);
	copy_rest(body, &body->json.values[node]);
}

/* The same, with word of what can't be changed. */
static void
copy_as_gone(struct body *body, json_node node)
{
	const struct json *json = &body->json;
	size_t blocks = json_count(json, node);

	copy_opening(body, &json->values[node]);
	if (json_named(json, node, "text") &&
	    json_type(json, node) == JSON_STRING)
		buffer_puts(body->out, GONE "\\n");
	else if (json_named(json, node, "blocks") &&
	    json_type(json, node) == JSON_ARRAY && blocks > 0 &&
	    blocks < BLOCKS_MAX)
		buffer_puts(body->out, GONE_BLOCK ",");
	copy_rest(body, &json->values[node]);
}

/* A member that deliver writes itself. */
static bool
is_ours(const struct body *body, json_node node, bool thread, bool text)
{
	const struct json *json = &body->json;

	return json_named(json, node, "channel") ||
	    json_named(json, node, "metadata") ||
	    (thread && json_named(json, node, "thread_ts")) ||
	    (text && json_named(json, node, "text"));
}

int
slack_post_body(const char *payload, const char *channel,
    const char *thread_ts, bool says_gone, const char *token,
    struct buffer *out, struct error *error)
{
	struct body body = { .out = out };
	const struct json *json = &body.json;
	bool new_text;
	json_node node;
	int rc = begin(&body, payload, channel, error);

	if (rc == -1)
		goto out;
	new_text = says_gone && !has(&body, "text", JSON_STRING);
	if (thread_ts != NULL)
		buffer_json_member(out, "thread_ts", thread_ts);
	if (new_text)
		buffer_json_member(out, "text", GONE);
	if (json_member(json, 0, "unfurl_links") == JSON_NONE)
		buffer_puts(out, ",\"unfurl_links\":false");
	if (json_member(json, 0, "unfurl_media") == JSON_NONE)
		buffer_puts(out, ",\"unfurl_media\":false");
	for (node = json_first(json, 0); node != JSON_NONE;
	    node = json_next(json, node)) {
		if (is_ours(&body, node, thread_ts != NULL, new_text))
			continue;
		if (says_gone)
			copy_as_gone(&body, node);
		else
			copy(&body, node);
	}
	rc = end(&body, token, error);
out:
	json_free(&body.json);
	return rc;
}

int
slack_update_body(const char *payload, const char *channel,
    const char *ts, const char *token, struct buffer *out,
    struct error *error)
{
	static const struct {
		const char *name;
		enum json_type type;
		const char *none; /* takes away what was there */
	} parts[] = {
		{ "text", JSON_STRING, ",\"text\":\"\"" },
		{ "blocks", JSON_ARRAY, ",\"blocks\":[]" },
		{ "attachments", JSON_ARRAY, ",\"attachments\":[]" },
	};
	struct body body = { .out = out };
	int rc = begin(&body, payload, channel, error);
	size_t i;

	if (rc == -1)
		goto out;
	buffer_json_member(out, "ts", ts);
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (has(&body, parts[i].name, parts[i].type))
			copy(&body, json_member(&body.json, 0,
			    parts[i].name));
		else
			buffer_puts(out, parts[i].none);
	rc = end(&body, token, error);
out:
	json_free(&body.json);
	return rc;
}
