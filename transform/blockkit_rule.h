/*
 * blockkit_rule: what the rules for blocks are made of; for blockkit alone.
 *
 * Each looks at a member of an object, and tells violations with the pointer
 * to it.  A pointer grows by what is entered and shrinks when it is left.
 */
#ifndef LEDGERPIPE_TRANSFORM_BLOCKKIT_RULE_H
#define LEDGERPIPE_TRANSFORM_BLOCKKIT_RULE_H

#include "transform/blockkit.h"

#define ID_MAX 255
#define URL_MAX 3000

struct check {
	const struct json *json;
	blockkit_report report;
	void *context;
	size_t violations;
	size_t characters; /* against the message's budget */
	size_t plain;      /* of strings that are shown as they are */
	size_t in_tables;  /* of those, in tables */
	struct buffer pointer, scratch;
};

enum wants { ANY_TEXT, PLAIN_TEXT };

struct kind {
	const char *type; /* NULL ends a list */
	void (*check)(struct check *, json_node);
};

void rule_violation(struct check *check, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Go down to a member or element; give what it returned to rule_leave. */
size_t rule_enter(struct check *check, const char *name);
size_t rule_enter_index(struct check *check, size_t index);
void rule_leave(struct check *check, size_t length);

/* A string of low to high characters; returns how many it has. */
size_t rule_string(struct check *check, json_node object, const char *name,
    size_t low, size_t high, bool required);
/* The same of one that is shown as it is: it counts against the budget. */
void rule_literal(struct check *check, json_node object, const char *name,
    size_t high, bool required);
/* A text object; the second: of the object itself. */
void rule_text(struct check *check, json_node object, const char *name,
    size_t high, enum wants wants, bool required);
void rule_text_body(struct check *check, json_node node, size_t high,
    enum wants wants);
/* An array of low to high elements, each given to visit. */
void rule_array(struct check *check, json_node object, const char *name,
    size_t low, size_t high, void (*visit)(struct check *, json_node));
/* No two elements of an array share this string.  An array over its limit, of
 * at most a hundred, isn't compared. */
void rule_unique(struct check *check, json_node object, const char *name,
    size_t high, const char *member);
/* For what has nothing to check in it. */
void rule_nothing(struct check *check, json_node node);
/* The kind that the object's type names, or NULL. */
const struct kind *rule_kind(const struct check *check, json_node node,
    const struct kind *kinds);

/* blockkit_element: an element of an actions block or an accessory, of an
 * input block, of a context_actions block; an image, as accessory or block. */
void blockkit_element(struct check *check, json_node node);
void blockkit_input_element(struct check *check, json_node node);
void blockkit_context_action(struct check *check, json_node node);
void blockkit_image(struct check *check, json_node node);

#endif
