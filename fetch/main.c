/* SPDX-License-Identifier: MIT */
/* fetch: read what changed in the ERP, write it as a Singer tap. */
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "fetch/oauth.h"
#include "fetch/pager.h"
#include "log.h"

#define STREAMS_MAX 64
#define STATE_BYTES_MAX ((size_t)1 << 20)

static const char usage[] =
    "usage: fetch [--config FILE] [--stream S]... [--since T] [--until T]\n"
    "             [--state FILE] [--once | --check]\n"
    "\n"
    "Write the ERP's records that changed since the bookmark, as Singer\n"
    "messages, one JSON object a line.\n"
    "\n"
    "  -c, --config FILE  the configuration\n"
    "  -s, --stream S     this stream alone (repeatable)\n"
    "      --since T      start at an RFC 3339 time, not at the bookmark\n"
    "      --until T      end before a time\n"
    "      --state FILE   start at the bookmarks of a STATE value\n"
    "      --once         one pass, then exit (the default)\n"
    "      --check        ask for a token and one record of each stream\n"
    "      --log FORMAT   text or json, on stderr\n"
    "  -h, --help         this text\n"
    "  -V, --version      the version\n";

struct options {
	const char *config, *state;
	const char *streams[STREAMS_MAX];
	size_t stream_count;
	int64_t since, until;
	bool check;
};

struct run {
	struct options options;
	struct config config;
	struct ledger ledger;
	struct streams streams;
	struct singer singer;
	struct rest rest;
	char *pipeline;
	struct buffer state_text;
	struct json state;
};

static int
bad(const char *message)
{
	log_error("%s; see fetch --help", message);
	return EXIT_USAGE;
}

/* 0: taken; else the exit status. */
static int
set_option(struct options *options, int option)
{
	switch (option) {
	case 'c':
		options->config = optarg;
		return 0;
	case 's':
		if (options->stream_count == STREAMS_MAX)
			return bad("too many --stream");
		options->streams[options->stream_count++] = optarg;
		return 0;
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
	case 'S':
		options->state = optarg;
		return 0;
	case 'o':
		return 0;
	case 'C':
		options->check = true;
		return 0;
	case 'L':
		return log_open("fetch", optarg) == 0 ? 0 :
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
		{ "stream", required_argument, NULL, 's' },
		{ "since", required_argument, NULL, 'f' },
		{ "until", required_argument, NULL, 'u' },
		{ "state", required_argument, NULL, 'S' },
		{ "once", no_argument, NULL, 'o' },
		{ "check", no_argument, NULL, 'C' },
		{ "log", required_argument, NULL, 'L' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 }
	};
	int option, rc;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "c:s:hV", table, NULL)) !=
	    -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			return EXIT_DONE;
		}
		if (option == 'V') {
			puts("fetch (ledgerpipe) " VERSION);
			return EXIT_DONE;
		}
		if ((rc = set_option(options, option)) != 0)
			return rc;
	}
	if (optind < argc)
		return bad("fetch takes no operand");
	if (options->state != NULL && options->since != -1)
		return bad("--state and --since exclude each other");
	if (options->since != -1 && options->until != -1 &&
	    options->until <= options->since)
		return bad("--until must be later than --since");
	return -1;
}

/* Without bookmarks it is no state, and all would be read again; but an empty
 * object is how a Singer runner begins. */
static int
state_check(const struct run *run, struct error *error)
{
	const struct json *state = &run->state;

	if (json_type(state, json_path(state, "bookmarks")) == JSON_OBJECT ||
	    (json_type(state, 0) == JSON_OBJECT &&
	    json_first(state, 0) == JSON_NONE))
		return 0;
	return error_set(error, EXIT_DATA, "the state '%s' holds no "
	    "bookmarks: give the value of a STATE message",
	    run->options.state);
}

static int
state_load(struct run *run, struct error *error)
{
	const char *path = run->options.state;
	struct error broken;
	char chunk[8192];
	ssize_t count;
	int fd;

	if (path == NULL)
		return 0;
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return error_errno(error, EXIT_NOINPUT,
		    "cannot open the state '%s'", path);
	while ((count = read(fd, chunk, sizeof(chunk))) > 0)
		buffer_append(&run->state_text, chunk, (size_t)count);
	close(fd);
	if (count == -1 || run->state_text.failed)
		return error_set(error, EXIT_NOINPUT,
		    "cannot read the state '%s'", path);
	/* A run that wrote no STATE leaves an empty file: from the start. */
	if (run->state_text.length == 0)
		return 0;
	if (json_parse(&run->state, run->state_text.data,
	    run->state_text.length, &broken) == -1)
		return error_set(error, broken.code, "the state '%s' is %s",
		    path, broken.message);
	return state_check(run, error) == -1 ? -1 : singer_carry(&run->singer,
	    &run->state, json_path(&run->state, "bookmarks"), error);
}

/* With --since the ledger's bookmark is not where the reading starts, but it
 * doesn't go back, nor past what lies between it and there. */
static int
start_since(struct run *run, size_t index, struct error *error)
{
	const struct stream *stream = &run->streams.list[index];
	char *text = NULL;
	int64_t bookmark;

	if (bookmark_get(&run->ledger, run->pipeline, stream->name, &text,
	    error) == -1)
		return -1;
	if (text == NULL || clock_parse(text, &bookmark) == -1) {
		free(text);
		return 0;
	}
	if (run->options.since > bookmark) {
		log_warning("stream %s: --since is later than its bookmark %s, "
		    "which stays: the next run reads what lies between",
		    stream->name, text);
		singer_stay(&run->singer, index, bookmark);
	} else
		singer_start(&run->singer, index, bookmark);
	free(text);
	return 0;
}

/* Where a stream starts: *since for the query (-1: the beginning). */
static int
starting_point(struct run *run, size_t index, int64_t *since,
    struct error *error)
{
	const struct stream *stream = &run->streams.list[index];
	char *text = NULL;
	int rc = 0;

	*since = run->options.since;
	if (*since != -1)
		return start_since(run, index, error);
	if (run->options.state != NULL)
		text = json_dup(&run->state, json_member(&run->state,
		    json_member(&run->state, json_path(&run->state,
		    "bookmarks"), stream->name), "replication_key_value"));
	else if (bookmark_get(&run->ledger, run->pipeline, stream->name, &text,
	    error) == -1)
		return -1;
	if (text == NULL)
		return 0;
	if (clock_parse(text, since) == -1)
		rc = error_set(error, EXIT_DATA, "stream %s: its bookmark "
		    "'%.40s' is no time", stream->name, text);
	else if (*since > clock_wall_ms() + PAGER_AHEAD_MAX_MS)
		rc = error_set(error, EXIT_DATA, "stream %s: its bookmark "
		    "'%.40s' lies in the future, and no record would be read; "
		    "check this machine's clock, or give --since",
		    stream->name, text);
	else {
		singer_start(&run->singer, index, *since);
		*since -= stream->overlap;
	}
	free(text);
	return rc;
}

static int
run_open(struct run *run, struct error *error)
{
	char *db = NULL, *key_file = NULL;
	int rc = -1;

	buffer_init(&run->state_text, STATE_BYTES_MAX);
	if (config_open(&run->config, run->options.config, error) == -1)
		return -1;
	db = config_file(&run->config, "ledger", "ledger.db");
	key_file = config_file(&run->config, "key_file", "ledger.key");
	run->pipeline = config_string(&run->config, "pipeline", "default");
	if (db == NULL || key_file == NULL || run->pipeline == NULL)
		error_set(error, EXIT_SYSTEM, "out of memory");
	else if (ledger_open(&run->ledger, db, key_file, DB_WRITE, "fetch",
	    error) == 0 && streams_load(&run->streams, &run->config,
	    run->options.streams, run->options.stream_count, error) == 0 &&
	    singer_open(&run->singer, &run->streams, error) == 0 &&
	    state_load(run, error) == 0 &&
	    rest_open(&run->rest, &run->config, &run->ledger, error) == 0)
		rc = 0;
	free(db);
	free(key_file);
	return rc;
}

static void
run_close(struct run *run)
{
	rest_close(&run->rest);
	singer_close(&run->singer);
	streams_free(&run->streams);
	ledger_close(&run->ledger);
	config_close(&run->config);
	buffer_free(&run->state_text);
	json_free(&run->state);
	free(run->pipeline);
}

/* A failure that a person must mend outweighs one that time may. */
static int
worse(int one, int other)
{
	return one == EXIT_DONE || (exitcode_is_transient(one) &&
	    !exitcode_is_transient(other)) ? other : one;
}

/* One broken stream doesn't stop the others; the worst is the status. */
static int
read_streams(struct run *run, struct error *error)
{
	int64_t *since;
	int rc = EXIT_DONE;
	size_t i;

	/* A token of yesterday would hide a secret that is wrong today. */
	if (run->options.check && oauth_ask(&run->rest, error) == -1)
		return log_failure(error);
	since = calloc(run->streams.count, sizeof(*since));
	if (since == NULL) {
		error_set(error, EXIT_SYSTEM, "out of memory");
		return log_failure(error);
	}
	/* All bookmarks first: each STATE holds those of all streams. */
	for (i = 0; i < run->streams.count; i++)
		if (starting_point(run, i, &since[i], error) == -1) {
			rc = log_failure(error);
			goto out;
		}
	for (i = 0; i < run->streams.count; i++) {
		if (run->options.check ? pager_check(&run->rest,
		    &run->streams.list[i], error) == 0 :
		    pager_run(&run->rest, &run->singer, &run->streams, i,
		    since[i], run->options.until, error) == 0)
			continue;
		rc = worse(rc, log_failure(error));
		/* Nobody reads any more, or no stream will get a token or a
		 * connection. */
		if (error->code == EXIT_IO || error->code == EXIT_SYSTEM ||
		    run->rest.token.text == NULL || run->rest.unreachable)
			break;
	}
	if (run->options.check && rc == EXIT_DONE)
		log_info("a new token was given, and %zu of %zu streams can be "
		    "read", run->streams.count, run->streams.count);
out:
	free(since);
	return rc;
}

int
main(int argc, char **argv)
{
	struct run run = { .options = { .since = -1, .until = -1 } };
	struct error error;
	int rc;

	log_open("fetch", NULL);
	signal(SIGPIPE, SIG_IGN);
	if ((rc = parse_options(&run.options, argc, argv)) != -1)
		return log_close_stdout(rc);
	if (secret_start(&error) == -1 || http_start(&error) == -1)
		return log_failure(&error);
	if (run_open(&run, &error) == -1)
		rc = log_failure(&error);
	else
		rc = read_streams(&run, &error);
	run_close(&run);
	http_stop();
	return log_close_stdout(rc);
}
