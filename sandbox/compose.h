/*
 * compose: items and collections written as the pod writes them.
 *
 * From version 3 on an expanded child is a collection with paging members of
 * its own; its limit is its parent's, and what is beyond is cut with hasMore
 * true.  Before it is a bare array, cut without a sign.
 */
#ifndef SANDBOX_COMPOSE_H
#define SANDBOX_COMPOSE_H

#include "buffer.h"
#include "sandbox/data.h"

#define EXPANSIONS_MAX 16
#define ATTRIBUTES_MAX 160
#define HREF_MAX 640

/* Which children of a kind are shown: each its own level, or -1. */
struct expansion {
	int children[KIND_CHILDREN_MAX];
};

struct view {
	int version;
	bool only_data;
	int64_t limit;        /* of the children too */
	bool has_fields;
	bool fields[ATTRIBUTES_MAX];
	struct expansion expansions[EXPANSIONS_MAX];
	int expansion_count;  /* expansions[0] is the top's */
};

struct page {
	const struct item *const *items;
	size_t count;
	bool has_more;
	int64_t limit, offset;
	int64_t total;        /* -1: not asked for */
};

void view_init(struct view *view);
/* "all" or a comma list of dotted names; -1 when one is unknown. */
int view_expand(struct view *view, const struct kind *kind,
    const char *expand);
/* A comma list of attributes; -1 when one is unknown. */
int view_fields(struct view *view, const struct kind *kind,
    const char *fields);

void compose_item(struct buffer *out, const struct view *view,
    const struct item *item, const char *href);
void compose_page(struct buffer *out, const struct view *view,
    const struct kind *kind, const struct page *page, const char *href);
/* The last part of an item's path: its key, or its 1-based position. */
void item_key(const struct item *item, size_t position, char out[64]);

#endif
