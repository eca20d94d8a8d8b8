/* SPDX-License-Identifier: MIT */
/* verify: pass a request's body on when Slack signed it, else nothing. */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "buffer.h"
#include "clock.h"
#include "line.h"
#include "log.h"
#include "verify/door.h"
#include "verify/options.h"
#include "verify/secrets.h"

/* All of stdin, up to the ceiling and not a byte more than shows it passed. */
static int
read_body(struct buffer *body, struct error *error)
{
	char chunk[65536];
	size_t want;
	ssize_t got;

	for (;;) {
		want = SIGNATURE_BODY_MAX + 1 - body->length;
		if (want > sizeof(chunk))
			want = sizeof(chunk);
		if ((got = read(STDIN_FILENO, chunk, want)) == 0)
			return 0;
		if (got == -1) {
			if (errno == EINTR)
				continue;
			return error_errno(error, EXIT_IO,
			    "the body can't be read from stdin");
		}
		if (body->length + (size_t)got > SIGNATURE_BODY_MAX)
			return error_set(error, EXIT_DATA, "the body is over "
			    "the ceiling of %zu bytes", SIGNATURE_BODY_MAX);
		if (buffer_append(body, chunk, (size_t)got) == -1)
			return error_set(error, EXIT_SYSTEM, "out of memory");
	}
}

static int
filter(struct options *options, const struct secrets *secrets)
{
	enum signature_result result;
	struct buffer body;
	struct error error;
	int rc;

	buffer_init(&body, SIGNATURE_BODY_MAX);
	if (read_body(&body, &error) == -1) {
		rc = log_failure(&error);
		goto out;
	}
	options->request.body = buffer_text(&body);
	options->request.length = body.length;
	result = signature_check(&options->request, secrets->list,
	    secrets->count, options->window, clock_wall_ms());
	if (result != SIGNATURE_AUTHENTIC) {
		log_error("not authentic: %s", signature_why(result));
		rc = EXIT_NO;
		goto out;
	}
	rc = write_all(STDOUT_FILENO, buffer_text(&body), body.length,
	    &error) == 0 ? EXIT_DONE : log_failure(&error);
out:
	buffer_free(&body);
	return rc;
}

int
main(int argc, char **argv)
{
	struct options options = { .window = SIGNATURE_WINDOW,
		.connections = OPTIONS_CONNECTIONS,
		.deadline = OPTIONS_DEADLINE };
	struct secrets secrets = { 0 };
	struct error error;
	int rc;

	log_open("verify", NULL);
	signal(SIGPIPE, SIG_IGN);
	if ((rc = options_parse(&options, argc, argv)) != -1)
		return log_close_stdout(rc);
	if (secret_start(&error) == -1 ||
	    secrets_open(&secrets, &options, &error) == -1)
		rc = log_failure(&error);
	else if (options.listen != NULL)
		rc = door_run(&options, &secrets);
	else
		rc = filter(&options, &secrets);
	secrets_free(&secrets);
	return log_close_stdout(rc);
}
