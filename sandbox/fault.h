/*
 * fault: answers that are to go wrong, ordered by a test, and the log of all
 * requests.
 *
 * POST /_control/fault takes
 *
 *   {"path":"/api/chat.postMessage","count":2,"skip":0,"status":503,
 *    "body":"…","content_type":"text/html","headers":{"Retry-After":"1"},
 *    "delay_ms":50,"stall_ms":50,"drop":true,"reset":true,"truncate":true,
 *    "chunked":true,"handle":true,"match":"…","unread":true}
 *
 * and the next `count` (default 1) requests whose path starts with `path`
 * (default "/") and whose body contains the text `match` (default any), after
 * `skip` others, answer so.  With `status`, `drop` (the
 * connection is closed) or `reset` (it is broken off) the request is lost
 * before it did anything, unless `handle` is true: then it is carried out and
 * only its answer is replaced.  With `unread` the connection is broken off
 * before the request's body is read; the request is in no log, and `match`
 * can't be.  Without them the real answer is sent, late,
 * stalled in its middle, truncated, or chunked instead of announced by length.
 * Bytes that JSON can't hold go into `body_base64` instead of `body`; either
 * has room for some megabytes (REQUEST_BODY_MAX).  DELETE clears all faults.
 * Faults are used in the order in which they came; /_control/ itself never
 * fails.
 *
 * GET /_control/requests lists the requests outside /_control/ so far, one
 * JSON object a line: at_ms (a monotonic clock), method, path (with the query,
 * as sent), headers, body; DELETE forgets them.  The oldest are forgotten
 * beyond REQUEST_LOG_MAX.
 */
#ifndef SANDBOX_FAULT_H
#define SANDBOX_FAULT_H

#include "sandbox/server.h"

#define REQUEST_LOG_MAX ((size_t)64 << 20)
#define FAULTS_MAX 256

struct faults;

struct faults *faults_new(void);
void faults_free(struct faults *faults);
/* Write the request into the log. */
void faults_record(struct faults *faults, const struct request *request);
/* Is the connection of a request for path to be broken off unread? */
bool faults_screen(struct faults *faults, const char *path);
/* Let handler answer, or a fault that fits. */
void faults_answer(struct faults *faults, const struct request *request,
    struct response *response, server_handler handler, void *context);
/* Paths /_control/fault and /_control/requests; false for another one. */
bool faults_control(struct faults *faults, const struct request *request,
    struct response *response);

#endif
