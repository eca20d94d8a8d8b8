/*
 * rest_wire: how rest puts a request on the wire.
 */
#ifndef LEDGERPIPE_FETCH_REST_WIRE_H
#define LEDGERPIPE_FETCH_REST_WIRE_H

#include "fetch/rest.h"

#define REST_WORDS_MAX ((size_t)256 << 10) /* kept of a refusal, or a token */

/* Ask its owner for the address, aim its handle and add it to the multi
 * handle: it is RUNNING.  A failure leaves its state as it was. */
int rest_wire_start(struct rest *rest, struct rest_request *request,
    struct error *error);
/* Is the answer whose headers are in what was asked for?  Sets accepted. */
void rest_wire_judge(struct rest_request *request);
/* Wipe and free the headers that were sent. */
void rest_wire_clear(struct rest_request *request);

#endif
