/* SPDX-License-Identifier: MIT */
/* rest: one request at a time, for who can't go on without its answer. */
#include "fetch/rest.h"

struct single {
	const char *path;
	struct buffer *text;
	struct error *error;
	bool done;
	int rc;
};

static int
single_url(void *context, struct buffer *url, struct error *error)
{
	struct single *single = context;

	return buffer_puts(url, single->path) == 0 ? 0 :
	    error_set(error, EXIT_CONFIG, "the URL is too long");
}

static void
single_answer(void *context, const char *date)
{
	struct single *single = context;

	(void)date;
	buffer_clear(single->text);
}

static int
single_feed(void *context, const char *bytes, size_t count,
    struct error *error)
{
	struct single *single = context;

	return buffer_append(single->text, bytes, count) == 0 ? 0 :
	    error_set(error, EXIT_PROTOCOL, "%s: the answer is over %zu bytes",
	    single->path, REST_JSON_MAX);
}

static void
single_done(void *context, const struct error *failure)
{
	struct single *single = context;

	single->done = true;
	single->rc = failure == NULL ? 0 : -1;
	if (failure != NULL)
		*single->error = *failure;
}

int
rest_get(struct rest *rest, const char *what, const char *path_and_query,
    struct json *json, struct error *error)
{
	struct buffer *text = &rest->text;
	struct single single = { path_and_query, text, error, false, 0 };
	struct rest_request request = { .what = what, .context = &single,
		.url = single_url, .answer = single_answer,
		.feed = single_feed, .done = single_done };
	struct error broken;

	buffer_clear(text);
	rest_submit(rest, &request);
	while (!single.done)
		if (rest_turn(rest, 1000, -1, error) == -1) {
			rest_cancel(rest, &request);
			single.rc = -1;
			break;
		}
	rest->unauthorised = single.rc == -1 && ((request.tries == 0 &&
	    request.curl == NULL) || auth_is_refused(&rest->auth));
	rest->status = request.curl != NULL ? request.head.status : 0;
	rest->unreachable = single.rc == -1 && request.unreachable;
	rest_release(&request);
	if (single.rc == -1)
		return -1;
	if (json_parse(json, buffer_text(text), text->length, &broken) == -1)
		return error_set(error, EXIT_PROTOCOL, "%s: the answer is %s",
		    what, broken.message);
	return 0;
}
