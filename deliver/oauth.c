/* SPDX-License-Identifier: MIT */
#include "deliver/oauth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "deliver/slack.h"
#include "json.h"
#include "retry.h"

#define FORM_MAX ((size_t)1 << 18)
#define LIFE_S 43200 /* when the answer doesn't say; as Slack has it */
#define LIFE_MAX_S (30 * 86400)

void
oauth_wipe(char *text)
{
	if (text != NULL)
		explicit_bzero(text, strlen(text));
	free(text);
}

bool
oauth_is_plain(const char *text)
{
	const char *c = text;

	while (*c > 0x20 && *c < 0x7f)
		c++;
	return *c == '\0' && c != text;
}

int
oauth_ask(struct client *client, const struct oauth_request *request,
    void *context, struct error *error)
{
	struct buffer form;
	int rc;

	buffer_init(&form, FORM_MAX);
	form_field(&form, "client_id", request->client_id);
	form_field(&form, "client_secret", request->client_secret->text);
	if (request->refresh != NULL) {
		form_field(&form, "grant_type", "refresh_token");
		form_field(&form, "refresh_token", request->refresh->text);
	} else {
		form_field(&form, "code", request->code->text);
		if (request->redirect != NULL)
			form_field(&form, "redirect_uri", request->redirect);
	}
	rc = form.failed ? error_set(error, EXIT_CONFIG, "the request for a "
	    "token is too long: check slack.client_id and slack.redirect_url") :
	    client_call_plain(client, OAUTH_METHOD, &form, context, error);
	if (form.data != NULL)
		explicit_bzero(form.data, form.capacity);
	buffer_free(&form);
	return rc;
}

const char *
oauth_remedy(const char *word)
{
	if (strcmp(word, "invalid_code") == 0 ||
	    strcmp(word, "code_already_used") == 0)
		return "a code is good once, for ten minutes: log in again";
	if (strcmp(word, "bad_redirect_uri") == 0)
		return "set slack.redirect_url to a redirect URL of the app";
	if (strcmp(word, "invalid_refresh_token") == 0)
		return "a refresh token is good once, and this one was used, "
		    "or revoked: log in again with auditctl login slack";
	return "check slack.client_id and slack.client_secret (auditctl vault "
	    "set slack.client_secret)";
}

/* A word of Slack's is of these letters alone; another may be anything. */
static void
take_word(struct oauth_answer *out, const struct json *json)
{
	char *word = json_dup(json, json_path(json, "error"));

	if (word != NULL && strlen(word) < OAUTH_WORD_MAX && word[strspn(word,
	    "abcdefghijklmnopqrstuvwxyz_")] == '\0')
		strcpy(out->word, word);
	free(word);
}

static int
take_secret(const struct json *json, const char *name, struct secret *out,
    struct error *error)
{
	char *text = json_dup(json, json_path(json, name));
	int rc = 0;

	if (text != NULL && oauth_is_plain(text) && strlen(text) <= SECRET_MAX)
		rc = secret_copy(out, text, strlen(text), error);
	oauth_wipe(text);
	return rc;
}

static int
take_token(const struct json *json, struct oauth_answer *out,
    struct error *error)
{
	json_node life = json_path(json, "expires_in");

	if (take_secret(json, "access_token", &out->access, error) == -1 ||
	    take_secret(json, "refresh_token", &out->refresh, error) == -1)
		return -1;
	if (out->access.text == NULL) {
		strcpy(out->word, "ok without an access_token");
		out->result = OAUTH_FOREIGN;
		return 0;
	}
	out->result = json_is(json, json_path(json, "token_type"), "bot") ?
	    OAUTH_GIVEN : OAUTH_NO_BOT;
	if ((life != JSON_NONE || out->refresh.text != NULL) &&
	    (!json_integer(json, life, &out->life_s) || out->life_s < 1 ||
	    out->life_s > LIFE_MAX_S))
		out->life_s = LIFE_S;
	out->scope = json_dup(json, json_path(json, "scope"));
	out->bot_user = json_dup(json, json_path(json, "bot_user_id"));
	out->team = json_dup(json, json_path(json, "team.id"));
	return 0;
}

/* Slack's own words for "not now". */
static bool
is_passing(const char *word)
{
	enum slack_class class = slack_error_class(word, SLACK_POST);

	return class == SLACK_RATE || class == SLACK_TRANSIENT ||
	    class == SLACK_DOUBT;
}

int
oauth_judge(const struct http_answer *answer, int64_t now_wall_ms,
    struct oauth_answer *out, struct error *error)
{
	struct json json = { 0 };
	struct error ignored;
	enum json_type ok = JSON_INVALID;
	int rc = 0;

	*out = (struct oauth_answer){ .wait_ms = -1, .result = OAUTH_AWAY };
	snprintf(out->word, sizeof(out->word), "HTTP %ld", answer->status);
	if (answer->status == 0)
		snprintf(out->word, sizeof(out->word), "%.*s",
		    OAUTH_WORD_MAX - 1, answer->failure);
	if (answer->status == 429)
		out->wait_ms = retry_after_ms(answer->retry_after, now_wall_ms,
		    SLACK_RETRY_AFTER_DEFAULT_MS, SLACK_RETRY_AFTER_MAX_MS);
	if (answer->status == 0 || answer->status == 429 ||
	    answer->status >= 500)
		return 0;
	if (json_parse(&json, buffer_text(&answer->body), answer->body.length,
	    &ignored) == 0)
		ok = json_type(&json, json_path(&json, "ok"));
	if (ok == JSON_TRUE)
		rc = take_token(&json, out, error);
	else if (ok == JSON_FALSE) {
		*out->word = '\0';
		take_word(out, &json);
		out->result = is_passing(out->word) ? OAUTH_AWAY :
		    OAUTH_REFUSED;
	} else {
		snprintf(out->word, sizeof(out->word), "HTTP %ld, and not "
		    "Slack's answer", answer->status);
		out->result = OAUTH_FOREIGN;
	}
	json_free(&json);
	return rc;
}

void
oauth_answer_free(struct oauth_answer *answer)
{
	secret_free(&answer->access);
	secret_free(&answer->refresh);
	free(answer->scope);
	free(answer->bot_user);
	free(answer->team);
	*answer = (struct oauth_answer){ 0 };
}
