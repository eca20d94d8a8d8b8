/*
 * pool_part: what pool is made of; for pool alone.
 *
 * -1 is EXIT_SYSTEM, and the end, unless it says otherwise.
 */
#ifndef LEDGERPIPE_TRANSFORM_POOL_PART_H
#define LEDGERPIPE_TRANSFORM_POOL_PART_H

#include "transform/pool.h"

/* pool_filters: take SIGHUP from now on, unless it is ignored: it is let
 * through with this mask alone.  Did it come since the last reload? */
int pool_hangup(sigset_t *waiting, struct error *error);
bool pool_hung_up(void);
/* The first loading, which is waited for: EXIT_CONFIG too. */
int pool_filters_load(struct pool *pool, struct error *error);
/* Begin to load into pool->next; take what its foreman says; when it is
 * ready, and no chunk is out, let it replace what there is. */
void pool_filters_reload(struct pool *pool);
void pool_filters_news(struct pool *pool);
void pool_filters_switch(struct pool *pool);
/* Another foreman for the same filters. */
int pool_filters_replace(struct pool *pool, struct error *error);
void pool_filters_free(struct pool_filters *filters); /* NULL: fine */

/* pool_slot: give what isn't answered of the slot's chunk to its worker, which
 * is started if there is none. */
int slot_hand_out(struct pool *pool, struct pool_slot *slot,
    struct error *error);
/* Write what there is room for.  -1: the worker is gone. */
int slot_say(struct pool_slot *slot);
/* Take what the worker says, or its end. */
int slot_listen(struct pool *pool, struct pool_slot *slot,
    struct error *error);
/* The worker is gone. */
int slot_lost(struct pool *pool, struct pool_slot *slot, struct error *error);
/* Let it end. */
void slot_dismiss(struct pool_slot *slot);

#endif
