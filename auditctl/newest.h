/*
 * newest: the messages that a query is about, the newest first.
 *
 * newest_open decides once by which index they are found (newest_source.h); a
 * page is then a statement, and newest_look a step down for whoever has something
 * else to compare with.
 *
 * Errors: those of db.h.
 */
#ifndef LEDGERPIPE_AUDITCTL_NEWEST_H
#define LEDGERPIPE_AUDITCTL_NEWEST_H

#include "auditctl/newest_source.h"
#include "auditctl/query.h"

#define NEWEST_AHEAD 64

struct newest {
	struct ledger *ledger;
	const struct query *query; /* lives on */
	enum newest_source source;
	int64_t first, end; /* their ids are from first on and below end */
	/* newest_look's: the next of them, read at once. */
	int64_t ahead[NEWEST_AHEAD];
	size_t next, count;
	bool last; /* there are none behind these */
};

int newest_open(struct newest *newest, struct ledger *ledger,
    const struct query *query, struct error *error);
/* A statement that gives columns of those with ids below end, at most limit of
 * them; NULL and an error. */
struct statement *newest_prepare(const struct newest *newest,
    const char *columns, int64_t end, int64_t limit, struct error *error);
/* Is the message with this id one of them?  1, 0: no, and *next is the newest
 * that is older, 0 for none; -1.  From one call to the next ids go down. */
int newest_look(struct newest *newest, int64_t id, int64_t *next,
    struct error *error);

#endif
