/* SPDX-License-Identifier: MIT */
#include <curl/curl.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "deliver/login_part.h"
#include "deliver/oauth.h"
#include "log.h"

#define PASTED_MAX 4096
#define STATE_BYTES 32

static void
make_state(char out[LOGIN_STATE_TEXT])
{
	unsigned char bytes[STATE_BYTES];

	randombytes_buf(bytes, sizeof(bytes));
	sodium_bin2base64(out, LOGIN_STATE_TEXT, bytes, sizeof(bytes),
	    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

/* The address lies beside the API: https://slack.com/oauth/v2/authorize. */
static int
tell_address(const struct login *login, struct error *error)
{
	const char *url = login->setup->client->url;
	size_t length = strlen(url);
	struct buffer form;
	int rc = 0;

	if (length > 4 && strcmp(url + length - 4, "/api") == 0)
		length -= 4;
	buffer_init(&form, 16384);
	form_field(&form, "client_id", login->client_id);
	form_field(&form, "scope", LOGIN_SCOPES);
	form_field(&form, "state", login->state);
	if (login->redirect != NULL)
		form_field(&form, "redirect_uri", login->redirect);
	if (form.failed)
		rc = error_set(error, EXIT_CONFIG, "the login's address is "
		    "too long: check slack.client_id and slack.redirect_url");
	else if (printf("%.*s/oauth/v2/authorize?%s\n", (int)length, url,
	    form.data) < 0 || fflush(stdout) == EOF)
		rc = error_errno(error, EXIT_IO, "cannot write the address to "
		    "open to stdout");
	else
		log_info("open this address in a browser and allow the app; "
		    "then paste the address that the browser ends at, or the "
		    "code in it, here");
	buffer_free(&form);
	return rc;
}

/* One line of standard input; no stdio, which would keep a copy of it. */
static int
read_line(struct secret *pasted, struct error *error)
{
	ssize_t count = 0;
	size_t used = 0;
	char *c;

	if (secret_new(pasted, PASTED_MAX, error) == -1)
		return -1;
	for (c = pasted->text; used < PASTED_MAX; c++, used++) {
		while ((count = read(STDIN_FILENO, c, 1)) == -1 &&
		    errno == EINTR)
			;
		if (count != 1 || *c == '\n')
			break;
	}
	if (count == -1)
		return error_errno(error, EXIT_NOINPUT, "cannot read what was "
		    "pasted from standard input");
	if (used == PASTED_MAX)
		return error_set(error, EXIT_DATA, "what was pasted is too "
		    "long: it is the browser's address, or the code in it");
	while (used > 0 && strchr(" \t\r\n", pasted->text[used - 1]) != NULL)
		used--;
	pasted->text[used] = '\0';
	pasted->length = used;
	return used > 0 ? 0 : error_set(error, EXIT_NOINPUT, "standard input "
	    "ended and no code was pasted: log in again");
}

/* A parameter of the pasted address, decoded; NULL: it isn't there. */
static char *
parameter(const char *address, const char *name)
{
	const char *at = strchr(address, '?');
	size_t length = strlen(name), size;
	char *text = NULL, *decoded;
	int count;

	for (; at != NULL && *at != '#' && *at != '\0'; at += size) {
		at++;
		size = strcspn(at, "&#");
		if (size <= length || strncmp(at, name, length) != 0 ||
		    at[length] != '=')
			continue;
		decoded = curl_easy_unescape(NULL, at + length + 1,
		    (int)(size - length - 1), &count);
		if (decoded != NULL && (size_t)count == strlen(decoded))
			text = strdup(decoded);
		if (decoded != NULL)
			explicit_bzero(decoded, (size_t)count);
		curl_free(decoded);
		return text;
	}
	return NULL;
}

static int
take_code(struct login *login, const char *pasted, struct error *error)
{
	bool address = strchr(pasted, '?') != NULL;
	char *state = parameter(pasted, "state");
	char *word = parameter(pasted, "error");
	char *code = address ? parameter(pasted, "code") : strdup(pasted);
	int rc;

	if (address && (state == NULL || strcmp(state, login->state) != 0))
		rc = error_set(error, EXIT_DATA, "the pasted address isn't of "
		    "this login: its state is another; open the address above "
		    "and paste where that one ends");
	else if (word != NULL)
		rc = error_set(error, EXIT_NOAUTH, "the app was not allowed: "
		    "%s; log in again, as somebody who may install apps",
		    strcmp(word, "access_denied") == 0 ? word :
		    "Slack says no");
	else if (code == NULL || !oauth_is_plain(code))
		rc = error_set(error, EXIT_DATA, "what was pasted holds no "
		    "code: it is the browser's address, or the code in it");
	else
		rc = secret_copy(&login->code, code, strlen(code), error);
	oauth_wipe(code);
	free(state);
	free(word);
	return rc;
}

int
login_ask_person(struct login *login, struct error *error)
{
	struct secret pasted = { 0 };
	int rc = -1;

	make_state(login->state);
	if (tell_address(login, error) == 0 && read_line(&pasted, error) == 0)
		rc = take_code(login, pasted.text, error);
	secret_free(&pasted);
	return rc;
}
