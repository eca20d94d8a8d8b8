/*
 * request: what an authentic request of Slack's says.
 *
 * Events come as JSON, slash commands as a form, interactions as a form with one
 * field, "payload", that is JSON.  Each becomes an id and a JSON value:
 *
 *	kind            id                  body
 *	event_callback  event_id            as Slack sent it
 *	slash_command   trigger_id          an object of the form's fields
 *	interaction     trigger_id          the payload
 *	other           (see below)         as Slack sent it: JSON, an object of
 *	                                    the fields, or a string
 *
 * Slack repeats a request under the same id.  What has none gets "digest:" and
 * a hash of its timestamp and body, so that the same signed bytes count once.
 *
 * Nothing that was signed is an error: what can't be read is "other".
 */
#ifndef LEDGERPIPE_VERIFY_REQUEST_H
#define LEDGERPIPE_VERIFY_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"
#include "error.h"

enum request_media { MEDIA_UNKNOWN, MEDIA_JSON, MEDIA_FORM };

struct request {
	const char *kind; /* a constant; NULL: there is nothing to keep */
	struct buffer id;
	struct buffer body;   /* JSON on one line */
	struct buffer answer; /* what Slack wants to read: a challenge */
};

/* By its Content-Type, which may be NULL. */
enum request_media request_media(const char *content_type);
/* Is it Slack's probe of the certificate, a form that says ssl_check=1?  Such
 * a one is not signed, and changes nothing. */
bool request_is_probe(const char *body, size_t length);
void request_init(struct request *request);
void request_free(struct request *request);
/* timestamp is the header's.  Error: EXIT_SYSTEM, out of memory. */
int request_read(struct request *request, enum request_media media,
    const char *body, size_t length, const char *timestamp,
    struct error *error);

#endif
