/* SPDX-License-Identifier: MIT */
/* fetch: read what changed in the ERP, write it as a Singer tap. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fetch/check.h"
#include "fetch/discover.h"
#include "fetch/setup.h"
#include "fetch/signals.h"
#include "log.h"

/* The first request of each stream, and for a person what its q says. */
static int
dry_run(struct setup *setup, struct error *error)
{
	struct buffer url, query;
	struct pager *pager;
	int rc = 0, worst = EXIT_DONE;
	size_t i;

	buffer_init(&url, QUERY_URL_MAX);
	buffer_init(&query, STREAM_TEXT_MAX);
	for (i = 0; rc == 0 && i < setup->streams.count; i++) {
		worst = exitcode_worse(worst, setup->poller.readers[i].status);
		if (setup->poller.readers[i].never)
			continue;
		pager = &setup->poller.readers[i].pager;
		pager_start(pager, &setup->poller.readers[i].pass);
		buffer_clear(&query);
		rc = pager_url(pager, &url, error);
		query_text(pager->stream, &pager->query, &query);
		if (rc == 0)
			printf("GET %s%s\n", setup->rest.url, url.data);
		if (rc == 0 && query.length > 0)
			printf("    q=%s\n", query.data);
	}
	buffer_free(&url);
	buffer_free(&query);
	return rc == 0 ? worst : log_failure(error);
}

/* Set up anew by the configuration as it is now; when it can't be read, all
 * stays as it was.  -1: go on; else the exit status. */
static int
reload(struct setup **setup, int wake_fd, struct error *error)
{
	struct setup *fresh = calloc(1, sizeof(*fresh)), *old = *setup;

	if (fresh == NULL)
		return -1;
	if (setup_open(fresh, old->options, old->ledger, wake_fd,
	    error) == -1) {
		log_error("%s; all stays as it was", error->message);
		setup_close(fresh);
		free(fresh);
		return -1;
	}
	*setup = fresh;
	if (strcmp(fresh->ledger_path, old->ledger_path) != 0 ||
	    strcmp(fresh->key_path, old->key_path) != 0)
		log_warning("another ledger or key_file is taken at the next "
		    "start, not before");
	if (setup_start(fresh, old, error) == -1)
		log_failure(error);
	else {
		error->code = EXIT_DONE;
		log_info("the configuration was read again");
	}
	setup_close(old);
	free(old);
	return error->code == EXIT_DONE ? -1 : (int)error->code;
}

static int
poll_streams(struct setup **setup, int wake_fd, struct error *error)
{
	int rc, failed;

	if (setup_start(*setup, NULL, error) == -1)
		return log_failure(error);
	if ((*setup)->options->dry_run)
		return dry_run(*setup, error);
	for (;;) {
		rc = poller_run(&(*setup)->poller);
		if (!(*setup)->poller.reload)
			return rc;
		if ((failed = reload(setup, wake_fd, error)) != -1)
			return failed;
	}
}

static int
run(const struct options *options, struct setup **setup,
    struct ledger *ledger, struct error *error)
{
	bool polls = !options->login.asked && !options->discover &&
	    !options->check && !options->dry_run;
	int wake_fd = -1;

	/* What doesn't look for signals is ended by them. */
	if (polls && (wake_fd = signals_open(options->poller.every_ms > 0,
	    error)) == -1)
		return log_failure(error);
	if (setup_open(*setup, options, ledger, wake_fd,
	    error) == -1 || (options->login.asked &&
	    login_run(&(*setup)->config, ledger, &options->login,
	    error) == -1))
		return log_failure(error);
	if (options->login.asked)
		return EXIT_DONE;
	if (options->discover)
		return discover_run(&(*setup)->rest, &(*setup)->streams,
		    error);
	if (!options->check)
		return poll_streams(setup, wake_fd, error);
	/* A token of yesterday would hide a secret that is wrong today. */
	auth_forget(&(*setup)->rest.auth);
	return check_run(&(*setup)->rest, &(*setup)->streams, error);
}

int
main(int argc, char **argv)
{
	struct options options = { .since = -1, .until = -1,
		.login = { .port = -1 } };
	struct ledger ledger = { 0 };
	struct setup *setup;
	struct error error;
	int rc;

	log_open("fetch", NULL);
	signal(SIGPIPE, SIG_IGN);
	if ((rc = options_parse(&options, argc, argv)) != -1)
		return log_close_stdout(rc);
	if (secret_start(&error) == -1 || http_start(&error) == -1)
		return log_failure(&error);
	if (isatty(STDERR_FILENO))
		options.poller.verbose = true;
	if ((setup = calloc(1, sizeof(*setup))) == NULL) {
		error_set(&error, EXIT_SYSTEM, "out of memory");
		return log_failure(&error);
	}
	rc = run(&options, &setup, &ledger, &error);
	setup_close(setup);
	free(setup);
	ledger_close(&ledger);
	http_stop();
	return log_close_stdout(rc);
}
