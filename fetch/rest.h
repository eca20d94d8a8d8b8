/*
 * rest: the ERP's REST API over one kept-alive connection, with a token.
 *
 * The token is asked for again once when the pod answers 401.  Throttling, 5xx
 * and broken connections are tried again, at most five times in all.
 */
#ifndef LEDGERPIPE_FETCH_REST_H
#define LEDGERPIPE_FETCH_REST_H

#include "config.h"
#include "http.h"
#include "ledger.h"

struct rest {
	CURL *curl;
	struct ledger *ledger;
	char *url, *token_url, *client_id, *scope, *ca_file;
	int64_t timeout_ms;
	struct secret token;
	struct http_answer answer; /* of the last request */
	bool unreachable; /* the last request had no connection, all tries */
};

/* ledger lives on.  Close after a failure too. */
int rest_open(struct rest *rest, const struct config *config,
    struct ledger *ledger, struct error *error);
void rest_close(struct rest *rest); /* zeroed: fine */
/* Aim rest->curl at a URL, all options as http_prepare sets them. */
int rest_prepare(struct rest *rest, const char *url, struct error *error);
/* Perform what was prepared, again while that may help.  0: an answer that
 * isn't worth another try is in rest->answer.  what: named in errors. */
int rest_perform(struct rest *rest, const char *what, struct error *error);
/* GET url + path_and_query, parse the JSON answer into *json, which points
 * into rest->answer until the next call. */
int rest_get(struct rest *rest, const char *what, const char *path_and_query,
    struct json *json, struct error *error);

#endif
