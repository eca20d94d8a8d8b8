/*
 * ask: a question to Slack, waited for.
 *
 * For methods that change nothing: what fails for the moment is asked again,
 * and a rate limit waited for, as long as the budget allows.
 */
#ifndef LEDGERPIPE_DELIVER_ASK_H
#define LEDGERPIPE_DELIVER_ASK_H

#include "deliver/client.h"
#include "json.h"

#define ASK_WORD_MAX 128

struct ask {
	struct client *client;
	int64_t budget_ms;            /* of one question */

	struct buffer text;
	struct json json;             /* the last answer */
	char scopes[HTTP_SCOPES_MAX]; /* of the token, as it says; or "" */
	char word[ASK_WORD_MAX];      /* why it was refused */
};

void ask_open(struct ask *ask, struct client *client, int64_t budget_ms);
void ask_close(struct ask *ask); /* zeroed or closed: fine */
/* POST a form to a method.  0: ok, the answer is there; 1: refused with a word.
 * Errors: EXIT_UNAVAILABLE when Slack stayed away for the budget,
 * EXIT_PROTOCOL when what answers isn't Slack's API, EXIT_SYSTEM. */
int ask_slack(struct ask *ask, const char *method, const struct buffer *form,
    struct error *error);

#endif
