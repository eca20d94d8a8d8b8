/* SPDX-License-Identifier: MIT */
#include "deliver/login.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "deliver/login_part.h"
#include "deliver/token.h"
#include "lockfile.h"
#include "log.h"
#include "words.h"

#define LOOK_MS 200

/* What the exchange will need is missed before a person logs in. */
static int
login_open(struct login *login, struct error *error)
{
	const struct config *config = login->setup->config;

	login->client_id = config_need(config, "slack.client_id", error);
	if (login->client_id == NULL)
		return -1;
	login->redirect = config_string(config, "slack.redirect_url", NULL);
	if (vault_need(login->setup->ledger, "slack.client_secret",
	    &login->client_secret, error) == -1)
		return -1;
	return vault_writable(login->setup->ledger, error);
}

static void
login_close(struct login *login)
{
	secret_free(&login->client_secret);
	secret_free(&login->code);
	free(login->client_id);
	free(login->redirect);
}

/* ---- Slack ------------------------------------------------------------- */

/* Those that were asked for and not given, with commas between. */
static void
find_missing(const char *given, struct buffer *missing)
{
	const char *at = LOGIN_SCOPES;
	size_t length;

	for (; *at != '\0'; at += length + (at[length] != '\0')) {
		length = strcspn(at, ",");
		if (!words_have(given, ",", at, length))
			buffer_printf(missing, "%s%.*s", missing->length > 0 ?
			    ", " : "", (int)length, at);
	}
}

static int
check_scopes(const char *given, struct error *error)
{
	struct buffer missing;
	int rc = 0;

	buffer_init(&missing, 1024);
	find_missing(given, &missing);
	if (!words_have(given, ",", "chat:write", strlen("chat:write")))
		rc = error_set(error, EXIT_NOAUTH, "Slack gave a token that "
		    "can't post, so it wasn't kept; it lacks %s: add them to "
		    "the app's bot scopes and log in again",
		    buffer_text(&missing));
	else if (missing.length > 0)
		log_warning("the token lacks %s: see what deliver --check "
		    "says, add them to the app's bot scopes and log in again",
		    missing.data);
	buffer_free(&missing);
	return rc;
}

/* What is wrong with the answer, if something is. */
static int
check_answer(const struct oauth_answer *given, struct error *error)
{
	switch (given->result) {
	case OAUTH_GIVEN:
		break;
	case OAUTH_REFUSED:
		return error_set(error, EXIT_NOAUTH, "Slack gave no token: %s; "
		    "%s", *given->word != '\0' ? given->word :
		    "it doesn't say why", oauth_remedy(given->word));
	case OAUTH_AWAY:
		return error_set(error, EXIT_UNAVAILABLE, OAUTH_METHOD ": %s; "
		    "log in again later", given->word);
	case OAUTH_FOREIGN:
		return error_set(error, EXIT_PROTOCOL, OAUTH_METHOD ": %s: "
		    "check slack.url", given->word);
	case OAUTH_NO_BOT:
		return error_set(error, EXIT_NOAUTH, "Slack gave a token that "
		    "isn't a bot's, so it wasn't kept: add bot scopes to the "
		    "app and log in again");
	}
	if (given->life_s != 0 && given->refresh.text == NULL)
		return error_set(error, EXIT_PROTOCOL, OAUTH_METHOD ": a token "
		    "that ends came without a refresh token, so it wasn't "
		    "kept");
	return check_scopes(given->scope != NULL ? given->scope : "", error);
}

/* Wait for the one call that is out. */
static int
wait_for(struct client *client, struct call **call, struct error *error)
{
	while ((*call = client_next(client)) == NULL)
		if (client_wait(client, NULL, 0, -1, NULL, error) == -1)
			return -1;
	return 0;
}

/* The code is good for one try. */
static int
exchange(const struct login *login, struct oauth_answer *given,
    struct error *error)
{
	const struct oauth_request request = { .client_id = login->client_id,
		.client_secret = &login->client_secret, .code = &login->code,
		.redirect = login->redirect };
	struct client *client = client_open(login->setup->client, NULL,
	    error);
	struct call *call;
	int rc = -1;

	if (client == NULL)
		return -1;
	if (oauth_ask(client, &request, NULL, error) == 0 &&
	    wait_for(client, &call, error) == 0) {
		rc = oauth_judge(&call->answer, clock_wall_ms(), given, error);
		client_release(client, call);
	}
	client_close(client);
	return rc == 0 ? check_answer(given, error) : -1;
}

/* ---- the vault --------------------------------------------------------- */

/* Who renews the old token must have stored its pair before: this one is to
 * stay. */
static int
lock(const struct login_setup *setup, int *fd, struct error *error)
{
	char *path = lockfile_path(setup->ledger_path, TOKEN_LOCK);
	char holder[LOCKFILE_HOLDER];
	int64_t end = clock_monotonic_ms() + 2 * setup->client->timeout_ms;
	int rc = -1;

	if (path == NULL)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	while ((rc = lockfile_take(path, setup->ledger_path, fd, holder,
	    error)) == 0 && clock_monotonic_ms() < end)
		usleep(LOOK_MS * 1000);
	if (rc == 0)
		log_warning("process %s has the lock '%s' and may replace the "
		    "new token: end it, and log in again", holder, path);
	free(path);
	return rc == -1 ? -1 : 0;
}

static int
keep(const struct login_setup *setup, const struct oauth_answer *given,
    int64_t asked_ms, struct token *token, struct error *error)
{
	struct ledger *ledger = setup->ledger;
	int fd = -1, rc = -1;

	if (lock(setup, &fd, error) == -1)
		return -1;
	if (db_begin(ledger->db, error) == 0) {
		if (token_put(ledger, given, asked_ms, "token.given", token,
		    error) == 0 && db_commit(ledger->db, error) == 0)
			rc = 0;
		else
			db_rollback(ledger->db);
	}
	if (fd != -1)
		close(fd);
	return rc;
}

static void
tell(const struct token *token)
{
	char until[CLOCK_TEXT];

	if (!token->rotates) {
		log_info("logged in: the bot's token is in the vault");
		return;
	}
	clock_format(token->expires_ms, until);
	log_info("logged in: the bot's token is in the vault; the app rotates "
	    "its tokens: this one is good until %s, and deliver renews it "
	    "before", until);
}

int
login_run(const struct login_setup *setup, struct error *error)
{
	struct login login = { .setup = setup };
	struct oauth_answer given = { 0 };
	struct token token = { 0 };
	int64_t asked_ms;
	int rc = -1;

	if (login_open(&login, error) == 0 &&
	    login_ask_person(&login, error) == 0) {
		asked_ms = clock_wall_ms();
		if (exchange(&login, &given, error) == 0)
			rc = keep(setup, &given, asked_ms, &token, error);
	}
	if (rc == 0)
		tell(&token);
	token_free(&token);
	oauth_answer_free(&given);
	login_close(&login);
	return rc;
}
