/* SPDX-License-Identifier: MIT */
/* transform: run jq filters over records, write Slack messages. */
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "clock.h"
#include "log.h"
#include "transform/pool.h"

static const char usage[] =
    "usage: transform [--config FILE] [-f NAME=FILE]... [-d FOLDER]\n"
    "                 [-L FOLDER]... [-j N] [FILE...]\n"
    "\n"
    "Run jq filters over Singer records, one JSON object a line, and write\n"
    "the Slack messages that they make.  Without FILE, or for -, read stdin.\n"
    "\n"
    "  -c, --config FILE  the configuration\n"
    "  -f NAME=FILE       a filter and its name (repeatable)\n"
    "  -d FOLDER          all *.jq of a folder, named after their files\n"
    "  -L FOLDER          look here for modules first (repeatable)\n"
    "  -j, --workers N    at most N processes at a time run filters\n"
    "      --cpu SPAN     a filter's budget for a record: CPU time (1s)\n"
    "      --memory MB    and memory of a worker (256)\n"
    "      --log FORMAT   text or json, on stderr\n"
    "  -h, --help         this text\n"
    "  -V, --version      the version\n";

#define MEMORY_MIN 64      /* MB */
#define MEMORY_MAX 1048576
#define CPU_MIN_MS 10
#define CPU_MAX_MS 600000
#define FLUSH_BYTES 65536
#define OUT_MAX (2 * RUN_LINE_BYTES_MAX)

struct options {
	struct load load;
	int64_t workers, cpu_ms, memory; /* 0: the configuration's */
};

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
		    bad("--memory takes megabytes, 64 or more");
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

/* -1: go on; else the exit status. */
static int
parse_options(struct options *options, int argc, char **argv)
{
	static const struct option table[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "workers", required_argument, NULL, 'j' },
		{ "cpu", required_argument, NULL, 'C' },
		{ "memory", required_argument, NULL, 'M' },
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

/* The pool's settings: of the command line, else of the configuration. */
static int
settle(const struct options *options, struct pool_settings *settings,
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

/* ---- the sink that is stdout ------------------------------------------------ */

static int
flush(void *context, struct error *error)
{
	struct buffer *out = context;
	int rc = write_all(STDOUT_FILENO, out->data, out->length, error);

	buffer_clear(out);
	return rc;
}

static int
lines(void *context, const char *text, size_t length, struct error *error)
{
	struct buffer *out = context;

	if (buffer_append(out, text, length) == -1)
		return error_set(error, EXIT_SYSTEM, "cannot hold the output: "
		    "out of memory");
	return out->length > FLUSH_BYTES ? flush(out, error) : 0;
}

/* ---- the input ---------------------------------------------------------------- */

/* One file; NULL: stdin. */
static int
read_file(struct pool *pool, const char *path, struct error *error)
{
	int fd = STDIN_FILENO, rc;

	if (path != NULL && (fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return error_errno(error, EXIT_NOINPUT, "cannot open '%s'",
		    path);
	rc = pool_read(pool, fd, path, error);
	if (path != NULL)
		close(fd);
	return rc;
}

static int
read_files(struct pool *pool, char **files, struct error *error)
{
	int rc = 0;

	if (*files == NULL)
		return read_file(pool, NULL, error);
	for (; *files != NULL && rc == 0; files++)
		rc = read_file(pool, strcmp(*files, "-") == 0 ? NULL : *files,
		    error);
	return rc;
}

static int
run(const struct options *options, const struct sink *sink, char **files,
    struct error *error)
{
	struct pool_settings settings = { 0 };
	static struct pool pool;
	int rc;

	if (settle(options, &settings, error) == -1)
		return log_failure(error);
	if (pool_open(&pool, &options->load, &settings, sink, error) == -1)
		rc = log_failure(error);
	else if (read_files(&pool, files, error) == -1) {
		/* What was rejected is told also before a failure. */
		pool_verdict(&pool);
		rc = log_failure(error);
	} else
		rc = pool_verdict(&pool);
	pool_close(&pool);
	return rc;
}

/* No socket takes the place of a standard descriptor that was closed: reading
 * it gives nothing, and writing fails as it should. */
static int
hold_standard(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) == -1 &&
		    open("/dev/null", O_RDONLY) != fd)
			return -1;
	return 0;
}

int
main(int argc, char **argv)
{
	struct options options = { 0 };
	struct error error;
	struct buffer out;
	struct sink sink = { .context = &out, .lines = lines, .pause = flush };
	int rc;

	log_open("transform", NULL);
	signal(SIGPIPE, SIG_IGN);
	if ((rc = parse_options(&options, argc, argv)) != -1)
		return log_close_stdout(rc);
	if (hold_standard() == -1 || sodium_init() == -1) {
		log_error("cannot open /dev/null, or start libsodium");
		return EXIT_SYSTEM;
	}
	buffer_init(&out, OUT_MAX);
	rc = run(&options, &sink, argv + optind, &error);
	buffer_free(&out);
	return log_close_stdout(rc);
}
