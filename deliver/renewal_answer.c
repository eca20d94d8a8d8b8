/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "clock.h"
#include "deliver/renewal_part.h"
#include "log.h"
#include "retry.h"

#define STORE_MS 200
#define STORE_MAX_MS 10000

static int
store(struct renewal *renewal, struct token *fresh, struct error *error)
{
	struct ledger *ledger = renewal->ledger;
	struct token current;
	int rc = token_read(ledger, &current, error);

	if (rc == 1 || (rc == 0 && !token_same(&current, &renewal->token))) {
		*fresh = current; /* of a person, who knows better */
		return 1;
	}
	token_free(&current);
	return rc == -1 ? -1 : token_put(ledger, &renewal->given,
	    renewal->asked_ms, "token.renewed", fresh, error);
}

int
renewal_store(struct renewal *renewal, struct error *error)
{
	struct db *db = renewal->ledger->db;
	struct token fresh = { 0 };
	char until[CLOCK_TEXT];
	bool ours;
	int rc;

	if (db_begin(db, error) == -1)
		return -1;
	rc = store(renewal, &fresh, error);
	if (rc == 0 && db_commit(db, error) == -1)
		rc = -1;
	if (rc != 0)
		db_rollback(db);
	ours = rc == 0;
	if (rc == 1 && fresh.access.text == NULL)
		rc = error_set(error, EXIT_NOAUTH, "the vault has no token "
		    "any more");
	else if (rc != -1)
		rc = renewal_adopt(renewal, &fresh, error);
	if (rc == 0 && ours) {
		renewal->renewed = true;
		renewal->other = false;
		clock_format(renewal->token.expires_ms, until);
		log_info("the token was renewed: it is good until %s", until);
	}
	token_free(&fresh);
	return rc;
}

void
renewal_try_store(struct renewal *renewal, int64_t now)
{
	struct error *why = &renewal->why;

	if (renewal_store(renewal, why) == 0) {
		renewal->step = RENEWAL_IDLE;
		oauth_answer_free(&renewal->given);
		renewal_unlock(renewal);
		return;
	}
	if (!renewal->unstored)
		log_error("the new token can't be stored: %s; trying again: "
		    "its refresh token is in this process alone, and the old "
		    "one is spent", why->message);
	renewal->unstored = true;
	renewal->due_ms = now + retry_backoff_ms(renewal->failures++,
	    STORE_MS, STORE_MAX_MS);
}

static void
refused(struct renewal *renewal, int64_t now)
{
	const char *word = renewal->given.word;

	error_set(&renewal->why, EXIT_NOAUTH, "Slack gave no token: %s; %s",
	    *word != '\0' ? word : "it doesn't say why", oauth_remedy(word));
	if (!renewal->told && !renewal->told_end)
		snprintf(renewal->refusal, sizeof(renewal->refusal), "%s",
		    *word != '\0' ? word : "unknown");
	renewal_died(renewal, now);
}

void
renewal_take(struct renewal *renewal, const struct call *call, int64_t now)
{
	struct oauth_answer *given = &renewal->given;
	struct error *why = &renewal->why;

	renewal->step = RENEWAL_IDLE;
	if (oauth_judge(&call->answer, clock_wall_ms(), given, why) == -1) {
		oauth_answer_free(given);
		renewal_failed(renewal, now, -1);
		return;
	}
	switch (given->result) {
	case OAUTH_GIVEN:
		renewal->step = RENEWAL_STORING;
		renewal->due_ms = now;
		renewal->failures = 0;
		renewal->unstored = false;
		return;
	case OAUTH_AWAY:
		error_set(why, EXIT_UNAVAILABLE, OAUTH_METHOD ": %s",
		    given->word);
		renewal_failed(renewal, now, given->wait_ms);
		break;
	case OAUTH_REFUSED:
		refused(renewal, now);
		break;
	case OAUTH_FOREIGN:
	case OAUTH_NO_BOT:
		error_set(why, EXIT_PROTOCOL, OAUTH_METHOD ": %s: check "
		    "slack.url", given->result == OAUTH_NO_BOT ?
		    "a token, but no bot's" : given->word);
		renewal_died(renewal, now);
	}
	oauth_answer_free(given);
}

/* A person will ask why it ended.  A log that can't be written now is no reason
 * to stop: it was said on stderr too. */
void
renewal_audit(struct renewal *renewal)
{
	struct db *db = renewal->ledger->db;
	struct buffer detail;
	struct error error;

	if (*renewal->refusal == '\0')
		return;
	buffer_init(&detail, 1024);
	buffer_puts(&detail, "{");
	buffer_json_member(&detail, "error", renewal->refusal);
	buffer_puts(&detail, "}");
	*renewal->refusal = '\0';
	if (db_begin(db, &error) == 0 && (audit_append(renewal->ledger,
	    "token.refused", TOKEN_NAME, detail.data, &error) == -1 ||
	    db_commit(db, &error) == -1))
		db_rollback(db);
	buffer_free(&detail);
}
