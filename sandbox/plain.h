/*
 * plain: kinds whose rows are made by a table instead of a program.
 *
 * A recipe says how one attribute is made from a text; attributes without one
 * are null, but for the audit attributes, which every such kind has.  Of each
 * child a row has one to three items, made the same way.
 *
 * A maker's text is, in the order of the declarations below:
 *   id        base of an integer unlike that of any other item of the stream
 *   shared    the same, but each sixth row has that of the one before
 *   fixed     the JSON text
 *   choice    texts joined by '|', taken in turn; an empty one is null
 *   counted   "prefix base step": a string that grows by step with each row
 *   whole     "base step": an integer that does
 *   position  not used: which child of its parent it is, from 1
 *   parent    not used: its parent's value of the same attribute
 *   vendor    "name", "number", "site" or "email" of the row's supplier
 *   amount    the most cents there are; every ninth row's is negative
 *   quantity  the most there is
 *   day       "from to": days before and after the day of the start
 *   stamped   not used: the row's creation
 *   released  not used: the row's last update in each third row, else null
 */
#ifndef SANDBOX_PLAIN_H
#define SANDBOX_PLAIN_H

#include "sandbox/generate.h"

struct plain_row {
	struct data *data;
	struct chance *chance;
	size_t number;
	int64_t serial;  /* of the item within the row */
	int64_t stamp, created;
	const struct vendor *vendor;
};

/* The item that is made now, and where it stands. */
struct plain_item {
	struct plain_row *row;
	struct item *item;
	const struct item *parent; /* NULL: it is the row */
	size_t position;
};

struct recipe {
	const char *attribute; /* NULL ends the table */
	void (*make)(const struct plain_item *made, const char *attribute,
	    const char *text);
	const char *text;
};

#define PLAIN_MAKER(name) void plain_##name(const struct plain_item *made, \
    const char *attribute, const char *text)
PLAIN_MAKER(id);
PLAIN_MAKER(shared);
PLAIN_MAKER(fixed);
PLAIN_MAKER(choice);
PLAIN_MAKER(counted);
PLAIN_MAKER(whole);
PLAIN_MAKER(position);
PLAIN_MAKER(parent);
PLAIN_MAKER(vendor);
PLAIN_MAKER(amount);
PLAIN_MAKER(quantity);
PLAIN_MAKER(day);
PLAIN_MAKER(stamped);
PLAIN_MAKER(released);

/* Make the number-th row into list; NULL without memory. */
struct item *plain_make(struct data *data, struct list *list,
    const struct kind *kind, struct chance *chance, size_t number,
    int64_t stamp_ms);

#endif
