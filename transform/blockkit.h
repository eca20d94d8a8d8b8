/*
 * blockkit: does a message keep Slack's rules for blocks and attachments?
 *
 * The limits are those of https://docs.slack.dev/reference/block-kit/ (block
 * and element pages, 2026-11), counted in code points.  A violation is told
 * with the JSON pointer that Slack itself would name, and with what a program
 * needs to mend it: which node, and how much of it may stay.
 */
#ifndef LEDGERPIPE_TRANSFORM_BLOCKKIT_H
#define LEDGERPIPE_TRANSFORM_BLOCKKIT_H

#include "json.h"

#define BLOCKKIT_BLOCKS_MAX 50
#define BLOCKKIT_ATTACHMENTS_MAX 100
/* Slack refuses messages whose blocks hold more text than about 13,200
 * characters; the number isn't documented, so stay below it. */
#define BLOCKKIT_CHARACTERS_MAX 12000
#define BLOCKKIT_BLOCK_OVERHEAD 100 /* what a block counts beside its text */

enum blockkit_fault {
	BLOCKKIT_WRONG,   /* only who made it can mend it */
	BLOCKKIT_LONG,    /* node: a string; limit characters may stay */
	BLOCKKIT_LONG_MRKDWN, /* the same; cut no entity and no <...> in it */
	BLOCKKIT_MANY,    /* node: an array; limit elements may stay */
	BLOCKKIT_CROWDED, /* node: a table's rows; limit characters of all their
	                   * cells may stay */
	BLOCKKIT_TOTAL,   /* the whole message; limit characters may stay */
	BLOCKKIT_UNSAFE,  /* Slack takes it, and nobody should send it */
	BLOCKKIT_WARNING  /* no violation, but worth telling who made it */
};

struct blockkit_violation {
	enum blockkit_fault fault;
	const char *pointer, *message; /* until the report returns */
	json_node node;
	size_t limit;
};

typedef void (*blockkit_report)(void *context,
    const struct blockkit_violation *violation);

struct blockkit_size {
	size_t points;   /* characters */
	size_t wide;     /* of them, those that are two units of UTF-16 */
	size_t entities; /* what & < > take more when they are written out */
};
/* A string's, measured where it stands. */
struct blockkit_size blockkit_measure(const struct json *json, json_node node);

/* Check payload.blocks and payload.attachments (none or null is fine).
 * Returns the number of violations; each, and each warning, is reported.
 * *characters, unless NULL, gets what the message counts against the
 * whole-message budget, & < > in plain text as the entities that Slack keeps
 * them as. */
size_t blockkit_check(const struct json *json, json_node payload,
    size_t *characters, blockkit_report report, void *context);

/* What one of these counts. */
enum blockkit_part { BLOCKKIT_BLOCK, BLOCKKIT_ATTACHMENT, BLOCKKIT_ROW };
struct blockkit_weight {
	size_t characters; /* against the budget */
	size_t plain;      /* against the limit of a table's cells */
	json_node longest; /* of the strings that count, or JSON_NONE */
	size_t length;     /* its characters */
	bool mrkdwn;       /* it is */
};
struct blockkit_weight blockkit_weigh(const struct json *json, json_node node,
    enum blockkit_part part);

#endif
