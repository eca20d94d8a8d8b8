/* SPDX-License-Identifier: MIT */
#include "deliver/token.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "json.h"

#define ROTATING "xoxe."
#define EARLY_MAX_MS (2 * 3600 * 1000LL) /* before the end, of twelve hours */

void
token_free(struct token *token)
{
	secret_free(&token->access);
	*token = (struct token){ 0 };
}

bool
token_same(const struct token *one, const struct token *other)
{
	return one->access.text != NULL && other->access.text != NULL &&
	    strcmp(one->access.text, other->access.text) == 0;
}

static int
damaged(struct error *error)
{
	return error_set(error, EXIT_DATA, "the vault's '" TOKEN_NAME "' is no "
	    "token: log in again with auditctl login slack, or set it by "
	    "auditctl vault set " TOKEN_NAME);
}

/* The vault's text, if it is an object, in its parts. */
static int
take_apart(struct token *token, struct error *error)
{
	struct secret text = token->access;
	struct json json = { 0 };
	struct error ignored;
	char *access = NULL, *renew = NULL, *expires = NULL;
	int rc;

	token->access = (struct secret){ 0 };
	if (json_parse(&json, text.text, text.length, &ignored) == 0) {
		access = json_dup(&json, json_path(&json, "access_token"));
		renew = json_dup(&json, json_path(&json, "renew_at"));
		expires = json_dup(&json, json_path(&json, "expires_at"));
	}
	if (access == NULL || !oauth_is_plain(access) || renew == NULL ||
	    clock_parse(renew, &token->renew_ms) == -1 || expires == NULL ||
	    clock_parse(expires, &token->expires_ms) == -1)
		rc = damaged(error);
	else
		rc = secret_copy(&token->access, access, strlen(access),
		    error);
	token->rotates = true;
	oauth_wipe(access);
	free(renew);
	free(expires);
	json_free(&json);
	secret_free(&text);
	return rc;
}

int
token_read(struct ledger *ledger, struct token *token, struct error *error)
{
	int rc;

	*token = (struct token){ .renew_ms = TOKEN_NEVER,
		.expires_ms = TOKEN_NEVER };
	rc = vault_get(ledger, TOKEN_NAME, &token->access, error);
	if (rc == 0 && *token->access.text == '{')
		rc = take_apart(token, error);
	else if (rc == 0 && strncmp(token->access.text, ROTATING,
	    strlen(ROTATING)) == 0) {
		token->rotates = true;
		token->renew_ms = INT64_MIN;
	}
	if (rc == -1)
		token_free(token);
	return rc;
}

int
token_need(struct ledger *ledger, struct token *token, struct error *error)
{
	int rc = token_read(ledger, token, error);

	return rc == 1 ? error_set(error, EXIT_NOAUTH, "the vault has no '"
	    TOKEN_NAME "': log in with auditctl login slack, or set it with "
	    "auditctl vault set " TOKEN_NAME) : rc;
}

/* Between two and one and a half hours before the end, or as much of a
 * shorter life: not all ledgers of a company at once. */
static int64_t
early_ms(int64_t life_ms)
{
	int64_t most = life_ms / 4 < EARLY_MAX_MS ? life_ms / 4 : EARLY_MAX_MS;

	return most - (int64_t)randombytes_uniform((uint32_t)(most / 4) + 1);
}

/* What slack.bot_token says, in *out, which the caller wipes. */
static void
write_value(const struct token *token, struct buffer *out)
{
	char text[CLOCK_TEXT];

	if (!token->rotates) {
		buffer_append(out, token->access.text, token->access.length);
		return;
	}
	buffer_puts(out, "{");
	buffer_json_member(out, "access_token", token->access.text);
	clock_format(token->expires_ms, text);
	buffer_json_member(out, "expires_at", text);
	clock_format(token->renew_ms, text);
	buffer_json_member(out, "renew_at", text);
	buffer_puts(out, "}");
}

static int
tell(struct ledger *ledger, const struct oauth_answer *given,
    const struct token *token, const char *event, struct error *error)
{
	char expires[CLOCK_TEXT];
	struct buffer detail;
	int rc;

	clock_format(token->rotates ? token->expires_ms : 0, expires);
	buffer_init(&detail, JSON_TEXT_MAX);
	buffer_puts(&detail, "{");
	buffer_json_member(&detail, "team", given->team);
	buffer_json_member(&detail, "bot_user", given->bot_user);
	buffer_json_member(&detail, "scope", given->scope);
	buffer_json_member(&detail, "expires_at", token->rotates ? expires :
	    NULL);
	buffer_puts(&detail, "}");
	rc = detail.failed ? error_set(error, EXIT_PROTOCOL, "what came with "
	    "the token is too long") : audit_append(ledger, event, TOKEN_NAME,
	    detail.data, error);
	buffer_free(&detail);
	return rc;
}

int
token_put(struct ledger *ledger, const struct oauth_answer *given,
    int64_t asked_ms, const char *event, struct token *token,
    struct error *error)
{
	int64_t life_ms = given->life_s * 1000;
	bool rotates = given->life_s != 0;
	struct vault_item items[2];
	struct buffer value;
	int rc = -1;

	*token = (struct token){ .rotates = rotates,
		.renew_ms = rotates ? asked_ms + life_ms - early_ms(life_ms) :
		TOKEN_NEVER,
		.expires_ms = rotates ? asked_ms + life_ms : TOKEN_NEVER };
	if (secret_copy(&token->access, given->access.text,
	    given->access.length, error) == -1)
		return -1;
	buffer_init(&value, 2 * SECRET_MAX);
	write_value(token, &value);
	items[0] = (struct vault_item){ TOKEN_NAME, value.data, value.length };
	items[1] = (struct vault_item){ TOKEN_REFRESH_NAME,
		given->refresh.text, given->refresh.length };
	if (value.failed)
		error_set(error, EXIT_PROTOCOL, "the token is too long");
	else if (vault_put(ledger, items, given->refresh.text != NULL ? 2 : 1,
	    error) == 0 && (rotates || vault_drop(ledger, TOKEN_REFRESH_NAME,
	    error) != -1))
		rc = tell(ledger, given, token, event, error);
	if (value.data != NULL)
		explicit_bzero(value.data, value.capacity);
	buffer_free(&value);
	if (rc == -1)
		token_free(token);
	return rc;
}
