/*
 * children: a record's child collections that the page cut short.
 *
 * From version 3 of the framework on an expanded child is a collection of its
 * own, and its limit is the page's: of an invoice of 40 lines a page with limit
 * 25 shows 25, and hasMore.  The rest is read from the collection's own address
 * (its link "self"; only the path of it, and only if it is the pod's), each
 * page beginning with the last child of the one before, and put into the
 * record's text, so that the record leaves whole.  As with records, the end is
 * believed where nothing follows that child.
 */
#ifndef LEDGERPIPE_FETCH_CHILDREN_H
#define LEDGERPIPE_FETCH_CHILDREN_H

#include "fetch/streams.h"
#include "json.h"

#define CHILDREN_NAME_MAX 512

struct children {
	json_node collection; /* the first that is cut, deepest first */
	char name[CHILDREN_NAME_MAX]; /* dotted, from the record */
	size_t have;          /* of its items */
	enum {
		CHILDREN_LAST,   /* its next page begins with the last of them */
		CHILDREN_BEHIND, /* behind that one */
		CHILDREN_AFRESH  /* from the start, and replaces them */
	} next;
};

/* true: *cut says which collection of the record is cut: one that says so, or
 * that says nothing and is as long as the page's limit. */
bool children_cut(const struct json *json, int64_t limit,
    struct children *cut);
/* The path and query of the page that follows.  base: the pod's URL.  Errors:
 * EXIT_PROTOCOL: it has no address, or one of another host. */
int children_url(const struct children *cut, const struct stream *stream,
    const struct json *json, const char *id, const char *base, int64_t limit,
    struct buffer *url, struct error *error);
/* The record's text with the page's children in it.  1: nothing was put in,
 * another page is to be asked for: cut->next. */
int children_splice(struct children *cut, const struct json *json,
    const struct json *page, struct buffer *record, struct error *error);

#endif
