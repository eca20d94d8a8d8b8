/*
 * guests: who is connected, and since when each owes a request.
 *
 * The list is in the order of that time, so who has been at it longest is its
 * head.  One that is cut off is only shut down here: the server's own reading
 * notices, and closes it.
 */
#ifndef LEDGERPIPE_VERIFY_GUESTS_H
#define LEDGERPIPE_VERIFY_GUESTS_H

#include <stdbool.h>
#include <stdint.h>

struct guest {
	struct guest *previous, *next;
	int fd;
	int64_t since_ms; /* monotonic */
	void *sending;    /* the owner's: what has some of its body; or NULL */
	bool served;      /* its request is complete: we owe the answer */
	bool cut;
};

struct guests {
	struct guest *first, *last;
	unsigned int count; /* cut ones not counted */
};

/* NULL: out of memory. */
struct guest *guests_add(struct guests *guests, int fd, int64_t now_ms);
void guests_remove(struct guests *guests, struct guest *guest); /* frees it */
/* He was answered, and may make another request. */
void guests_renew(struct guests *guests, struct guest *guest, int64_t now_ms);
/* Cut off who came at that time or before. */
void guests_cut(struct guests *guests, int64_t since_ms);
/* Cut off those that have been at it longest until no more than count stay. */
void guests_make_room(struct guests *guests, unsigned int count);
/* Cut off the one of those that are sending that has been at it longest, and
 * give it; NULL: there is none. */
struct guest *guests_cut_sender(struct guests *guests);

#endif
