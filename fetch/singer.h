/*
 * singer: the lines that fetch writes (Singer specification 0.3.0).
 *
 * A record keeps its source text, so that no digit changes; only white space
 * and members named "links" are dropped.  A STATE holds the bookmarks of all
 * streams, which never go back, and counts the records since the last one.
 * The bookmarks of a state that belong to no stream of this run stay in it.
 */
#ifndef LEDGERPIPE_FETCH_SINGER_H
#define LEDGERPIPE_FETCH_SINGER_H

#include "fetch/streams.h"

#define SINGER_LINE_MAX ((size_t)16 << 20)

struct singer_bookmark {
	char *stream, *cursor;
	int64_t stamp_ms;
	bool known;
	bool stays; /* what is read begins behind it, and would leave a gap */
};

struct singer {
	struct buffer line;
	struct buffer carried; /* members for every STATE, with commas between */
	struct singer_bookmark *bookmarks;
	size_t count;
	int64_t records; /* since the last STATE */
};

int singer_open(struct singer *singer, const struct streams *streams,
    struct error *error);
void singer_close(struct singer *singer); /* zeroed: fine */
/* Where a stream starts; it goes into every STATE from now on. */
void singer_start(struct singer *singer, size_t stream, int64_t stamp_ms);
/* The stream's bookmark stays at stamp_ms whatever is read. */
void singer_stay(struct singer *singer, size_t stream, int64_t stamp_ms);
/* Keep those of an object of bookmarks that belong to no stream here. */
int singer_carry(struct singer *singer, const struct json *json,
    json_node bookmarks, struct error *error);
int singer_schema(struct singer *singer, const struct stream *stream,
    struct error *error);
int singer_record(struct singer *singer, const struct stream *stream,
    const struct json *json, json_node record, struct error *error);
/* Everything of this stream up to stamp_ms was written. */
int singer_state(struct singer *singer, size_t stream, int64_t stamp_ms,
    struct error *error);

#endif
