/*
 * blockkit_rule: what the rules for blocks are made of; for blockkit alone.
 *
 * Each looks at a member of an object, and tells violations with the pointer
 * to it.  A pointer grows by what is entered and shrinks when it is left; it
 * is put into words only when there is something to tell, since nearly all
 * messages keep the rules.
 */
#ifndef LEDGERPIPE_TRANSFORM_BLOCKKIT_RULE_H
#define LEDGERPIPE_TRANSFORM_BLOCKKIT_RULE_H

#include "transform/blockkit.h"

#define ID_MAX 255
#define URL_MAX 3000
#define NO_LIMIT ((size_t)-2) /* the budget is the limit */
/* One step for each level of a document, and one to a member that's missing. */
#define RULE_DEPTH_MAX (JSON_DEPTH_MAX + 2)
/* More blocks than the budget has room for. */
#define RULE_BLOCK_IDS_MAX 200

struct check {
	const struct json *json;
	blockkit_report report;
	void *context;
	size_t violations;
	size_t characters; /* against the message's budget */
	size_t plain;      /* of strings that are shown as they are */
	size_t in_tables, in_data_tables; /* of those, in tables */
	struct blockkit_weight heaviest;
	size_t depth, ids_count;
	struct {
		const char *name; /* or NULL, and it is the index */
		size_t index;
	} path[RULE_DEPTH_MAX];
	json_node ids[RULE_BLOCK_IDS_MAX]; /* all block_id so far */
};

struct kind {
	const char *type; /* NULL ends a list */
	void (*check)(struct check *, json_node);
};

/* What a string is. */
enum {
	REQUIRED = 1,
	MAY_BE_EMPTY = 2,
	WORDS = 4,     /* text to read: it may be cut */
	MRKDWN = 8,    /* text with mark-up: it may be cut with care, and
	                * counts against the budget as it is written */
	LITERAL = 16,  /* it counts, with its & < > as entities */
	WEB_URL = 32,  /* something that Slack fetches */
	LINK_URL = 64, /* something that a reader follows */
	PLAIN_TEXT = 128 /* of a text object: it can't be mrkdwn */
};

void rule_violation(struct check *check, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Of another fault: node can be mended so far that limit is left of it. */
void rule_tell(struct check *check, enum blockkit_fault fault, json_node node,
    size_t limit, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* Go down to a member or element, and come back. */
void rule_enter(struct check *check, const char *name);
void rule_enter_index(struct check *check, size_t index);
void rule_leave(struct check *check);

/* A string of 1 to high characters; returns how many it has. */
size_t rule_string(struct check *check, json_node object, const char *name,
    size_t high, unsigned what);
/* One that may be null or absent: attachments are lenient. */
void rule_optional(struct check *check, json_node object, const char *name,
    size_t high, unsigned what);
/* One of the words in list, which ends with NULL. */
void rule_choice(struct check *check, json_node object, const char *name,
    const char *const *list, unsigned what);
/* An integer, when it is there. */
void rule_integer(struct check *check, json_node object, const char *name,
    int64_t low, int64_t high);
/* A text object; the second: of the object itself. */
void rule_text(struct check *check, json_node object, const char *name,
    size_t high, unsigned what);
void rule_text_body(struct check *check, json_node node, size_t high,
    unsigned what);
/* An array of low to high elements, each given to visit; the second: of the
 * array itself. */
void rule_array(struct check *check, json_node object, const char *name,
    size_t low, size_t high, void (*visit)(struct check *, json_node));
void rule_array_body(struct check *check, json_node node, size_t low,
    size_t high, void (*visit)(struct check *, json_node));
/* No two elements of an array share an action_id.  An array over high, of at
 * most a hundred, isn't compared. */
void rule_unique(struct check *check, json_node object, const char *name,
    size_t high);
/* Two strings that say the same? */
bool rule_same(const struct json *json, json_node one, json_node other);
/* Is the member there? */
bool rule_has(const struct check *check, json_node object, const char *name);
/* A member that, when it is there, is an object for visit. */
void rule_member(struct check *check, json_node object, const char *name,
    void (*visit)(struct check *, json_node));
/* For what has nothing to check in it. */
void rule_nothing(struct check *check, json_node node);
/* The kind that the object's type names, or NULL. */
const struct kind *rule_kind(const struct check *check, json_node node,
    const struct kind *kinds);

/* blockkit_layout: a block of any kind, by its type. */
void blockkit_block(struct check *check, json_node node);
/* blockkit_rich: a rich_text object.  blockkit_table: blocks full of data. */
void blockkit_rich_text(struct check *check, json_node node);
void blockkit_table(struct check *check, json_node node);
void blockkit_data_table(struct check *check, json_node node);
void blockkit_row(struct check *check, json_node node); /* of a data table */
void blockkit_chart(struct check *check, json_node node);
/* blockkit_element: an element of an actions block or an accessory, a button
 * alone, an element of an input block, of a context_actions block; an image,
 * as accessory or block. */
void blockkit_element(struct check *check, json_node node);
void blockkit_button(struct check *check, json_node node);
void blockkit_input_element(struct check *check, json_node node);
void blockkit_context_action(struct check *check, json_node node);
void blockkit_image(struct check *check, json_node node);
/* blockkit_attachment: one of the payload's attachments. */
void blockkit_attachment(struct check *check, json_node node);

#endif
