/*
 * routes: the channels that messages go to, as far as we can know.
 *
 * Those that the configuration gives to its filters, those that messages wait
 * for, and those that messages went to in the last ROUTES_DAYS days: a filter
 * may name a channel itself, and then only its messages tell.
 */
#ifndef LEDGERPIPE_DELIVER_ROUTES_H
#define LEDGERPIPE_DELIVER_ROUTES_H

#include "config.h"
#include "deliver/slack.h"
#include "ledger.h"

#define ROUTES_DAYS 30
#define ROUTES_NAME_MAX 256 /* Slack's have 80 characters at most */

struct route {
	char *name;              /* as deliver's queues are named: "#finance" */
	char *filter;             /* whose configuration names it, or NULL */
	int64_t waiting;          /* messages in the queue */
	char slack[SLACK_ID_MAX]; /* its id, as far as the ledger knows */
	/* What Slack says of it. */
	bool found, archived, hidden, member;
	char id[SLACK_ID_MAX];
	char called[ROUTES_NAME_MAX]; /* its name there */
};

struct routes {
	struct route *list;
	size_t count, capacity;
};

int routes_read(struct routes *routes, const struct config *config,
    struct ledger *ledger, struct error *error);
void routes_free(struct routes *routes); /* zeroed or freed: fine */

#endif
