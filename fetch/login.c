/* SPDX-License-Identifier: MIT */
#include "fetch/login.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "fetch/auth.h"
#include "fetch/callback.h"
#include "log.h"
#include "words.h"

#define PORT 17631
#define WAIT_MS 300000
#define WAIT_MAX_MS 3600000
#define LOCK_MS 30000
#define CONNECT_MS 10000
#define TOTAL_MS 60000
#define ANSWER_MAX ((size_t)1 << 20)
#define RANDOM_BYTES 32
#define RANDOM_TEXT 44 /* in base64url, with its NUL */
#define BASE64URL sodium_base64_VARIANT_URLSAFE_NO_PADDING
#define OFFLINE "offline_access"

struct login {
	struct auth auth;
	struct callback *callback;
	struct secret code;
	char verifier[RANDOM_TEXT], state[RANDOM_TEXT], redirect[64];
};

int
login_parse(char *text, struct login_options *options)
{
	enum { NO_BROWSER, REDIRECT_PORT, TIMEOUT };
	char words[][16] = { "no-browser", "port", "timeout" };
	char *const names[] = { words[0], words[1], words[2], NULL };
	char *value = NULL, *end = NULL;
	long port;

	*options = (struct login_options){ .asked = true, .port = -1,
		.timeout_ms = WAIT_MS };
	while (text != NULL && *text != '\0')
		switch (getsubopt(&text, names, &value)) {
		case NO_BROWSER:
			if (value != NULL)
				return -1;
			options->no_browser = true;
			break;
		case REDIRECT_PORT:
			if (value == NULL || *value < '0' || *value > '9')
				return -1;
			port = strtol(value, &end, 10);
			if (*end != '\0' || port > 65535)
				return -1;
			options->port = (int)port;
			break;
		case TIMEOUT:
			if (value == NULL || clock_parse_span(value,
			    &options->timeout_ms) == -1 ||
			    options->timeout_ms < 1 ||
			    options->timeout_ms > WAIT_MAX_MS)
				return -1;
			break;
		default:
			return -1;
		}
	return 0;
}

static void
make_random(char out[RANDOM_TEXT])
{
	unsigned char bytes[RANDOM_BYTES];

	randombytes_buf(bytes, sizeof(bytes));
	sodium_bin2base64(out, RANDOM_TEXT, bytes, sizeof(bytes), BASE64URL);
	sodium_memzero(bytes, sizeof(bytes));
}

/* What the exchange will need is missed before a person logs in. */
static int
check_client(const struct auth *auth, struct error *error)
{
	struct secret secret = { 0 };
	int rc = 0;

	if (auth->client != AUTH_CLIENT_NONE)
		rc = vault_need(auth->ledger, auth->client ==
		    AUTH_CLIENT_ASSERTION ? "oracle.private_key" :
		    "oracle.client_secret", &secret, error);
	secret_free(&secret);
	return rc;
}

static char *
authorize_url(const struct config *config, const char *token_url,
    struct error *error)
{
	const char *tail = strrchr(token_url, '/');
	struct buffer url;

	if (json_path(&config->json, "oracle.authorize_url") != JSON_NONE)
		return config_url(config, "oracle.authorize_url", NULL, error);
	if (strcmp(tail, "/token") != 0) {
		error_set(error, EXIT_CONFIG, "'%s': add "
		    "oracle.authorize_url: it can't be told from "
		    "oracle.token_url, which doesn't end in /token",
		    config->path);
		return NULL;
	}
	buffer_init(&url, SECRET_MAX);
	if (buffer_printf(&url, "%.*s/authorize", (int)(tail - token_url),
	    token_url) == -1)
		error_set(error, EXIT_SYSTEM, "out of memory");
	return url.data;
}

static void
add(struct buffer *url, const char *name, const char *value)
{
	char *escaped = curl_easy_escape(NULL, value, 0);

	if (escaped != NULL)
		buffer_printf(url, "%c%s=%s",
		    strchr(url->data, '?') != NULL ? '&' : '?', name, escaped);
	else
		url->failed = true;
	curl_free(escaped);
}

/* The address that a person opens, in url. */
static int
make_url(const struct login *login, const struct config *config,
    struct buffer *url, struct error *error)
{
	const char *scope = login->auth.scope != NULL ? login->auth.scope : "";
	unsigned char hash[crypto_hash_sha256_BYTES];
	char challenge[RANDOM_TEXT];
	char *base = authorize_url(config, login->auth.token_url, error);
	bool has_offline = words_have(scope, " ", OFFLINE, strlen(OFFLINE));
	struct buffer words;

	if (base == NULL)
		return -1;
	crypto_hash_sha256(hash, (const unsigned char *)login->verifier,
	    strlen(login->verifier));
	sodium_bin2base64(challenge, sizeof(challenge), hash, sizeof(hash),
	    BASE64URL);
	buffer_init(&words, SECRET_MAX);
	buffer_printf(&words, "%s%s%s", scope, *scope != '\0' &&
	    !has_offline ? " " : "", has_offline ? "" : OFFLINE);
	buffer_puts(url, base);
	add(url, "response_type", "code");
	add(url, "client_id", login->auth.client_id);
	add(url, "redirect_uri", login->redirect);
	add(url, "scope", buffer_text(&words));
	add(url, "state", login->state);
	add(url, "code_challenge", challenge);
	add(url, "code_challenge_method", "S256");
	free(base);
	buffer_free(&words);
	return url->failed ? error_set(error, EXIT_CONFIG, "the login's "
	    "address is too long: check oracle.scope") : 0;
}

/* Only where somebody sits in front of it. */
static void
start_browser(const char *url)
{
	int null;

	if (!isatty(STDERR_FILENO) || (getenv("DISPLAY") == NULL &&
	    getenv("WAYLAND_DISPLAY") == NULL) || fork() != 0)
		return;
	setsid();
	signal(SIGPIPE, SIG_DFL);
	if ((null = open("/dev/null", O_RDWR)) != -1) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
	}
	execlp("xdg-open", "xdg-open", url, (char *)NULL);
	_exit(127);
}

static int
ask_person(struct login *login, const struct config *config,
    const struct login_options *options, struct error *error)
{
	struct buffer url;
	int rc = -1;

	buffer_init(&url, SECRET_MAX);
	if (make_url(login, config, &url, error) == -1)
		goto out;
	log_info("open this address in a browser and log in; it is waited for "
	    "%lld s", (long long)options->timeout_ms / 1000);
	if (printf("%s\n", url.data) < 0 || fflush(stdout) == EOF) {
		error_errno(error, EXIT_IO, "cannot write the address to "
		    "open to stdout");
		goto out;
	}
	if (!options->no_browser)
		start_browser(url.data);
	rc = callback_wait(login->callback, options->timeout_ms, &login->code,
	    error);
out:
	buffer_free(&url);
	return rc;
}

/* Until auth_ready gives something else than 2: that. */
static int
wait_ready(struct auth *auth, struct error *error)
{
	int64_t end = clock_monotonic_ms() + LOCK_MS;
	int ready;

	while ((ready = auth_ready(auth, error)) == 2) {
		if (clock_monotonic_ms() > end)
			return auth_give_up(auth, error);
		poll(NULL, 0, AUTH_WAIT_MS);
	}
	return ready;
}

/* The code is good for one try. */
static int
exchange(struct login *login, struct error *error)
{
	const struct auth_code code = { .code = login->code.text,
		.verifier = login->verifier, .redirect_uri = login->redirect };
	struct auth *auth = &login->auth;
	struct http_answer answer;
	CURL *curl = curl_easy_init();
	CURLcode done;
	int rc = -1;

	http_answer_init(&answer, ANSWER_MAX);
	auth->code = &code;
	if (curl == NULL) {
		error_set(error, EXIT_SYSTEM, "curl: out of memory");
		goto out;
	}
	/* A fetch that renews its token just now would store it over ours. */
	auth_forget(auth);
	if (wait_ready(auth, error) != 0 || auth_prepare(auth, curl, &answer,
	    CONNECT_MS, TOTAL_MS, error) == -1)
		goto out;
	done = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
	if (done != CURLE_OK)
		error_set(error, EXIT_UNAVAILABLE, "oracle.token_url: no "
		    "answer: %s; log in again", answer.failure[0] != '\0' ?
		    answer.failure : curl_easy_strerror(done));
	else if (answer.status == 429 || answer.status >= 500)
		error_set(error, EXIT_UNAVAILABLE, "oracle.token_url: HTTP "
		    "%ld; log in again later", answer.status);
	else if ((rc = auth_answer(auth, &answer, error)) == 1)
		rc = wait_ready(auth, error) == 1 ? 0 : -1;
out:
	auth_abandon(auth);
	auth->code = NULL;
	if (curl != NULL)
		curl_easy_cleanup(curl);
	http_answer_free(&answer);
	return rc;
}

int
login_run(const struct config *config, struct ledger *ledger,
    const struct login_options *options, struct error *error)
{
	struct login login = { 0 };
	int64_t port = PORT;
	int rc = -1;

	if (auth_open(&login.auth, config, ledger, error) == -1 ||
	    config_integer(config, "oracle.redirect_port", PORT, 0, 65535,
	    &port, error) == -1)
		goto out;
	if (login.auth.grant != AUTH_AUTHORIZATION_CODE) {
		error_set(error, EXIT_CONFIG, "'%s': a login is for "
		    "oracle.auth authorization_code: set that first",
		    config->path);
		goto out;
	}
	if (check_client(&login.auth, error) == -1)
		goto out;
	if (options->port != -1)
		port = options->port;
	make_random(login.verifier);
	make_random(login.state);
	login.callback = callback_open((int)port, login.state, error);
	if (login.callback == NULL)
		goto out;
	snprintf(login.redirect, sizeof(login.redirect),
	    "http://127.0.0.1:%d/callback", callback_port(login.callback));
	if (ask_person(&login, config, options, error) == -1 ||
	    exchange(&login, error) == -1)
		goto out;
	log_info("logged in: the tokens are in the vault");
	rc = 0;
out:
	callback_close(login.callback);
	secret_free(&login.code);
	sodium_memzero(login.verifier, sizeof(login.verifier));
	auth_close(&login.auth);
	return rc;
}
