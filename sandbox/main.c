/* SPDX-License-Identifier: MIT */
/* sandbox: a simulated ERP pod and Slack workspace on the loopback. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exitcode.h"
#include "sandbox/fault.h"
#include "sandbox/pod.h"
#include "sandbox/server.h"
#include "sandbox/workspace.h"

#define CHANNELS_MAX 256
#define ROWS_MAX 10000000

struct options {
	struct pod_options pod;
	const char *bot_token;
	const char *channels[CHANNELS_MAX];
	size_t channel_count;
	long long port;
};

struct sandbox {
	struct pod *pod;
	struct workspace *workspace;
	struct faults *faults;
};

static volatile sig_atomic_t stopped;

static const char usage[] =
    "usage: sandbox [--port N] [--seed N] [--invoices N] [--orders N]\n"
    "               [--journals N] [--client-id ID] [--client-secret SECRET]\n"
    "               [--bot-token TOKEN] [--channel NAME]... [--page-cap N]\n"
    "               [--token-lifetime SECONDS]\n"
    "\n"
    "Play an ERP pod and a Slack workspace on 127.0.0.1. Once ready, a line\n"
    "\"PORT n\" goes to stdout. See sandbox(1).\n";

enum { OPTION_CLIENT_ID = 256, OPTION_CLIENT_SECRET, OPTION_BOT_TOKEN,
    OPTION_PAGE_CAP, OPTION_TOKEN_LIFETIME, OPTION_INVOICES, OPTION_ORDERS,
    OPTION_JOURNALS };

static const struct option long_options[] = {
	{ "port", required_argument, NULL, 'p' },
	{ "seed", required_argument, NULL, 's' },
	{ "invoices", required_argument, NULL, OPTION_INVOICES },
	{ "orders", required_argument, NULL, OPTION_ORDERS },
	{ "journals", required_argument, NULL, OPTION_JOURNALS },
	{ "client-id", required_argument, NULL, OPTION_CLIENT_ID },
	{ "client-secret", required_argument, NULL, OPTION_CLIENT_SECRET },
	{ "bot-token", required_argument, NULL, OPTION_BOT_TOKEN },
	{ "channel", required_argument, NULL, 'c' },
	{ "page-cap", required_argument, NULL, OPTION_PAGE_CAP },
	{ "token-lifetime", required_argument, NULL, OPTION_TOKEN_LIFETIME },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 }
};

static void
stop(int signal_number)
{
	(void)signal_number;
	stopped = 1;
}

static bool
number(const char *text, long long low, long long high, long long *out)
{
	char *end;

	errno = 0;
	*out = strtoll(text, &end, 10);
	if (errno == 0 && end != text && *end == '\0' && *out >= low &&
	    *out <= high)
		return true;
	fprintf(stderr, "sandbox: bad number %.40s: it must be %lld to "
	    "%lld\n", text, low, high);
	return false;
}

static bool
rows(struct options *options, enum stream stream)
{
	long long count;

	if (!number(optarg, 0, ROWS_MAX, &count))
		return false;
	options->pod.counts[stream] = (size_t)count;
	return true;
}

/* The options that carry a number. */
static bool
number_option(struct options *options, int option)
{
	long long value;

	switch (option) {
	case 'p':
		return number(optarg, 0, 65535, &options->port);
	case 's':
		if (!number(optarg, 0, INT64_MAX, &value))
			return false;
		options->pod.seed = (uint64_t)value;
		return true;
	case OPTION_INVOICES:
		return rows(options, INVOICES);
	case OPTION_ORDERS:
		return rows(options, PURCHASE_ORDERS);
	case OPTION_JOURNALS:
		return rows(options, JOURNAL_BATCHES);
	case OPTION_PAGE_CAP:
		if (!number(optarg, 1, 100000, &value))
			return false;
		options->pod.page_cap = value;
		return true;
	case OPTION_TOKEN_LIFETIME:
		if (!number(optarg, 1, 31536000, &value))
			return false;
		options->pod.token_lifetime_s = value;
		return true;
	default:
		return false;
	}
}

/* -1: go on; else the exit status. */
static int
options_read(struct options *options, int argc, char **argv)
{
	int option;

	while ((option = getopt_long(argc, argv, "p:s:c:hV", long_options,
	    NULL)) != -1)
		switch (option) {
		case 'h':
			fputs(usage, stdout);
			return fflush(stdout) == 0 ? EXIT_DONE : EXIT_IO;
		case 'V':
			puts("sandbox (ledgerpipe) " VERSION);
			return fflush(stdout) == 0 ? EXIT_DONE : EXIT_IO;
		case 'c':
			if (options->channel_count == CHANNELS_MAX) {
				fprintf(stderr, "sandbox: more than %d "
				    "channels\n", CHANNELS_MAX);
				return EXIT_USAGE;
			}
			options->channels[options->channel_count++] = optarg;
			break;
		case OPTION_CLIENT_ID:
			options->pod.client_id = optarg;
			break;
		case OPTION_CLIENT_SECRET:
			options->pod.client_secret = optarg;
			break;
		case OPTION_BOT_TOKEN:
			options->bot_token = optarg;
			break;
		case '?':
			return EXIT_USAGE;
		default:
			if (!number_option(options, option))
				return EXIT_USAGE;
		}
	if (optind < argc) {
		fprintf(stderr, "sandbox: unexpected operand: %.60s\n",
		    argv[optind]);
		return EXIT_USAGE;
	}
	return -1;
}

static void
route(void *context, const struct request *request, struct response *response)
{
	struct sandbox *sandbox = context;

	if (strncmp(request->path, "/api/", 5) == 0)
		workspace_handle(sandbox->workspace, request, response);
	else if (strcmp(request->path, "/") == 0)
		workspace_page(sandbox->workspace, response);
	else
		pod_handle(sandbox->pod, request, response);
}

static void
serve(void *context, const struct request *request, struct response *response)
{
	struct sandbox *sandbox = context;
	const char *path = request->path;

	if (strncmp(path, "/_control/", 10) != 0) {
		faults_record(sandbox->faults, request);
		faults_answer(sandbox->faults, request, response, route,
		    sandbox);
	} else if (strncmp(path, "/_control/erp/", 14) == 0)
		pod_control(sandbox->pod, request, response);
	else if (strncmp(path, "/_control/slack/", 16) == 0)
		workspace_control(sandbox->workspace, request, response);
	else if (!faults_control(sandbox->faults, request, response))
		response_text(response, 404, "text/plain", "the controls are "
		    "/_control/erp/, /_control/slack/, /_control/fault and "
		    "/_control/requests\n");
}

static int
sandbox_start(struct sandbox *sandbox, const struct options *options)
{
	static const char *const defaults[] = { "#procurement", "#finance",
	    "#operations", "#treasury", NULL };

	sandbox->faults = faults_new();
	sandbox->pod = pod_new(&options->pod);
	sandbox->workspace = workspace_new(options->bot_token);
	if (sandbox->faults == NULL || sandbox->pod == NULL ||
	    sandbox->workspace == NULL)
		return -1;
	for (size_t i = 0; i < options->channel_count; i++)
		if (workspace_add_channel(sandbox->workspace,
		    options->channels[i]) == -1)
			return -1;
	if (options->channel_count == 0)
		for (size_t i = 0; defaults[i] != NULL; i++)
			if (workspace_add_channel(sandbox->workspace,
			    defaults[i]) == -1)
				return -1;
	return 0;
}

static int
run(struct sandbox *sandbox, const struct options *options)
{
	struct server *server;
	struct sigaction action = { .sa_handler = stop };

	signal(SIGPIPE, SIG_IGN);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	server = server_start((uint16_t)options->port, serve, sandbox);
	if (server == NULL) {
		fprintf(stderr, "sandbox: can't listen on 127.0.0.1 port "
		    "%lld: %s\n", options->port, strerror(errno));
		return EXIT_UNAVAILABLE;
	}
	printf("PORT %u\n", (unsigned int)server_port(server));
	if (fflush(stdout) == 0)
		server_run(server, &stopped);
	server_stop(server);
	return stopped ? EXIT_DONE : EXIT_IO;
}

int
main(int argc, char **argv)
{
	struct options options = {
		.pod = { .client_id = "sandbox",
		    .client_secret = "sandbox-secret", .page_cap = 499,
		    .token_lifetime_s = 3600, .seed = 1,
		    .counts = { 60, 40, 30 } },
		.bot_token = "xoxb-sandbox",
	};
	struct sandbox sandbox = { 0 };
	int rc = options_read(&options, argc, argv);

	if (rc != -1)
		return rc;
	if (sandbox_start(&sandbox, &options) == -1) {
		fprintf(stderr, "sandbox: can't start: out of memory, or a "
		    "name or secret is too long\n");
		rc = EXIT_SYSTEM;
	} else
		rc = run(&sandbox, &options);
	pod_free(sandbox.pod);
	faults_free(sandbox.faults);
	workspace_free(sandbox.workspace);
	return rc;
}
