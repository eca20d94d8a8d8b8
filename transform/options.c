/* SPDX-License-Identifier: MIT */
#include "transform/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "config.h"
#include "log.h"

static const char usage[] =
    "usage: transform [--config FILE] [-f NAME=FILE]... [-d FOLDER]\n"
    "                 [-L FOLDER]... [-j N] [FILE...]\n"
    "       transform --preview[=FORMAT] [FILTERS] [FILE...]\n"
    "       transform --lint [FILTERS] [--samples FILE]\n"
    "\n"
    "Run jq filters over Singer records, one JSON object a line, and write\n"
    "the Slack messages that they make.  Without FILE, or for -, read stdin.\n"
    "\n"
    "  -c, --config FILE  the configuration\n"
    "  -f NAME=FILE       a filter and its name (repeatable)\n"
    "  -d FOLDER          all *.jq of a folder, named after their files\n"
    "  -L FOLDER          look here for modules first (repeatable)\n"
    "\n"
    "      --preview[=terminal|html|url]\n"
    "                     show the messages as Slack would\n"
    "      --lint         try the filters on samples, tell what is wrong\n"
    "      --samples FILE records for these two; without it --lint has\n"
    "                     those that are shipped, and so has --preview when\n"
    "                     nothing is piped into it\n"
    "\n"
    "  -j, --workers N    at most N processes run filters (one a processor)\n"
    "      --on-invalid reject|trim\n"
    "                     a message over one of Slack's limits (reject)\n"
    "      --cpu SPAN     CPU time that a filter has for a record (1s)\n"
    "      --memory MB    memory that a worker has (256)\n"
    "      --log FORMAT   text or json, on stderr\n"
    "  -h, --help         this text\n"
    "  -V, --version      the version\n";

#define MEMORY_MIN 64 /* MB */
#define MEMORY_MAX 1048576
#define CPU_MIN_MS 10
#define CPU_MAX_MS 600000

static int
bad(const char *message)
{
	log_error("%s; see transform --help", message);
	return EXIT_USAGE;
}

/* An integer in [low, high], or 0. */
static int64_t
number(const char *text, int64_t low, int64_t high)
{
	char *end;
	long long value = strtoll(text, &end, 10);

	return *end == '\0' && *text != '\0' && value >= low &&
	    value <= high ? value : 0;
}

/* 0: taken; else the exit status. */
static int
set_budget(struct options *options, int option)
{
	switch (option) {
	case 'j':
		options->workers = number(optarg, 1, POOL_WORKERS_MAX);
		return options->workers > 0 ? 0 :
		    bad("-j takes a number from 1 to 64");
	case 'M':
		options->memory = number(optarg, MEMORY_MIN, MEMORY_MAX);
		return options->memory > 0 ? 0 :
		    bad("--memory takes megabytes, 64 to 1048576");
	default:
		return clock_parse_span(optarg, &options->cpu_ms) == 0 &&
		    options->cpu_ms >= CPU_MIN_MS &&
		    options->cpu_ms <= CPU_MAX_MS ? 0 :
		    bad("--cpu takes a span from 10ms to 10m");
	}
}

static int
set_option(struct options *options, int option)
{
	struct load *load = &options->load;

	switch (option) {
	case 'c':
		load->config = optarg;
		return 0;
	case 'f':
		if (strchr(optarg, '=') == NULL)
			return bad("-f takes NAME=FILE");
		if (load->named_count == RUN_FILTERS_MAX)
			return bad("too many -f");
		load->named[load->named_count++] = optarg;
		return 0;
	case 'd':
		if (load->folder != NULL)
			return bad("-d may be given once");
		load->folder = optarg;
		return 0;
	case 'L':
		if (load->modules_count == LOAD_FOLDERS_MAX)
			return bad("too many -L");
		load->modules[load->modules_count++] = optarg;
		return 0;
	case 'I':
		load->on_invalid = optarg;
		return strcmp(optarg, "reject") == 0 ||
		    strcmp(optarg, "trim") == 0 ? 0 :
		    bad("--on-invalid takes reject or trim");
	case 'T':
		if (options->mode == OPTIONS_PREVIEW)
			return bad("--lint and --preview are two things");
		options->mode = OPTIONS_LINT;
		load->measure = true;
		return 0;
	case 'P':
		if (options->mode == OPTIONS_LINT)
			return bad("--lint and --preview are two things");
		options->mode = OPTIONS_PREVIEW;
		return preview_format(optarg, &options->format) == 0 ? 0 :
		    bad("--preview takes terminal, html or url");
	case 'S':
		options->samples = optarg;
		return 0;
	case 'j':
	case 'M':
	case 'C':
		return set_budget(options, option);
	case 'l':
		return log_open("transform", optarg) == 0 ? 0 :
		    bad("--log takes text or json");
	default:
		return bad("an option is unknown or lacks its argument");
	}
}

static int
parse(struct options *options, int argc, char **argv)
{
	static const struct option table[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "workers", required_argument, NULL, 'j' },
		{ "on-invalid", required_argument, NULL, 'I' },
		{ "cpu", required_argument, NULL, 'C' },
		{ "memory", required_argument, NULL, 'M' },
		{ "lint", no_argument, NULL, 'T' },
		{ "preview", optional_argument, NULL, 'P' },
		{ "samples", required_argument, NULL, 'S' },
		{ "log", required_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 }
	};
	int option, rc;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "c:f:d:L:j:hV", table,
	    NULL)) != -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			return EXIT_DONE;
		}
		if (option == 'V') {
			puts("transform (ledgerpipe) " VERSION);
			return EXIT_DONE;
		}
		if ((rc = set_option(options, option)) != 0)
			return rc;
	}
	return -1;
}

int
options_parse(struct options *options, int argc, char **argv)
{
	int rc = parse(options, argc, argv);

	if (rc != -1)
		return rc;
	if (options->mode == OPTIONS_LINT && argv[optind] != NULL)
		return bad("--lint reads no FILE: name it with --samples");
	if (options->mode == OPTIONS_RUN && options->samples != NULL)
		return bad("--samples goes with --lint or --preview");
	if (options->samples != NULL && argv[optind] != NULL)
		return bad("--samples and FILE are two names for the input");
	return -1;
}

int
options_settle(const struct options *options, struct pool_settings *settings,
    struct error *error)
{
	struct config config = { 0 };
	const long processors = sysconf(_SC_NPROCESSORS_ONLN);
	int64_t workers, cpu_ms, memory;
	int rc = -1;

	if (config_present(options->load.config) &&
	    config_open(&config, options->load.config, error) == -1)
		return -1;
	if (config_integer(&config, "transform.workers", processors < 1 ? 1 :
	    processors > POOL_WORKERS_MAX ? POOL_WORKERS_MAX : processors, 1,
	    POOL_WORKERS_MAX, &workers, error) == -1 ||
	    config_span(&config, "transform.cpu", 1000, CPU_MIN_MS,
	    CPU_MAX_MS, &cpu_ms, error) == -1 ||
	    config_integer(&config, "transform.memory", 256, MEMORY_MIN,
	    MEMORY_MAX, &memory, error) == -1)
		goto out;
	if (options->workers > 0)
		workers = options->workers;
	if (options->cpu_ms > 0)
		cpu_ms = options->cpu_ms;
	if (options->memory > 0)
		memory = options->memory;
	settings->workers = (size_t)workers;
	settings->budget = (struct budget){ cpu_ms, (size_t)memory << 20 };
	rc = 0;
out:
	config_close(&config);
	return rc;
}
