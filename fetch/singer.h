/*
 * singer: the lines that fetch writes (Singer specification 0.3.0).
 *
 * A record keeps its source text, so that no digit changes; only members named
 * "links" are dropped, and white space that would break the line.  A STATE
 * holds the bookmarks of all streams, which never go back, and counts the
 * records since the last one.  The bookmarks of a state that belong to no
 * stream of this run stay in it.
 *
 * Lines are gathered and leave with singer_flush, or by themselves when there
 * are many.
 */
#ifndef LEDGERPIPE_FETCH_SINGER_H
#define LEDGERPIPE_FETCH_SINGER_H

#include "clock.h"
#include "fetch/streams.h"

#define SINGER_LINE_MAX ((size_t)16 << 20)
#define SINGER_GRACE_MS 30000 /* for a reader, from SIGTERM on */
#define SINGER_FLUSH ((size_t)256 << 10) /* lines leave beyond so many bytes */

struct singer_bookmark {
	char *stream, *cursor;
	int64_t stamp_ms;
	bool known;
	bool stays; /* what is read begins behind it, and would leave a gap */
};

struct singer {
	struct buffer out;     /* lines that weren't written yet */
	size_t line;           /* where the one that is being made begins */
	struct buffer carried; /* members for every STATE, with commas between */
	struct singer_bookmark *bookmarks;
	size_t count;
	int64_t records; /* since the last STATE */
	char now[CLOCK_TEXT]; /* time_extracted of the records; singer_time */
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
/* A STATE for a stream without a bookmark: all of it was written. */
int singer_checkpoint(struct singer *singer, const struct stream *stream,
    struct error *error);
/* Append the value of a STATE, {"bookmarks":{...}}. */
void singer_bookmarks(const struct singer *singer, struct buffer *out);
/* The records from here on were extracted now. */
void singer_time(struct singer *singer);
int singer_flush(struct singer *singer, struct error *error);
/* Take over the bookmarks, and the lines, of one that ends: the same streams
 * by name and cursor go on where they were.  The bookmarks of streams that
 * aren't there any more are to be carried. */
void singer_adopt(struct singer *singer, struct singer *old);

#endif
