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

/* What a message says, as JSON texts; all but text may be NULL. */
struct content {
	char *text, *blocks, *attachments, *metadata;
};

struct message {
	char ts[32];
	char thread_ts[32]; /* "" unless it is a reply */
	char edited_ts[32]; /* "" unless it is shown as edited */
	int64_t posted_ms;  /* wall clock */
	int64_t kept_ms;    /* the same on the monotonic clock */
	bool foreign;       /* of another app */
	bool broadcast;     /* a reply that the channel shows too */
	size_t replies;
	struct content content;
};

struct channel {
	char *name; /* without '#' */
	char id[16];
	bool archived, deleted, forbidden, kicked;
	int64_t last_post_ms; /* of our app, monotonic; 0: never */
	int64_t smallest_gap_ms; /* between two of them; -1: none yet */
	int64_t last_us;         /* the last ts in microseconds */
	size_t updates;
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
/* A further message with a ts of its own, or NULL without memory.  The content
 * is copied; thread_ts may be NULL. */
struct message *channel_post(struct channel *channel, const char *thread_ts,
    const struct content *content);
/* The message with that ts, or NULL. */
struct message *channel_message(const struct channel *channel, const char *ts);
/* The same if it is the parent of a thread or may become one: no reply. */
struct message *channel_parent(const struct channel *channel, const char *ts);
/* Take the message away; replies to it stay, without a thread. */
void channel_remove(struct channel *channel, struct message *message);
/* Replace what the message says by a copy of content; -1 without memory. */
int message_replace(struct message *message, const struct content *content);
/* The message as conversations.history shows it. */
void message_write(struct buffer *out, const struct message *message,
    bool all_metadata);

#endif
