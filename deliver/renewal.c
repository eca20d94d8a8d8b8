/* SPDX-License-Identifier: MIT */
#include "deliver/renewal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "deliver/renewal_part.h"
#include "lockfile.h"
#include "log.h"

int
renewal_open(struct renewal *renewal, const struct renewal_setup *setup,
    struct error *error)
{
	*renewal = (struct renewal){ .ledger = setup->ledger, .lock = -1,
		.client_id = config_string(setup->config, "slack.client_id",
		NULL), .ledger_path = strdup(setup->ledger_path),
		.lock_path = lockfile_path(setup->ledger_path,
		TOKEN_LOCK) };
	if (renewal->ledger_path == NULL || renewal->lock_path == NULL)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	return token_need(setup->ledger, &renewal->token, error);
}

void
renewal_unlock(struct renewal *renewal)
{
	if (renewal->lock != -1)
		close(renewal->lock);
	renewal->lock = -1;
}

void
renewal_close(struct renewal *renewal)
{
	struct error error;

	if (renewal->ledger == NULL)
		return;
	if (renewal->step == RENEWAL_STORING &&
	    renewal_store(renewal, &error) == -1)
		log_error("the new token is lost, since it can't be stored, "
		    "and the refresh token is spent: %s; mend that, and log "
		    "in again with auditctl login slack", error.message);
	renewal_audit(renewal);
	renewal_unlock(renewal);
	oauth_answer_free(&renewal->given);
	token_free(&renewal->token);
	free(renewal->ledger_path);
	free(renewal->lock_path);
	free(renewal->client_id);
	*renewal = (struct renewal){ .lock = -1 };
}

/* ---- the token --------------------------------------------------------- */

bool
renewal_is_good(const struct renewal *renewal)
{
	return !renewal->refused &&
	    clock_wall_ms() < renewal->token.expires_ms;
}

static bool
is_wanted(const struct renewal *renewal)
{
	return renewal->token.rotates && (renewal->refused ||
	    clock_wall_ms() >= renewal->token.renew_ms);
}

bool
renewal_blocks(const struct renewal *renewal)
{
	return renewal->token.rotates && !renewal->dead &&
	    !renewal_is_good(renewal);
}

int64_t
renewal_due(const struct renewal *renewal, int64_t now)
{
	int64_t left;

	if (!renewal->token.rotates || renewal->step == RENEWAL_ASKING)
		return INT64_MAX;
	if (renewal->step == RENEWAL_STORING || is_wanted(renewal))
		return renewal->due_ms;
	left = renewal->token.renew_ms - clock_wall_ms();
	return now + (left > 0 ? left : 0);
}

int
renewal_adopt(struct renewal *renewal, struct token *token,
    struct error *error)
{
	if (renewal->client != NULL && client_set_token(renewal->client,
	    &token->access, error) == -1)
		return -1;
	token_free(&renewal->token);
	renewal->token = *token;
	*token = (struct token){ 0 };
	renewal->refused = renewal->proven = renewal->dead = false;
	renewal->renewed = false;
	renewal->told = renewal->told_end = false;
	renewal->failures = 0;
	renewal->failing_since_ms = renewal->due_ms = 0;
	renewal->other = true;
	return 0;
}

int
renewal_look(struct renewal *renewal, struct error *error)
{
	struct token token;
	int rc;

	if (renewal->step != RENEWAL_IDLE)
		return 0;
	if ((rc = token_read(renewal->ledger, &token, error)) != 0)
		return rc == 1 ? 0 : -1;
	rc = 0;
	if (!token_same(&token, &renewal->token))
		rc = renewal_adopt(renewal, &token, error) == 0 ? 1 : -1;
	if (rc == 1)
		log_info("the vault has another token: going on with it");
	token_free(&token);
	return rc;
}

bool
renewal_refused(struct renewal *renewal, uint64_t generation,
    const char *word)
{
	if (generation != client_generation(renewal->client))
		return true;
	/* The words for a token that was good once. */
	if (!renewal->token.rotates || (strcmp(word, "token_expired") != 0 &&
	    strcmp(word, "token_revoked") != 0 &&
	    strcmp(word, "invalid_auth") != 0))
		return false;
	/* A fresh one is no good either: the next would be refused too. */
	if (renewal->renewed && !renewal->proven && !is_wanted(renewal))
		return false;
	renewal->refused = true;
	return !renewal->dead;
}

void
renewal_proven(struct renewal *renewal, uint64_t generation)
{
	if (generation == client_generation(renewal->client))
		renewal->proven = true;
}

/* ---- waiting ----------------------------------------------------------- */

int
renewal_wait(struct renewal *renewal, int64_t budget_ms, struct error *error)
{
	int64_t now = clock_monotonic_ms(), end = now + budget_ms, until;
	struct call *call;

	for (; renewal_blocks(renewal); now = clock_monotonic_ms()) {
		if (now >= end && renewal->step != RENEWAL_ASKING)
			return error_set(error, EXIT_UNAVAILABLE, "the token "
			    "has expired and isn't renewed yet: %s; try later",
			    renewal->why.message);
		until = renewal_due(renewal, now);
		if (until <= now) {
			renewal_run(renewal, now);
			continue;
		}
		if (client_wait(renewal->client, NULL, 0, renewal->step ==
		    RENEWAL_ASKING ? -1 : (until < end ? until : end) - now,
		    NULL, error) == -1)
			return -1;
		while ((call = client_next(renewal->client)) != NULL) {
			renewal_take(renewal, call, clock_monotonic_ms());
			client_release(renewal->client, call);
		}
	}
	if (!renewal->dead || renewal_is_good(renewal))
		return 0;
	*error = renewal->why;
	return -1;
}
