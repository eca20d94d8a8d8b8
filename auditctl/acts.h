/*
 * acts: what a person does to many messages: replay, hold, release, cancel.
 *
 * They are named by ids, by ids on standard input, or by a query.  The lowest
 * id is first, which is the order that deliver sends in, and each is taken once.
 * Of a query the ids are read by batches, without a lock, so the command looks
 * at each message again in a transaction of its own: deliver may run.
 *
 * The command counts what it did in done, and tells with acts_refuse what it
 * left as it was.  Of a query only the first ACTS_TOLD of these are named; a
 * summary tells the number of all.
 */
#ifndef LEDGERPIPE_AUDITCTL_ACTS_H
#define LEDGERPIPE_AUDITCTL_ACTS_H

#include "auditctl/query.h"

#define ACTS_BATCH 100
#define ACTS_TOLD 10
#define ACTS_REASONS 16

struct acts {
	struct ledger *ledger;
	const char *name; /* of the command */
	const char *verb; /* what became of them: "held" */
	const char *usual; /* the states of a query without --state */
	const char *reason; /* --reason, or NULL */
	bool dry; /* --dry-run */
	struct query query;
	bool asks;  /* a query was given */
	int64_t done, left;
	struct {
		char what[32];
		int64_t count;
	} reasons[ACTS_REASONS];
	/* One of the two: an exit status, EXIT_NO where something was left. */
	int (*one)(void *context, int64_t id);
	int (*batch)(void *context, const int64_t *ids, size_t count);
	void *context;
};

/* The options of all these commands: rows of a table for getopt_long, which has
 * room for ACTS_OPTIONS; and what one of them says, as query_take. */
#define ACTS_OPTIONS (QUERY_OPTIONS + 2)
void acts_options(struct option *table);
int acts_take(struct acts *acts, int option, const char *value);
/* Do it to what words, of which there are count, or the query says: an exit
 * status. */
int acts_run(struct acts *acts, char **words, int count);
/* A message is left as it was: what it is, in a few words that follow a number,
 * and the sentence.  EXIT_NO. */
int acts_refuse(struct acts *acts, const char *what, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* {"reason":..., if there is one, into the detail of an event, and its end. */
void acts_end_detail(const struct acts *acts, struct buffer *detail);

#endif
