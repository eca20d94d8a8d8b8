/* SPDX-License-Identifier: MIT */
/*
 * What the posts of our app add up to, so that a test can judge it:
 *
 *   {"refused":429s, "smallest_gap_ms":between any two posts or null,
 *    "busiest_second":the most messages in any 1000 ms, "duplicates":N,
 *    "channels":{"#name":{"id":"C…","messages":N,"updates":N,
 *     "smallest_gap_ms":N or null,"duplicates":N}}}
 *
 * Two messages of a channel with the same metadata.event_payload.key are a
 * duplicate.  Gaps are monotonic.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/workspace_state.h"

static int
compare_keys(const void *one, const void *other)
{
	return strcmp(*(char *const *)one, *(char *const *)other);
}

static int
compare_times(const void *one, const void *other)
{
	int64_t a = *(const int64_t *)one, b = *(const int64_t *)other;

	return a < b ? -1 : a > b;
}

static char *
message_key(const struct message *message)
{
	const char *metadata = message->content.metadata;
	struct json json = { 0 };
	struct error ignored;
	char *key = NULL;

	if (metadata != NULL && !message->foreign && json_parse(&json,
	    metadata, strlen(metadata), &ignored) == 0)
		key = json_dup(&json, json_path(&json, "event_payload.key"));
	json_free(&json);
	return key;
}

static size_t
duplicates(const struct channel *channel)
{
	char **keys = calloc(channel->count + 1, sizeof(*keys));
	size_t i, count = 0, equal = 0;

	for (i = 0; keys != NULL && i < channel->count; i++)
		if ((keys[count] = message_key(&channel->messages[i])) != NULL)
			count++;
	if (count > 0)
		qsort(keys, count, sizeof(*keys), compare_keys);
	for (i = 1; i < count; i++)
		equal += strcmp(keys[i - 1], keys[i]) == 0;
	while (count > 0)
		free(keys[--count]);
	free(keys);
	return equal;
}

static size_t
busiest_second(const struct channels *channels)
{
	size_t i, j, total = 0, count = 0, first, most = 0;
	const struct channel *channel;
	int64_t *times;

	for (i = 0; i < channels->count; i++)
		total += channels->list[i].count;
	if ((times = calloc(total + 1, sizeof(*times))) == NULL)
		return 0;
	for (i = 0; i < channels->count; i++) {
		channel = &channels->list[i];
		for (j = 0; j < channel->count; j++)
			if (!channel->messages[j].foreign)
				times[count++] = channel->messages[j].kept_ms;
	}
	qsort(times, count, sizeof(*times), compare_times);
	for (i = 0, first = 0; i < count; i++) {
		while (times[i] - times[first] >= 1000)
			first++;
		if (i - first + 1 > most)
			most = i - first + 1;
	}
	free(times);
	return most;
}

static void
gap_write(struct buffer *out, int64_t gap_ms)
{
	if (gap_ms == -1)
		buffer_puts(out, ",\"smallest_gap_ms\":null");
	else
		buffer_printf(out, ",\"smallest_gap_ms\":%lld",
		    (long long)gap_ms);
}

void
stats_write(struct buffer *out, const struct workspace *workspace)
{
	const struct channels *channels = &workspace->channels;
	const struct channel *channel;
	size_t i, equal, all = 0;
	char name[300];

	buffer_puts(out, "{\"channels\":{");
	for (i = 0; i < channels->count; i++) {
		channel = &channels->list[i];
		equal = duplicates(channel);
		all += equal;
		snprintf(name, sizeof(name), "#%.256s", channel->name);
		buffer_json_name(out, name);
		buffer_printf(out, "{\"id\":\"%s\",\"messages\":%zu,"
		    "\"updates\":%zu,\"duplicates\":%zu", channel->id,
		    channel->count, channel->updates, equal);
		gap_write(out, channel->smallest_gap_ms);
		buffer_puts(out, "}");
	}
	buffer_printf(out, "},\"refused\":%zu,\"duplicates\":%zu,"
	    "\"busiest_second\":%zu", workspace->refused, all,
	    busiest_second(channels));
	gap_write(out, workspace->smallest_gap_ms);
	buffer_puts(out, "}\n");
}
