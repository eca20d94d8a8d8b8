/* SPDX-License-Identifier: MIT */
/* verify: pass a request's body on when Slack signed it, else nothing. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "clock.h"
#include "config.h"
#include "ledger.h"
#include "line.h"
#include "log.h"
#include "verify/signature.h"

#define BODY_MAX ((size_t)1 << 20) /* Slack's own requests are far smaller */

static const char usage[] =
    "usage: verify [--config FILE | --secret-file FILE]...\n"
    "              [--timestamp T] [--signature S] [--window SECONDS] <body\n"
    "\n"
    "Write the request body from stdin to stdout if Slack signed it.\n"
    "\n"
    "  -c, --config FILE       configuration: the secrets are in its vault\n"
    "  -s, --secret-file FILE  a signing secret (repeatable; no vault then)\n"
    "  -t, --timestamp T       the X-Slack-Request-Timestamp header\n"
    "  -g, --signature S       the X-Slack-Signature header\n"
    "  -w, --window SECONDS    how far the timestamp may be off (300)\n"
    "      --log FORMAT        text or json, on stderr\n"
    "  -h, --help              this text\n"
    "  -V, --version           the version\n"
    "\n"
    "Without -t and -g the values are HTTP_X_SLACK_REQUEST_TIMESTAMP and\n"
    "HTTP_X_SLACK_SIGNATURE in the environment, as CGI sets them.\n";

struct options {
	const char *config;
	const char *files[SIGNATURE_SECRETS_MAX];
	size_t file_count;
	int64_t window;
	struct signature_request request;
};

struct secrets {
	struct secret list[SIGNATURE_SECRETS_MAX];
	size_t count;
};

static int
parse_window(const char *text, int64_t *window)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ||
	    value < 1 || value > SIGNATURE_WINDOW_MAX)
		return -1;
	*window = value;
	return 0;
}

/* What getopt didn't take.  The value of an option is never repeated: it may
 * be a secret in the wrong place. */
static int
bad_option(char **argv)
{
	const char *option = argv[optind > 1 ? optind - 1 : 1];

	log_error("option %.*s: unknown, or its argument is missing; "
	    "see verify --help", (int)strcspn(option, "="), option);
	return EXIT_USAGE;
}

static int
set_option(struct options *options, int option, char **argv)
{
	switch (option) {
	case 'c':
		options->config = optarg;
		return 0;
	case 's':
		if (options->file_count == SIGNATURE_SECRETS_MAX) {
			log_error("more than %d secret files; give the current "
			    "and the previous one", SIGNATURE_SECRETS_MAX);
			return EXIT_USAGE;
		}
		options->files[options->file_count++] = optarg;
		return 0;
	case 't':
		options->request.timestamp = optarg;
		return 0;
	case 'g':
		options->request.signature = optarg;
		return 0;
	case 'w':
		if (parse_window(optarg, &options->window) == 0)
			return 0;
		log_error("option --window takes 1 to %d seconds",
		    SIGNATURE_WINDOW_MAX);
		return EXIT_USAGE;
	case 'L':
		if (log_open("verify", optarg) == 0)
			return 0;
		log_error("option --log takes text or json");
		return EXIT_USAGE;
	default:
		return bad_option(argv);
	}
}

/* -1: go on; else the exit status. */
static int
parse_options(struct options *options, int argc, char **argv)
{
	static const struct option table[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "secret-file", required_argument, NULL, 's' },
		{ "timestamp", required_argument, NULL, 't' },
		{ "signature", required_argument, NULL, 'g' },
		{ "window", required_argument, NULL, 'w' },
		{ "log", required_argument, NULL, 'L' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 }
	};
	int option, rc;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "c:s:t:g:w:hV", table,
	    NULL)) != -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			return EXIT_DONE;
		}
		if (option == 'V') {
			puts("verify (ledgerpipe) " VERSION);
			return EXIT_DONE;
		}
		if ((rc = set_option(options, option, argv)) != 0)
			return rc;
	}
	if (optind < argc && (optind + 1 < argc ||
	    strcmp(argv[optind], "-") != 0)) {
		log_error("the body is read from stdin; no operand is taken");
		return EXIT_USAGE;
	}
	if (options->config != NULL && options->file_count > 0) {
		log_error("--config and --secret-file exclude each other: "
		    "the secrets come from the vault or from files");
		return EXIT_USAGE;
	}
	if (options->request.timestamp == NULL)
		options->request.timestamp =
		    getenv("HTTP_X_SLACK_REQUEST_TIMESTAMP");
	if (options->request.signature == NULL)
		options->request.signature = getenv("HTTP_X_SLACK_SIGNATURE");
	return -1;
}

static int
secrets_from_vault(struct secrets *secrets, const char *path,
    struct error *error)
{
	struct config config = { 0 };
	struct ledger ledger = { 0 };
	struct secret *previous = &secrets->list[1];
	char *file = NULL, *key_file = NULL;
	int rc = -1, found;

	if (config_open(&config, path, error) == -1)
		goto out;
	file = config_file(&config, "ledger", "ledger.db");
	key_file = config_file(&config, "key_file", "ledger.key");
	if (file == NULL || key_file == NULL) {
		error_set(error, EXIT_SYSTEM, "out of memory");
		goto out;
	}
	if (ledger_open(&ledger, file, key_file, DB_READ, "verify", error) ==
	    -1 || vault_need(&ledger, "slack.signing_secret",
	    &secrets->list[0], error) == -1)
		goto out;
	secrets->count = 1;
	if ((found = vault_get(&ledger, "slack.signing_secret.previous",
	    previous, error)) == -1)
		goto out;
	if (found == 0)
		secrets->count = 2;
	rc = 0;
out:
	free(file);
	free(key_file);
	ledger_close(&ledger);
	config_close(&config);
	return rc;
}

static int
secrets_open(struct secrets *secrets, const struct options *options,
    struct error *error)
{
	size_t i;

	if (options->file_count == 0 &&
	    secrets_from_vault(secrets, options->config, error) == -1)
		return -1;
	for (i = 0; i < options->file_count; i++) {
		if (secret_read_file(&secrets->list[i], options->files[i],
		    error) == -1)
			return -1;
		secrets->count++;
	}
	/* HMAC takes an empty key, and then everybody can sign. */
	for (i = 0; i < secrets->count; i++)
		if (secrets->list[i].length == 0)
			return error_set(error, EXIT_CONFIG,
			    "signing secret %zu is empty; set the one shown "
			    "under Basic Information of the Slack app", i + 1);
	return 0;
}

/* All of stdin, up to the ceiling and not a byte more than shows it passed. */
static int
read_body(struct buffer *body, struct error *error)
{
	char chunk[65536];
	size_t want;
	ssize_t got;

	for (;;) {
		want = BODY_MAX + 1 - body->length;
		if (want > sizeof(chunk))
			want = sizeof(chunk);
		if ((got = read(STDIN_FILENO, chunk, want)) == 0)
			return 0;
		if (got == -1) {
			if (errno == EINTR)
				continue;
			return error_errno(error, EXIT_IO,
			    "the body can't be read from stdin");
		}
		if (body->length + (size_t)got > BODY_MAX)
			return error_set(error, EXIT_DATA, "the body is over "
			    "the ceiling of %zu bytes", BODY_MAX);
		if (buffer_append(body, chunk, (size_t)got) == -1)
			return error_set(error, EXIT_SYSTEM, "out of memory");
	}
}

static int
judge(const struct options *options, const struct secrets *secrets)
{
	switch (signature_check(&options->request, secrets->list,
	    secrets->count, options->window, clock_wall_ms())) {
	case SIGNATURE_AUTHENTIC:
		return EXIT_DONE;
	case SIGNATURE_BAD_TIMESTAMP:
		log_error("not authentic: malformed header: "
		    "X-Slack-Request-Timestamp is not 1 to 12 digits");
		break;
	case SIGNATURE_BAD_SIGNATURE:
		log_error("not authentic: malformed header: X-Slack-Signature "
		    "is not v0= and 64 lower-case hex digits");
		break;
	case SIGNATURE_OUTSIDE:
		log_error("not authentic: timestamp outside the window of "
		    "%lld s; a replay, or this machine's clock is off",
		    (long long)options->window);
		break;
	case SIGNATURE_MISMATCH:
		log_error("not authentic: signature does not match; forged, "
		    "or the signing secret is another app's or out of date");
		break;
	}
	return EXIT_NO;
}

int
main(int argc, char **argv)
{
	struct options options = { .window = SIGNATURE_WINDOW };
	struct secrets secrets = { 0 };
	struct buffer body;
	struct error error;
	size_t i;
	int rc;

	log_open("verify", NULL);
	signal(SIGPIPE, SIG_IGN);
	buffer_init(&body, BODY_MAX);
	if ((rc = parse_options(&options, argc, argv)) != -1)
		goto out;
	if (secret_start(&error) == -1 ||
	    secrets_open(&secrets, &options, &error) == -1 ||
	    read_body(&body, &error) == -1) {
		rc = log_failure(&error);
		goto out;
	}
	options.request.body = buffer_text(&body);
	options.request.length = body.length;
	if ((rc = judge(&options, &secrets)) != EXIT_DONE)
		goto out;
	if (write_all(STDOUT_FILENO, body.data, body.length, &error) == -1)
		rc = log_failure(&error);
out:
	for (i = 0; i < SIGNATURE_SECRETS_MAX; i++)
		secret_free(&secrets.list[i]);
	buffer_free(&body);
	return log_close_stdout(rc);
}
