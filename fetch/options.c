/* SPDX-License-Identifier: MIT */
#include "fetch/options.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "log.h"

#define SECOND_MS 1000
#define DAY_MS (24 * 3600 * 1000LL)
#define SWEEP_MAX_MS (366 * DAY_MS)

static const char usage[] =
    "usage: fetch [--config FILE] [--stream S]... [--since T] [--until T]\n"
    "             [--catalog FILE] [--state FILE] [--sweep D]\n"
    "             [--every D [--jitter D] | --once | --check | --discover |\n"
    "             --dry-run]\n"
    "\n"
    "Write the ERP's records that changed since the bookmark, as Singer\n"
    "messages, one JSON object a line.\n"
    "\n"
    "  -c, --config FILE  the configuration\n"
    "  -s, --stream S     this stream alone (repeatable)\n"
    "      --since T      start at an RFC 3339 time, not at the bookmark\n"
    "      --until T      end before a time\n"
    "      --catalog FILE read what a Singer catalog selects\n"
    "      --state FILE   start at the bookmarks of a STATE value\n"
    "      --once         one pass, then exit (the default)\n"
    "      --every D      a pass each 1s to 1d, such as 5m, until SIGTERM\n"
    "      --jitter D     up to so much later, at random\n"
    "      --sweep D      look so far back, such as 2d: in this pass, or with\n"
    "                     --every once a day\n"
    "      --check        say what is to be mended before records can be read\n"
    "      --discover     write a Singer catalog of the streams\n"
    "      --dry-run      write the requests that a pass would begin with\n"
    "      --login        get a refresh token (auditctl login oracle)\n"
    "      --log FORMAT   text or json, on stderr\n"
    "  -v, --verbose      a line on stderr for each pass of a stream\n"
    "  -h, --help         this text\n"
    "  -V, --version      the version\n";

static int
bad(const char *message)
{
	log_error("%s; see fetch --help", message);
	return EXIT_USAGE;
}

static int
span(const char *text, int64_t low, int64_t high, int64_t *value,
    const char *message)
{
	return clock_parse_span(text, value) == 0 && *value >= low &&
	    *value <= high ? 0 : bad(message);
}

/* Those that carry a time or a span.  0: taken; -1: another; else the exit
 * status. */
static int
set_time(struct options *options, int option)
{
	switch (option) {
	case 'f':
		if (clock_parse(optarg, &options->since) == -1)
			return bad("--since takes a time such as "
			    "2026-01-31T00:00:00Z");
		/* It may become the bookmark: what comes till then would
		 * never be read. */
		return options->since <= clock_wall_ms() ? 0 :
		    bad("--since lies in the future");
	case 'u':
		return clock_parse(optarg, &options->until) == 0 ? 0 :
		    bad("--until takes a time such as 2026-01-31T00:00:00Z");
	case 'e':
		return span(optarg, SECOND_MS, DAY_MS,
		    &options->poller.every_ms, "--every takes a span from 1s "
		    "to 1d, such as 5m");
	case 'j':
		return span(optarg, 0, DAY_MS, &options->poller.jitter_ms,
		    "--jitter takes a span up to 1d, such as 30s");
	case 'w':
		return span(optarg, SECOND_MS, SWEEP_MAX_MS,
		    &options->poller.sweep_ms, "--sweep takes a span from 1s "
		    "to 366d, such as 2d");
	default:
		return -1;
	}
}

/* 0: taken; else the exit status. */
static int
set_option(struct options *options, int option)
{
	int rc = set_time(options, option);

	if (rc != -1)
		return rc;
	switch (option) {
	case 'c':
		options->config = optarg;
		return 0;
	case 's':
		if (options->stream_count == OPTIONS_STREAMS_MAX)
			return bad("too many --stream");
		options->streams[options->stream_count++] = optarg;
		return 0;
	case 'S':
		options->state = optarg;
		return 0;
	case 'K':
		options->catalog = optarg;
		return 0;
	case 'D':
		options->discover = true;
		return 0;
	case 'o':
		options->once = true;
		return 0;
	case 'C':
		options->check = true;
		return 0;
	case 'n':
		options->dry_run = true;
		return 0;
	case 'v':
		options->poller.verbose = true;
		return 0;
	case 'l':
		return login_parse(optarg, &options->login) == 0 ? 0 :
		    bad("--login takes no-browser, port=N and timeout=SPAN, "
		    "with commas between them");
	case 'L':
		return log_open("fetch", optarg) == 0 ? 0 :
		    bad("--log takes text or json");
	default:
		return EXIT_BUG;
	}
}

static int
together(const struct options *options)
{
	int modes = options->once + options->check + options->discover +
	    options->dry_run + options->login.asked +
	    (options->poller.every_ms > 0);

	if (modes > 1)
		return bad("--every, --once, --check, --discover, --dry-run "
		    "and --login exclude each other");
	if (options->discover && options->catalog != NULL)
		return bad("--discover excludes --catalog");
	if (options->state != NULL && options->since != -1)
		return bad("--state and --since exclude each other");
	if (options->poller.jitter_ms > 0 && options->poller.every_ms == 0)
		return bad("--jitter needs --every");
	if (options->until != -1 && options->poller.every_ms > 0)
		return bad("--until and --every exclude each other");
	if (options->since != -1 && options->until != -1 &&
	    options->until <= options->since)
		return bad("--until must be later than --since");
	return -1;
}

int
options_parse(struct options *options, int argc, char **argv)
{
	static const struct option table[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "stream", required_argument, NULL, 's' },
		{ "since", required_argument, NULL, 'f' },
		{ "until", required_argument, NULL, 'u' },
		{ "catalog", required_argument, NULL, 'K' },
		{ "discover", no_argument, NULL, 'D' },
		{ "state", required_argument, NULL, 'S' },
		{ "once", no_argument, NULL, 'o' },
		{ "every", required_argument, NULL, 'e' },
		{ "jitter", required_argument, NULL, 'j' },
		{ "sweep", required_argument, NULL, 'w' },
		{ "check", no_argument, NULL, 'C' },
		{ "dry-run", no_argument, NULL, 'n' },
		{ "login", optional_argument, NULL, 'l' },
		{ "log", required_argument, NULL, 'L' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 }
	};
	int option, rc;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "c:s:vhV", table, NULL)) !=
	    -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			return EXIT_DONE;
		}
		if (option == 'V') {
			puts("fetch (ledgerpipe) " VERSION);
			return EXIT_DONE;
		}
		if (option == '?') {
			log_error("'%.60s' is no option of fetch's, or lacks "
			    "its argument; see fetch --help",
			    argv[optind > 1 ? optind - 1 : optind]);
			return EXIT_USAGE;
		}
		if ((rc = set_option(options, option)) != 0)
			return rc;
	}
	if (optind < argc)
		return bad("fetch takes no operand");
	return together(options);
}
