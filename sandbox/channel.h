/*
 * channel: the channels of the simulated workspace and what was posted there.
 *
 * The messages of a channel are in the order of their ts, which is unique in
 * the channel.  Everything a message points to is its own.
 */
#ifndef SANDBOX_CHANNEL_H
#define SANDBOX_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"

struct message {
	char ts[32];
	char thread_ts[32]; /* "" unless it is a reply */
	int64_t posted_ms;  /* wall clock */
	char *text;         /* JSON text, as are the next two (or NULL) */
	char *blocks, *metadata;
};

struct channel {
	char *name; /* without '#' */
	char id[16];
	bool archived, deleted, forbidden, kicked;
	int64_t last_post_ms; /* monotonic; 0: never */
	int64_t last_us;      /* the last ts in microseconds */
	struct message *messages;
	size_t count, capacity;
};

struct channels {
	struct channel *list;
	size_t count;
};

int channels_add(struct channels *channels, const char *name);
void channels_free(struct channels *channels);
/* By id, "#name" or "name"; NULL: none, or deleted. */
struct channel *channels_find(struct channels *channels, const char *name);
/* A further message with a ts of its own, or NULL without memory.  The JSON
 * texts are copied; blocks and metadata may be NULL. */
struct message *channel_post(struct channel *channel, const char *thread_ts,
    const char *text, const char *blocks, const char *metadata);
/* The parent with that ts (not a reply), or NULL. */
const struct message *channel_parent(const struct channel *channel,
    const char *ts);
/* The message as conversations.history shows it. */
void message_write(struct buffer *out, const struct message *message,
    bool all_metadata);

#endif
