/* SPDX-License-Identifier: MIT */
#include "sandbox/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exitcode.h"
#include "sandbox/jwt.h"

#define ROWS_MAX 10000000
#define BULK_SIZE_MAX (1 << 20)

static const char usage[] =
    "usage: sandbox [--port N] [--seed N] [--invoices N] [--orders N]\n"
    "               [--journals N] [--rows STREAM=N]... [--page-cap N]\n"
    "               [--bulk N [--bulk-tie N] [--bulk-size BYTES]]\n"
    "               [--client-id ID] [--client-secret SECRET] [--scope S]\n"
    "               [--body-credentials] [--public-client]\n"
    "               [--late-rotation] [--token-lifetime SECONDS]\n"
    "               [--user NAME] [--password PASSWORD]\n"
    "               [--jwt-key FILE] [--issuer NAME]\n"
    "               [--bot-token TOKEN] [--channel NAME]...\n"
    "\n"
    "Play an ERP pod and a Slack workspace on 127.0.0.1. Once ready, a line\n"
    "\"PORT n\" goes to stdout. See sandbox(1).\n";

enum { OPTION_CLIENT_ID = 256, OPTION_CLIENT_SECRET, OPTION_BOT_TOKEN,
    OPTION_PAGE_CAP, OPTION_TOKEN_LIFETIME, OPTION_INVOICES, OPTION_ORDERS,
    OPTION_JOURNALS, OPTION_ROWS, OPTION_BULK, OPTION_BULK_TIE,
    OPTION_BULK_SIZE, OPTION_SCOPE, OPTION_BODY_CREDENTIALS,
    OPTION_PUBLIC_CLIENT, OPTION_LATE_ROTATION, OPTION_USER,
    OPTION_PASSWORD, OPTION_JWT_KEY, OPTION_ISSUER };

static const struct option long_options[] = {
	{ "port", required_argument, NULL, 'p' },
	{ "seed", required_argument, NULL, 's' },
	{ "invoices", required_argument, NULL, OPTION_INVOICES },
	{ "orders", required_argument, NULL, OPTION_ORDERS },
	{ "journals", required_argument, NULL, OPTION_JOURNALS },
	{ "rows", required_argument, NULL, OPTION_ROWS },
	{ "bulk", required_argument, NULL, OPTION_BULK },
	{ "bulk-tie", required_argument, NULL, OPTION_BULK_TIE },
	{ "bulk-size", required_argument, NULL, OPTION_BULK_SIZE },
	{ "client-id", required_argument, NULL, OPTION_CLIENT_ID },
	{ "client-secret", required_argument, NULL, OPTION_CLIENT_SECRET },
	{ "scope", required_argument, NULL, OPTION_SCOPE },
	{ "body-credentials", no_argument, NULL, OPTION_BODY_CREDENTIALS },
	{ "public-client", no_argument, NULL, OPTION_PUBLIC_CLIENT },
	{ "late-rotation", no_argument, NULL, OPTION_LATE_ROTATION },
	{ "user", required_argument, NULL, OPTION_USER },
	{ "password", required_argument, NULL, OPTION_PASSWORD },
	{ "jwt-key", required_argument, NULL, OPTION_JWT_KEY },
	{ "issuer", required_argument, NULL, OPTION_ISSUER },
	{ "bot-token", required_argument, NULL, OPTION_BOT_TOKEN },
	{ "channel", required_argument, NULL, 'c' },
	{ "page-cap", required_argument, NULL, OPTION_PAGE_CAP },
	{ "token-lifetime", required_argument, NULL, OPTION_TOKEN_LIFETIME },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 }
};

static int
number(const char *text, int64_t low, int64_t high, int64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoll(text, &end, 10);
	if (errno == 0 && end != text && *end == '\0' && *out >= low &&
	    *out <= high)
		return 0;
	fprintf(stderr, "sandbox: bad number %.40s: it must be %lld to "
	    "%lld\n", text, (long long)low, (long long)high);
	return -1;
}

static int
rows(struct options *options, enum stream stream, const char *text)
{
	int64_t count;

	if (number(text, 0, ROWS_MAX, &count) == -1)
		return -1;
	options->pod.counts[stream] = (size_t)count;
	return 0;
}

/* STREAM=N */
static int
rows_option(struct options *options, const char *text)
{
	size_t length = strcspn(text, "=");
	int stream = stream_find(text, length);

	if (text[length] == '\0' || stream == -1) {
		fprintf(stderr, "sandbox: bad --rows %.60s: it must be "
		    "STREAM=N with a stream of sandbox(1)\n", text);
		return -1;
	}
	return rows(options, (enum stream)stream, text + length + 1);
}

static int
number_option(struct options *options, int option, const char *text)
{
	struct pod_options *pod = &options->pod;
	int64_t value = 0;
	int rc;

	switch (option) {
	case 'p':
		rc = number(text, 0, 65535, &value);
		options->port = value;
		return rc;
	case 's':
		rc = number(text, 0, INT64_MAX, &value);
		pod->seed = pod->tokens.seed = (uint64_t)value;
		return rc;
	case OPTION_BULK_TIE:
		rc = number(text, 1, ROWS_MAX, &value);
		pod->bulk_tie = (size_t)value;
		return rc;
	case OPTION_BULK_SIZE:
		rc = number(text, 0, BULK_SIZE_MAX, &value);
		pod->bulk_size = (size_t)value;
		return rc;
	case OPTION_PAGE_CAP:
		return number(text, 1, 100000, &pod->page_cap);
	case OPTION_TOKEN_LIFETIME:
		return number(text, 1, 31536000, &pod->tokens.lifetime_s);
	case OPTION_INVOICES:
		return rows(options, INVOICES, text);
	case OPTION_ORDERS:
		return rows(options, PURCHASE_ORDERS, text);
	case OPTION_JOURNALS:
		return rows(options, JOURNAL_BATCHES, text);
	case OPTION_BULK:
		return rows(options, BULK, text);
	case OPTION_ROWS:
		return rows_option(options, text);
	default: /* getopt_long has said what is wrong */
		return -1;
	}
}

static int
channel_option(struct options *options, const char *name)
{
	if (options->channel_count == CHANNELS_MAX) {
		fprintf(stderr, "sandbox: more than %d channels\n",
		    CHANNELS_MAX);
		return -1;
	}
	options->channels[options->channel_count++] = name;
	return 0;
}

static int
option_read(struct options *options, int option, const char *text)
{
	struct token_options *tokens = &options->pod.tokens;

	switch (option) {
	case 'c':
		return channel_option(options, text);
	case OPTION_CLIENT_ID:
		tokens->client_id = text;
		return 0;
	case OPTION_CLIENT_SECRET:
		tokens->client_secret = text;
		return 0;
	case OPTION_SCOPE:
		tokens->scope = text;
		return 0;
	case OPTION_BODY_CREDENTIALS:
		tokens->body_credentials = true;
		return 0;
	case OPTION_PUBLIC_CLIENT:
		tokens->public_client = true;
		return 0;
	case OPTION_LATE_ROTATION:
		tokens->late_rotation = true;
		return 0;
	case OPTION_USER:
		tokens->user = text;
		return 0;
	case OPTION_PASSWORD:
		tokens->password = text;
		return 0;
	case OPTION_JWT_KEY:
		tokens->key_file = text;
		return 0;
	case OPTION_ISSUER:
		tokens->issuer = text;
		return 0;
	case OPTION_BOT_TOKEN:
		options->bot_token = text;
		return 0;
	default:
		return number_option(options, option, text);
	}
}

/* Better said here than by all clients being refused. */
static int
key_check(const char *file)
{
	struct jwt_key *key = file == NULL ? NULL : jwt_key_read(file);

	if (file != NULL && key == NULL) {
		fprintf(stderr, "sandbox: can't read %.200s: --jwt-key must "
		    "be a PEM public key or certificate\n", file);
		return EXIT_NOINPUT;
	}
	jwt_key_free(key);
	return -1;
}

static const struct options defaults = {
	.pod = {
		.tokens = { .client_id = "sandbox",
		    .client_secret = "sandbox-secret",
		    .user = "INTEGRATION.USER",
		    .password = "sandbox-password", .issuer = "ledgerpipe",
		    .lifetime_s = 3600, .seed = 1 },
		.page_cap = 499, .seed = 1, .bulk_tie = 1,
		.counts = { [INVOICES] = 60, [PURCHASE_ORDERS] = 40,
		    [JOURNAL_BATCHES] = 30 } },
	.bot_token = "xoxb-sandbox",
};

int
options_read(struct options *options, int argc, char **argv)
{
	int option;

	*options = defaults;
	while ((option = getopt_long(argc, argv, "p:s:c:hV", long_options,
	    NULL)) != -1)
		if (option == 'h' || option == 'V') {
			fputs(option == 'h' ? usage :
			    "sandbox (ledgerpipe) " VERSION "\n", stdout);
			return fflush(stdout) == 0 ? EXIT_DONE : EXIT_IO;
		} else if (option_read(options, option, optarg) == -1)
			return EXIT_USAGE;
	if (optind < argc) {
		fprintf(stderr, "sandbox: unexpected operand: %.60s\n",
		    argv[optind]);
		return EXIT_USAGE;
	}
	return key_check(options->pod.tokens.key_file);
}
