/* SPDX-License-Identifier: MIT */
#include "verify/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

#define DEADLINE_MAX 600

static const char usage[] =
    "usage: verify [--config FILE | --secret-file FILE]...\n"
    "              [--timestamp T] [--signature S] [--window SECONDS] <body\n"
    "       verify [--config FILE | --secret-file FILE]... [--spool FILE]\n"
    "              --listen ADDR:PORT | unix:PATH | fd\n"
    "\n"
    "Write the request body from stdin to stdout if Slack signed it.\n"
    "With --listen take Slack's requests over HTTP, keep them, and write each\n"
    "as one EVENT line to stdout.\n"
    "\n"
    "  -c, --config FILE       configuration: the secrets are in its vault\n"
    "  -s, --secret-file FILE  a signing secret (repeatable; no vault then)\n"
    "  -w, --window SECONDS    how far the timestamp may be off (300)\n"
    "      --log FORMAT        text or json, on stderr\n"
    "  -h, --help              this text\n"
    "  -V, --version           the version\n"
    "\n"
    "As a filter:\n"
    "  -t, --timestamp T       the X-Slack-Request-Timestamp header\n"
    "  -g, --signature S       the X-Slack-Signature header\n"
    "Without -t and -g the values are HTTP_X_SLACK_REQUEST_TIMESTAMP and\n"
    "HTTP_X_SLACK_SIGNATURE in the environment, as CGI sets them.\n"
    "\n"
    "As a listener:\n"
    "  -l, --listen WHERE      an address and port, unix:PATH, or fd: the\n"
    "                          socket that systemd passes\n"
    "      --spool FILE        where events wait (beside the ledger)\n"
    "      --tls-certificate FILE, --tls-key FILE\n"
    "                          speak TLS: PEM, the chain and its key\n"
    "      --connections N     at a time (512)\n"
    "      --per-address N     of them from one address (half)\n"
    "      --deadline SECONDS  within which a request is there (10)\n";

/* A whole number from 1 to max. */
static int
number(const char *name, const char *text, int64_t max, int64_t *value)
{
	char *end;
	long long parsed;

	errno = 0;
	parsed = strtoll(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ||
	    parsed < 1 || parsed > max) {
		log_error("option --%s takes 1 to %lld", name,
		    (long long)max);
		return EXIT_USAGE;
	}
	*value = parsed;
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
add_file(struct options *options, const char *file)
{
	if (options->file_count < SIGNATURE_SECRETS_MAX) {
		options->files[options->file_count++] = file;
		return 0;
	}
	log_error("more than %d secret files; give the current and the "
	    "previous one", SIGNATURE_SECRETS_MAX);
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
		return add_file(options, optarg);
	case 't':
		options->request.timestamp = optarg;
		return 0;
	case 'g':
		options->request.signature = optarg;
		return 0;
	case 'w':
		return number("window", optarg, SIGNATURE_WINDOW_MAX,
		    &options->window);
	case 'l':
		options->listen = optarg;
		return 0;
	case 'S':
		options->spool = optarg;
		return 0;
	case 'C':
		options->certificate = optarg;
		return 0;
	case 'K':
		options->key = optarg;
		return 0;
	case 'N':
		return number("connections", optarg, OPTIONS_CONNECTIONS_MAX,
		    &options->connections);
	case 'A':
		return number("per-address", optarg, OPTIONS_CONNECTIONS_MAX,
		    &options->per_address);
	case 'D':
		return number("deadline", optarg, DEADLINE_MAX,
		    &options->deadline);
	case 'L':
		if (log_open("verify", optarg) == 0)
			return 0;
		log_error("option --log takes text or json");
		return EXIT_USAGE;
	default:
		return bad_option(argv);
	}
}

/* Do they fit together? */
static int
check(const struct options *options)
{
	bool listener = options->spool != NULL || options->key != NULL ||
	    options->certificate != NULL;
	const char *wrong = NULL;

	if (options->config != NULL && options->file_count > 0)
		wrong = "--config and --secret-file exclude each other: "
		    "the secrets come from the vault or from files";
	else if (options->listen == NULL && listener)
		wrong = "--spool, --tls-certificate and --tls-key go with "
		    "--listen";
	else if (options->listen != NULL && (options->request.timestamp != NULL
	    || options->request.signature != NULL))
		wrong = "--timestamp and --signature don't go with --listen: "
		    "each request brings its own";
	else if ((options->key == NULL) != (options->certificate == NULL))
		wrong = "--tls-certificate and --tls-key go together";
	else if (options->listen != NULL && options->file_count > 0 &&
	    options->spool == NULL)
		wrong = "--listen with --secret-file needs --spool: there is "
		    "no ledger to keep the events beside";
	if (wrong != NULL)
		log_error("%s", wrong);
	return wrong == NULL ? -1 : EXIT_USAGE;
}

/* As CGI gives them. */
static void
ask_environment(struct signature_request *request)
{
	if (request->timestamp == NULL)
		request->timestamp = getenv("HTTP_X_SLACK_REQUEST_TIMESTAMP");
	if (request->signature == NULL)
		request->signature = getenv("HTTP_X_SLACK_SIGNATURE");
}

int
options_parse(struct options *options, int argc, char **argv)
{
	static const struct option table[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "secret-file", required_argument, NULL, 's' },
		{ "timestamp", required_argument, NULL, 't' },
		{ "signature", required_argument, NULL, 'g' },
		{ "window", required_argument, NULL, 'w' },
		{ "listen", required_argument, NULL, 'l' },
		{ "spool", required_argument, NULL, 'S' },
		{ "tls-certificate", required_argument, NULL, 'C' },
		{ "tls-key", required_argument, NULL, 'K' },
		{ "connections", required_argument, NULL, 'N' },
		{ "per-address", required_argument, NULL, 'A' },
		{ "deadline", required_argument, NULL, 'D' },
		{ "log", required_argument, NULL, 'L' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 }
	};
	int option, rc;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "c:s:t:g:w:l:hV", table,
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
	if (optind < argc && (options->listen != NULL || optind + 1 < argc ||
	    strcmp(argv[optind], "-") != 0)) {
		log_error("%s; no operand is taken", options->listen != NULL ?
		    "requests come to --listen" :
		    "the body is read from stdin");
		return EXIT_USAGE;
	}
	rc = check(options);
	if (options->listen == NULL)
		ask_environment(&options->request);
	return rc;
}
