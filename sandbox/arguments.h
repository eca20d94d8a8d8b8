/*
 * arguments: what a Slack method was called with, from a JSON body, a form
 * body or the query, as one JSON object.
 *
 * In forms blocks, attachments and metadata are JSON in a string; they end up
 * as JSON.
 */
#ifndef SANDBOX_ARGUMENTS_H
#define SANDBOX_ARGUMENTS_H

#include "json.h"
#include "sandbox/server.h"

struct arguments {
	struct buffer text; /* the object */
	struct json json;
};

/* NULL, or Slack's word for what is wrong with the body. */
const char *arguments_read(struct arguments *arguments,
    const struct request *request);
void arguments_free(struct arguments *arguments);
/* A scalar argument in fresh memory, NULL: not there or null. */
char *argument(const struct arguments *arguments, const char *name);
bool argument_true(const struct arguments *arguments, const char *name);
/* A whole argument as JSON text in fresh memory; NULL: not there or null. */
char *argument_json(const struct arguments *arguments, const char *name);

#endif
