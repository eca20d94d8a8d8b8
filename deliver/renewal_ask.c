/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "clock.h"
#include "deliver/renewal_part.h"
#include "lockfile.h"
#include "log.h"
#include "retry.h"

#define BACKOFF_MS 1000
#define BACKOFF_MAX_MS 60000
#define DEAD_MS (5 * 60 * 1000) /* before what was refused is tried again */
#define LOOK_MS 200             /* at who has the lock */
#define LOOKED_MS 30000         /* for so long that it is worth a word */

/* ", and good until TIME", or what it means that it isn't. */
static void
consequence(const struct renewal *renewal, char out[128])
{
	char until[CLOCK_TEXT];

	clock_format(renewal->token.expires_ms, until);
	if (!renewal_is_good(renewal))
		snprintf(out, 128, "nothing is sent, and the queue is kept");
	else if (renewal->token.expires_ms == TOKEN_NEVER)
		snprintf(out, 128, "the old one is used until Slack "
		    "refuses it");
	else
		snprintf(out, 128, "the old one is good until %s", until);
}

/* Once when it begins, and once more when the old token isn't good any more. */
static void
tell(struct renewal *renewal, const char *end)
{
	bool *told = renewal_is_good(renewal) ? &renewal->told :
	    &renewal->told_end;
	char what[128];

	if (*told)
		return;
	*told = true;
	consequence(renewal, what);
	if (renewal_is_good(renewal))
		log_warning("the token isn't renewed: %s; %s%s",
		    renewal->why.message, what, end);
	else
		log_error("the token isn't renewed: %s; %s%s",
		    renewal->why.message, what, end);
}

void
renewal_failed(struct renewal *renewal, int64_t now, int64_t wait_ms)
{
	renewal_unlock(renewal);
	if (renewal->failing_since_ms == 0)
		renewal->failing_since_ms = now;
	if (wait_ms == -1)
		wait_ms = retry_backoff_ms(renewal->failures++, BACKOFF_MS,
		    BACKOFF_MAX_MS);
	renewal->due_ms = now + wait_ms;
	tell(renewal, "; trying again");
}

void
renewal_died(struct renewal *renewal, int64_t now)
{
	renewal_unlock(renewal);
	renewal->dead = true;
	renewal->due_ms = now + DEAD_MS;
	tell(renewal, "");
}

/* ---- the request ------------------------------------------------------- */

struct credentials {
	struct secret client, refresh;
};

static int
find(struct renewal *renewal, struct credentials *credentials,
    struct error *error)
{
	int rc;

	*credentials = (struct credentials){ 0 };
	if (renewal->client_id == NULL)
		return error_set(error, EXIT_CONFIG, "slack.client_id isn't "
		    "set in the configuration");
	rc = vault_get(renewal->ledger, TOKEN_REFRESH_NAME,
	    &credentials->refresh, error);
	if (rc == 1)
		return error_set(error, EXIT_NOAUTH, "the vault has no '"
		    TOKEN_REFRESH_NAME "': log in with auditctl login slack");
	if (rc == 0 && !oauth_is_plain(credentials->refresh.text))
		return error_set(error, EXIT_NOAUTH, "the vault's '"
		    TOKEN_REFRESH_NAME "' is no token: log in again with "
		    "auditctl login slack");
	return rc == 0 ? vault_need(renewal->ledger, "slack.client_secret",
	    &credentials->client, error) : -1;
}

static void
credentials_free(struct credentials *credentials)
{
	secret_free(&credentials->client);
	secret_free(&credentials->refresh);
}

int
renewal_can(struct renewal *renewal, struct error *error)
{
	struct credentials credentials;
	int rc = find(renewal, &credentials, error);

	credentials_free(&credentials);
	return rc;
}

static int
ask(struct renewal *renewal, struct error *error)
{
	struct credentials credentials;
	struct oauth_request request = { .client_id = renewal->client_id,
		.client_secret = &credentials.client,
		.refresh = &credentials.refresh };
	int rc = -1;

	/* Before the refresh token is spent: what comes for it must be
	 * stored. */
	if (find(renewal, &credentials, error) == 0 &&
	    vault_writable(renewal->ledger, error) == 0)
		rc = oauth_ask(renewal->client, &request, renewal, error);
	credentials_free(&credentials);
	if (rc == 0) {
		renewal->asked_ms = clock_wall_ms();
		renewal->step = RENEWAL_ASKING;
	}
	return rc;
}

/* Another process asks. */
static void
wait_for_lock(struct renewal *renewal, int64_t now, const char *holder)
{
	if (renewal->failing_since_ms == 0)
		renewal->failing_since_ms = now;
	renewal->due_ms = now + LOOK_MS;
	error_set(&renewal->why, EXIT_TEMPFAIL, "process %s has the lock '%s'",
	    holder, renewal->lock_path);
	if (now - renewal->failing_since_ms > LOOKED_MS)
		tell(renewal, "; waiting for it");
}

static void
begin(struct renewal *renewal, int64_t now)
{
	struct error *why = &renewal->why;
	char holder[LOCKFILE_HOLDER];
	int rc = lockfile_take(renewal->lock_path, renewal->ledger_path,
	    &renewal->lock, holder, why);

	if (rc == 0) {
		wait_for_lock(renewal, now, holder);
		return;
	}
	/* Who had it may have asked meanwhile; or a person logged in. */
	if (rc == 1)
		rc = renewal_look(renewal, why);
	if (rc == 1)
		renewal_unlock(renewal);
	else if (rc == 0 && ask(renewal, why) == 0)
		return;
	else if (why->code == EXIT_NOAUTH || why->code == EXIT_CONFIG ||
	    why->code == EXIT_DATA)
		renewal_died(renewal, now);
	else
		renewal_failed(renewal, now, -1);
}

void
renewal_run(struct renewal *renewal, int64_t now)
{
	renewal_audit(renewal);
	if (renewal_due(renewal, now) > now)
		return;
	renewal->dead = false;
	if (renewal->step == RENEWAL_STORING)
		renewal_try_store(renewal, now);
	else
		begin(renewal, now);
}
