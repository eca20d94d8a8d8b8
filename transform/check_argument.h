/*
 * check_argument: what chat.postMessage takes; for check alone.
 *
 * The list is https://docs.slack.dev/reference/methods/chat.postMessage
 * (2026-11).  Slack passes over what isn't in it without a word.
 */
#ifndef LEDGERPIPE_TRANSFORM_CHECK_ARGUMENT_H
#define LEDGERPIPE_TRANSFORM_CHECK_ARGUMENT_H

#include <stddef.h>

struct check_argument {
	const char *name;
	enum {
		TAKES_ELSEWHERE, /* it has rules of its own */
		TAKES_ARRAY, TAKES_BOOLEAN, TAKES_STRING,
		TAKES_TIME,    /* of a message: "1503435956.000247" */
		TAKES_WEB_URL,
		TAKES_NOTHING  /* it is refused */
	} takes;
	const char *why; /* it is refused */
};

/* NULL: no such argument. */
const struct check_argument *check_argument(const char *name, size_t length);
/* The argument whose name is nearly this one, or NULL. */
const char *check_argument_like(const char *name, size_t length);

#endif
