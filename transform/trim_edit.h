/*
 * trim_edit: rewrite a message's JSON from left to right; for trim alone.
 *
 * Between edit_open and edit_finish the text is copied piece by piece:
 * edit_keep up to a place, edit_skip what is left out, and whatever is written
 * to fresh comes in between.  The nodes are those of the old text until
 * edit_finish.  What leaves something out and can't say so to a reader returns
 * -1, and has written nothing.
 */
#ifndef LEDGERPIPE_TRANSFORM_TRIM_EDIT_H
#define LEDGERPIPE_TRANSFORM_TRIM_EDIT_H

#include "buffer.h"
#include "json.h"

struct edit {
	struct buffer *text;
	struct json *json;
	struct buffer fresh;
	size_t at; /* what is before it is done with */
};

/* Arrays with a place for a note among their elements. */
enum edit_array { EDIT_BLOCKS, EDIT_ATTACHMENTS, EDIT_CONTEXT, EDIT_CELLS };

void edit_open(struct edit *edit, struct buffer *text, struct json *json);
void edit_close(struct edit *edit);
/* Make the new text the text, and parse it. */
int edit_finish(struct edit *edit, struct error *error);

void edit_keep(struct edit *edit, size_t end);
void edit_skip(struct edit *edit, size_t end);
void edit_copy(struct edit *edit, json_node node); /* from the old text */

/* Keep the first elements and a note that tells how many more there were,
 * those counted that an earlier note tells of. */
int edit_keep_items(struct edit *edit, json_node array, size_t keep,
    enum edit_array kind);
/* The same for an array with no such place: the note follows the block. */
int edit_keep_noted(struct edit *edit, json_node array, size_t keep);
/* A whole block. */
int edit_replace_by_note(struct edit *edit, json_node block,
    const char *word);

/* An array's elements, a note not counted. */
size_t edit_count(const struct json *json, json_node array,
    enum edit_array kind);
json_node edit_parent(const struct json *json, json_node node);
size_t edit_length(const struct json *json, json_node node);
/* Where the element before number index ends. */
size_t edit_end_of(const struct json *json, json_node array, size_t index);

#endif
