/*
 * check: can messages go to every channel that they are routed to, and what is
 * to be mended before they can?
 *
 * Asks Slack who the token is (auth.test) and what it may do, and for all of
 * its channels (conversations.list).  Each finding is a line on stderr; none
 * stops the others but a Slack that can't be reached or refuses the token.
 * Nothing is posted, and nothing written, but for a token that has ended: it is
 * renewed by the caller before.
 */
#ifndef LEDGERPIPE_DELIVER_CHECK_H
#define LEDGERPIPE_DELIVER_CHECK_H

#include "config.h"
#include "deliver/renewal.h"
#include "ledger.h"

struct check_setup {
	const struct config *config;
	struct ledger *ledger;
	struct client *client;
	struct renewal *renewal;
	int64_t budget_ms; /* to wait for Slack, for each question */
};

/* The exit status: the worst of all findings. */
int check_run(const struct check_setup *setup, struct error *error);

#endif
