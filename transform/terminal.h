/*
 * terminal: a message as a person would see it in Slack, in a box of text.
 *
 * No character of a message moves the cursor, turns the direction of writing
 * or breaks the box's edge.  Times are in UTC.
 */
#ifndef LEDGERPIPE_TRANSFORM_TERMINAL_H
#define LEDGERPIPE_TRANSFORM_TERMINAL_H

#include "json.h"
#include "transform/paper.h"

#define TERMINAL_WIDTH_MIN 24

struct terminal {
	size_t width; /* columns of a box, at least TERMINAL_WIDTH_MIN */
	bool styled;  /* bold, colours and links may be used */
};

/* What fd allows: a terminal's width and, unless NO_COLOR is set or TERM is
 * dumb, styles.  It reads the environment; call it before that is emptied. */
struct terminal terminal_of(int fd);

/* A MESSAGE line and a REJECT line of transform, each in a box.  A member channel
 * of the line goes before that of its payload. */
void terminal_message(struct buffer *out, const struct terminal *terminal,
    const struct json *line);
void terminal_reject(struct buffer *out, const struct terminal *terminal,
    const struct json *line);
/* A remark between boxes. */
void terminal_note(struct buffer *out, const struct terminal *terminal,
    const char *text);

/* For its parts: the content of a message; a rich_text block, a table. */
void terminal_payload(struct paper *paper, const struct json *json,
    json_node payload);
void terminal_rich_text(struct paper *paper, const struct json *json,
    json_node block);
void terminal_table(struct paper *paper, const struct json *json,
    json_node block);

#endif
