/* SPDX-License-Identifier: MIT */
/* transform: run jq filters over records, write Slack messages. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "line.h"
#include "log.h"
#include "transform/load.h"

static const char usage[] =
    "usage: transform [--config FILE] [-f NAME=FILE]... [-d FOLDER]\n"
    "                 [-L FOLDER]... [FILE...]\n"
    "\n"
    "Run jq filters over Singer records, one JSON object a line, and write\n"
    "the Slack messages that they make.  Without FILE, or for -, read stdin.\n"
    "\n"
    "  -c, --config FILE  the configuration\n"
    "  -f NAME=FILE       a filter and its name (repeatable)\n"
    "  -d FOLDER          all *.jq of a folder, named after their files\n"
    "  -L FOLDER          look here for modules first (repeatable)\n"
    "      --log FORMAT   text or json, on stderr\n"
    "  -h, --help         this text\n"
    "  -V, --version      the version\n";

static int
bad(const char *message)
{
	log_error("%s; see transform --help", message);
	return EXIT_USAGE;
}

/* 0: taken; else the exit status. */
static int
set_option(struct load *load, int option)
{
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
	case 'l':
		return log_open("transform", optarg) == 0 ? 0 :
		    bad("--log takes text or json");
	default:
		return bad("an option is unknown or lacks its argument");
	}
}

/* -1: go on; else the exit status. */
static int
parse_options(struct load *load, int argc, char **argv)
{
	static const struct option table[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "log", required_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 }
	};
	int option, rc;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "c:f:d:L:hV", table, NULL)) !=
	    -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			return EXIT_DONE;
		}
		if (option == 'V') {
			puts("transform (ledgerpipe) " VERSION);
			return EXIT_DONE;
		}
		if ((rc = set_option(load, option)) != 0)
			return rc;
	}
	return -1;
}

static int
read_lines(struct run *run, struct line_reader *reader, const char *where,
    struct error *error)
{
	struct pollfd wait = { .fd = reader->fd, .events = POLLIN };
	struct error failure;
	const char *text;
	size_t length;
	int rc = 0;

	while (rc == 0) {
		switch (line_next(reader, &text, &length, &failure)) {
		case LINE_OK:
			rc = run_line(run, where, reader->number, text, length,
			    error);
			break;
		case LINE_TOO_LONG:
			rc = run_long_line(run, where, reader->number, error);
			break;
		case LINE_AGAIN:
			/* It pauses, be it inside a line. */
			if ((rc = run_flush(run, error)) == 0)
				poll(&wait, 1, -1);
			break;
		case LINE_TORN:
			return error_set(error, EXIT_TEMPFAIL, "%sline %" PRIu64
			    ": the input ended inside it; run the pipeline "
			    "again", where, reader->number);
		case LINE_END:
			return 0;
		case LINE_ERROR:
		default:
			return error_set(error, failure.code, "%s%.900s", where,
			    failure.message);
		}
	}
	return rc;
}

/* One file; NULL: stdin. */
static int
read_file(struct run *run, const char *path, struct error *error)
{
	struct line_reader reader;
	struct buffer where;
	int fd = STDIN_FILENO, flags, rc;

	if (path != NULL && (fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return error_errno(error, EXIT_NOINPUT, "cannot open '%s'",
		    path);
	buffer_init(&where, 4096);
	if (path != NULL)
		buffer_printf(&where, "'%s', ", path);
	line_open(&reader, fd);
	/* A read must not wait while there is something to write.  A terminal
	 * gets its flags back. */
	if ((flags = fcntl(fd, F_GETFL)) != -1)
		fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	rc = read_lines(run, &reader, buffer_text(&where), error);
	if (flags != -1)
		fcntl(fd, F_SETFL, flags);
	line_close(&reader);
	buffer_free(&where);
	if (path != NULL)
		close(fd);
	return rc;
}

static int
read_files(struct run *run, char **files, struct error *error)
{
	struct error flush;
	int rc = 0;

	if (*files == NULL)
		rc = read_file(run, NULL, error);
	for (; *files != NULL && rc == 0; files++)
		rc = read_file(run, strcmp(*files, "-") == 0 ? NULL : *files,
		    error);
	/* The lines before an error are good; after a failed write there are
	 * none left. */
	if (run_flush(run, &flush) == -1 && rc == 0) {
		*error = flush;
		rc = -1;
	}
	return rc;
}

int
main(int argc, char **argv)
{
	struct load load = { 0 };
	struct error error;
	static struct run run;
	int rc, verdict;

	log_open("transform", NULL);
	signal(SIGPIPE, SIG_IGN);
	if ((rc = parse_options(&load, argc, argv)) != -1)
		return log_close_stdout(rc);
	if (sodium_init() == -1) {
		log_error("cannot start libsodium");
		return EXIT_SYSTEM;
	}
	run_open(&run);
	if (load_filters(&load, &run, &error) == -1)
		rc = log_failure(&error);
	else {
		rc = read_files(&run, argv + optind, &error);
		verdict = run_verdict(&run);
		rc = rc == -1 ? log_failure(&error) : verdict;
	}
	run_close(&run);
	return log_close_stdout(rc);
}
