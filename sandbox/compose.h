/*
 * compose: items and collections written as the pod writes them, and the keys
 * in their addresses.
 *
 * From version 3 on an expanded child is a collection with paging members of
 * its own; its limit is its parent's, and what is beyond is cut with hasMore
 * true.  Before it is a bare array, cut without a sign.  From version 9 on ids
 * are strings and links stand in @context.
 *
 * An opaque key is what the framework makes of a key and the day: the number
 * of its parts, and of each part its length and itself, serialised by Java,
 * in hexadecimal digits.
 */
#ifndef SANDBOX_COMPOSE_H
#define SANDBOX_COMPOSE_H

#include "buffer.h"
#include "sandbox/data.h"

#define EXPANSIONS_MAX 16
#define ATTRIBUTES_MAX 160
#define HREF_MAX 640

/* What is shown of a kind: of its attributes all, or some; of its children
 * each has its own level, or -1. */
struct expansion {
	bool has_fields;
	bool fields[ATTRIBUTES_MAX];
	int children[KIND_CHILDREN_MAX];
};

struct view {
	int version;
	bool only_data;
	int64_t limit;        /* of the children too */
	bool no_has_more;     /* collections don't say hasMore */
	bool no_empty_items;  /* empty ones have no items */
	const struct kind *opaque; /* the kind with opaque keys, or NULL */
	int64_t opaque_ms;    /* the day in them */
	struct expansion expansions[EXPANSIONS_MAX];
	int expansion_count;  /* expansions[0] is the top's */
};

struct page {
	const struct item *const *items;
	size_t count;
	bool has_more;
	int64_t limit, offset;
	int64_t first;        /* of items[0] in the collection */
	int64_t total;        /* -1: not asked for */
};

void view_init(struct view *view);
/* "all" or a comma list of dotted names; -1 when one is unknown. */
int view_expand(struct view *view, const struct kind *kind,
    const char *expand);
/* "A,B;Child:C,D;Child.Grandchild:E", instead of what view_expand took; -1
 * when one is unknown. */
int view_fields(struct view *view, const struct kind *kind,
    const char *fields);

void compose_item(struct buffer *out, const struct view *view,
    const struct item *item, const char *href);
void compose_page(struct buffer *out, const struct view *view,
    const struct kind *kind, const struct page *page, const char *href);
/* What compose_page writes before the items and behind them. */
void compose_head(struct buffer *out, const struct view *view,
    const struct page *page);
void compose_tail(struct buffer *out, const struct view *view,
    const struct kind *kind, const struct page *page, const char *href);
/* The item that the last part of a path names: by its key, opaque or not, or
 * by its 1-based position. */
struct item *compose_find(const struct list *list, const char *key,
    size_t length);

#endif
