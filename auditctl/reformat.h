/*
 * reformat: replay --reformat, in two parts.
 *
 * reformat.c reads the records of some messages and has today's filters look
 * at them, without a lock; reformat_apply.c then gives each message what its
 * filter makes of its record, in a transaction of its own.
 */
#ifndef LEDGERPIPE_AUDITCTL_REFORMAT_H
#define LEDGERPIPE_AUDITCTL_REFORMAT_H

#include "auditctl/replay.h"
#include "deliver/entry.h"

/* What the filters make of a record today. */
struct reformat_answer {
	struct entry *entries; /* its MESSAGEs */
	size_t count, room;
	char **failed; /* the filters that made a REJECT */
	size_t failed_count, failed_room;
};

/* May it be given another payload?  Says why not. */
bool reformat_judge(struct replay *replay, int64_t id,
    const struct replay_found *found);
/* Do it: an exit status. */
int reformat_apply(struct replay *replay, int64_t id,
    const struct reformat_answer *answer);

#endif
