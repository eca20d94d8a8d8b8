/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "clock.h"
#include "deliver/renewal_part.h"
#include "lockfile.h"
#include "log.h"
#include "retry.h"

#define BACKOFF_MS 1000
#define BACKOFF_MAX_MS 60000
#define STORE_MS 200
#define STORE_MAX_MS 10000
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
		snprintf(out, 128, "the old one is used until Slack refuses it");
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

/* It passes, or not. */
static void
failed(struct renewal *renewal, int64_t now, int64_t wait_ms)
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

static void
died(struct renewal *renewal, int64_t now)
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
		died(renewal, now);
	else
		failed(renewal, now, -1);
}

/* ---- the answer -------------------------------------------------------- */

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

static void
try_store(struct renewal *renewal, int64_t now)
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
	died(renewal, now);
}

void
renewal_take(struct renewal *renewal, const struct call *call, int64_t now)
{
	struct oauth_answer *given = &renewal->given;
	struct error *why = &renewal->why;

	renewal->step = RENEWAL_IDLE;
	if (oauth_judge(&call->answer, clock_wall_ms(), given, why) == -1) {
		oauth_answer_free(given);
		failed(renewal, now, -1);
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
		failed(renewal, now, given->wait_ms);
		break;
	case OAUTH_REFUSED:
		refused(renewal, now);
		break;
	case OAUTH_FOREIGN:
	case OAUTH_NO_BOT:
		error_set(why, EXIT_PROTOCOL, OAUTH_METHOD ": %s: check "
		    "slack.url", given->result == OAUTH_NO_BOT ?
		    "a token, but no bot's" : given->word);
		died(renewal, now);
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

void
renewal_run(struct renewal *renewal, int64_t now)
{
	renewal_audit(renewal);
	if (renewal_due(renewal, now) > now)
		return;
	renewal->dead = false;
	if (renewal->step == RENEWAL_STORING)
		try_store(renewal, now);
	else
		begin(renewal, now);
}
