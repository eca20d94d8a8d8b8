/*
 * replay: what replay.c, replay_look.c, replay_copy.c and the modules of --reformat share.
 *
 * What changes something runs within a transaction, which has the write lock:
 * what was looked at in it stays so until the commit.
 */
#ifndef LEDGERPIPE_AUDITCTL_REPLAY_H
#define LEDGERPIPE_AUDITCTL_REPLAY_H

#include "auditctl/acts.h"
#include "buffer.h"

/* A copy is a post, whatever the first one was: an edit or a reply would be no
 * second message in the channel. */
#define REPLAY_DELIVERY "{\"on_change\":\"post\"}"

/* In the key of a copy in another channel, before its name. */
#define REPLAY_TO ":!to:"

struct replay {
	struct acts acts;
	bool resend, again, reformat;
	char *to; /* another channel, or NULL */
};

/* What is known of a message. */
struct replay_found {
	char state[16];
	char *key, *channel; /* channel: NULL for a reject */
	char *filter, *stream, *record_id, *record_version, *hash;
	int64_t generation, position;
	bool copy;    /* it sends another one again */
	bool payload; /* it has one */
	bool doubt;   /* it is held, and may be in Slack */
	bool threads; /* its filter names the thread that it replies to */
};

/* 1, 0: there is none, which is told, or -1.  The caller frees it after 1. */
int replay_look(struct replay *replay, int64_t id, struct replay_found *found,
    struct error *error);
void replay_found_free(struct replay_found *found);

/* Would a query send once more what itself sends another one again?  Then it is
 * told: the same query twice would send twice. */
bool replay_repeats(struct replay *replay, int64_t id,
    const struct replay_found *found);

/* What a new row says that stands for a message once more. */
struct replay_copy {
	int64_t of;
	const char *key, *channel;
	/* In place of those that the message has, or NULL. */
	const char *payload, *hash, *not_before;
};

/* 1: made, *id is its row; 0: it was made before, which is told, -1: error. */
int replay_copy(struct replay *replay, const struct replay_copy *copy,
    int64_t *id, struct error *error);
/* The same, where it is to be known only whether it could be made. */
int replay_copy_try(struct replay *replay, const struct replay_copy *copy,
    struct error *error);
/* The key of a copy in the message's own channel. */
int replay_again_key(const struct replay_found *found, struct buffer *key,
    struct error *error);

/* --reformat: an exit status.  The context is a struct replay. */
int reformat_batch(void *context, const int64_t *ids, size_t count);

#endif
