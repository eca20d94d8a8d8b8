/*
 * stream: one resource that is polled: the catalogue's settings, and those of
 * the configuration over them.  One that isn't built in needs path, key and
 * cursor.
 *
 * An empty string in the configuration takes away what the catalogue has:
 * "expand": "" asks for no children.  fields, when there are any, always hold
 * what the pipeline lives on: key, cursor, amount and currency.
 */
#ifndef LEDGERPIPE_FETCH_STREAM_H
#define LEDGERPIPE_FETCH_STREAM_H

#include "config.h"

#define STREAM_PAGE_SIZE_MAX 499 /* pods clamp at 499 or 500 */
#define STREAM_NAME_MAX 127      /* bytes of a key attribute's name */
#define STREAM_KEY_MAX 16        /* of them; transform takes no more */
#define STREAM_TEXT_MAX ((size_t)16384) /* of fields, of business units */

enum stream_scan {
	STREAM_QUERY,      /* q on the cursor, in ascending order */
	STREAM_DESCENDING, /* the pod refuses q on it: from the newest row down
	                    * to the bookmark */
	STREAM_WHOLE       /* no stamp: each pass reads all, by key */
};

struct stream {
	char *name, *path;
	char *key;    /* attribute names joined by ',' */
	char *cursor; /* NULL with STREAM_WHOLE, and only then */
	char *expand, *fields, *filter, *amount, *currency; /* or NULL */
	char *business_unit;           /* a condition for q, or NULL */
	char *business_unit_attribute; /* or NULL: none is known */
	char *schema; /* text of a JSON Schema object, one line, or NULL */
	enum stream_scan scan;
	bool selected; /* by the configuration, --stream or a catalog */
	int64_t page_size; /* at least 2 */
	int64_t overlap;   /* ms */
};

/* Fill a zeroed *stream; after an error, too, it is to be freed.  Errors:
 * EXIT_CONFIG. */
int stream_load(struct stream *stream, const struct config *config,
    const char *name, struct error *error);
void stream_free(struct stream *stream);
/* Check the key, put into fields what must be there: after each change of
 * key, cursor or fields. */
int stream_settle(struct stream *stream, struct error *error);

#endif
