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

#include "log.h"
#include "transform/lint.h"
#include "transform/options.h"

#define FLUSH_BYTES 65536
#define OUT_MAX (2 * RUN_LINE_BYTES_MAX)

/* ---- run: the lines go to stdout --------------------------------------------- */

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
run(struct pool *pool, const struct options *options,
    const struct pool_settings *settings, char **files, struct error *error)
{
	struct buffer out;
	const struct sink sink = { .context = &out, .lines = lines,
		.pause = flush };
	struct error unwritten;
	int rc;

	buffer_init(&out, OUT_MAX);
	if ((rc = pool_open(pool, &options->load, settings, &sink, error)) ==
	    0) {
		rc = read_files(pool, files, error);
		/* The lines before an error are good; after a failed write
		 * there are none left. */
		if (flush(&out, &unwritten) == -1 && rc == 0) {
			*error = unwritten;
			rc = -1;
		}
	}
	buffer_free(&out);
	return rc;
}

/* ---- preview ------------------------------------------------------------------ */

/* What to show messages of: files, else what is piped in, else samples. */
static int
read_shown(struct pool *pool, const char *samples, char **files,
    struct error *error)
{
	char *shipped = NULL;
	int rc;

	if (samples == NULL && *files == NULL && isatty(STDIN_FILENO)) {
		if ((shipped = lint_samples_shipped()) == NULL)
			return error_set(error, EXIT_SYSTEM, "out of memory");
		samples = shipped;
	}
	rc = samples != NULL && strcmp(samples, "-") != 0 ?
	    read_file(pool, samples, error) : read_files(pool, files, error);
	free(shipped);
	return rc;
}

static int
preview(struct pool *pool, const struct options *options,
    const struct pool_settings *settings, char **files, struct error *error)
{
	const struct terminal terminal = terminal_of(STDOUT_FILENO);
	struct preview preview;
	const struct sink sink = preview_sink(&preview);
	struct error unwritten;
	int rc;

	if (pool_open(pool, &options->load, settings, &sink, error) == -1)
		return -1;
	preview_open(&preview, options->format, &terminal, STDOUT_FILENO);
	rc = read_shown(pool, options->samples, files, error);
	if (preview_close(&preview, &unwritten) == -1 && rc == 0) {
		*error = unwritten;
		rc = -1;
	}
	return rc;
}

/* ---- lint ----------------------------------------------------------------------- */

static void
loaded(void *context, const struct foreman_filter *filter)
{
	lint_filter(context, filter->name, filter->path, filter->compiled ?
	    NULL : filter->error.message);
}

/* *status: what was found. */
static int
judge(struct pool *pool, const struct options *options,
    struct pool_settings *settings, int *status, struct error *error)
{
	struct lint lint;
	struct sink sink = lint_sink(&lint);
	int fd, rc;

	settings->loaded = loaded;
	if ((rc = lint_open(&lint, options->samples, error)) == 0)
		rc = pool_open(pool, &options->load, settings, &sink, error);
	if (rc == 0)
		rc = lint_texts(&lint, pool->filters->foreman.forgets, error);
	while (rc == 0 && (rc = lint_input(&lint, &fd, error)) == 1) {
		rc = pool_read(pool, fd, NULL, error);
		close(fd);
	}
	if (rc == 0)
		*status = lint_report(&lint, stdout);
	lint_close(&lint);
	return rc;
}

/* ---- all ------------------------------------------------------------------------- */

static int
work(const struct options *options, char **files)
{
	struct pool_settings settings = { 0 };
	static struct pool pool;
	struct error error;
	int rc = -1, status = EXIT_DONE;

	if (options_settle(options, &settings, &error) == -1)
		return log_failure(&error);
	switch (options->mode) {
	case OPTIONS_LINT:
		rc = judge(&pool, options, &settings, &status, &error);
		break;
	case OPTIONS_PREVIEW:
		rc = preview(&pool, options, &settings, files, &error);
		break;
	case OPTIONS_RUN:
		rc = run(&pool, options, &settings, files, &error);
	}
	/* What lint and preview say of rejects, they say themselves; but links
	 * stand alone. */
	if (options->mode == OPTIONS_RUN ||
	    (options->mode == OPTIONS_PREVIEW &&
	    options->format == PREVIEW_URL))
		pool_tell(&pool);
	if (options->mode != OPTIONS_LINT)
		status = pool.bad ? EXIT_DATA : EXIT_DONE;
	pool_close(&pool);
	return rc == -1 ? log_failure(&error) : status;
}

/* No socket takes the place of a standard descriptor that was closed: reading
 * and writing it fail as they should. */
static int
hold_standard(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) == -1 && open("/dev/null",
		    fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			return -1;
	return 0;
}

int
main(int argc, char **argv)
{
	struct options options = { 0 };
	int rc;

	log_open("transform", NULL);
	signal(SIGPIPE, SIG_IGN);
	if ((rc = options_parse(&options, argc, argv)) != -1)
		return log_close_stdout(rc);
	if (hold_standard() == -1 || sodium_init() == -1) {
		log_error("cannot open /dev/null, or start libsodium");
		return EXIT_SYSTEM;
	}
	return log_close_stdout(work(&options, argv + optind));
}
