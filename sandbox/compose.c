/* SPDX-License-Identifier: MIT */
#include "sandbox/compose.h"

#include <stdio.h>
#include <string.h>

#define NOT_SHOWN (-1)

static int
expansion_add(struct view *view)
{
	struct expansion *expansion = &view->expansions[view->expansion_count];

	if (view->expansion_count == EXPANSIONS_MAX)
		return -1;
	for (int i = 0; i < KIND_CHILDREN_MAX; i++)
		expansion->children[i] = NOT_SHOWN;
	return view->expansion_count++;
}

void
view_init(struct view *view)
{
	memset(view, 0, sizeof(*view));
	expansion_add(view);
}

/* Show one child at a level; the level below it, or -1. */
static int
expansion_show(struct view *view, int level, int child)
{
	int *below = &view->expansions[level].children[child];

	if (*below == NOT_SHOWN)
		*below = expansion_add(view);
	return *below;
}

static int
expand_path(struct view *view, const struct kind *kind, const char *path,
    size_t length)
{
	const char *end = path + length, *dot;
	int level = 0, child;

	for (;;) {
		dot = memchr(path, '.', (size_t)(end - path));
		length = (size_t)((dot == NULL ? end : dot) - path);
		child = length == 0 ? -1 : kind_child(kind, path, length);
		if (child == -1)
			return -1;
		level = expansion_show(view, level, child);
		if (level == -1)
			return -1;
		if (dot == NULL)
			return 0;
		kind = kind->children[child];
		path = dot + 1;
	}
}

int
view_expand(struct view *view, const struct kind *kind, const char *expand)
{
	size_t length;

	if (strcmp(expand, "all") == 0) {
		for (int i = 0; kind->children[i] != NULL; i++)
			expansion_show(view, 0, i);
		return 0;
	}
	for (;; expand += length + 1) {
		length = strcspn(expand, ",");
		if (expand_path(view, kind, expand, length) == -1)
			return -1;
		if (expand[length] == '\0')
			return 0;
	}
}

int
view_fields(struct view *view, const struct kind *kind, const char *fields)
{
	size_t length;
	int attribute;

	view->has_fields = true;
	for (;; fields += length + 1) {
		length = strcspn(fields, ",");
		attribute = length == 0 ? -1 : kind_attribute(kind, fields,
		    length);
		if (attribute == -1 || attribute >= ATTRIBUTES_MAX)
			return -1;
		view->fields[attribute] = true;
		if (fields[length] == '\0')
			return 0;
	}
}

void
item_key(const struct item *item, size_t position, char out[64])
{
	if (item->kind->key == NULL)
		snprintf(out, 64, "%zu", position);
	else
		snprintf(out, 64, "%s", item_value(item, item->kind->key));
}

static void
link_put(struct buffer *out, const char *rel, const char *href,
    const char *below, const char *name, const char *kind, const char *more)
{
	buffer_puts(out, "{");
	buffer_json_member(out, "rel", rel);
	buffer_json_name(out, "href");
	buffer_printf(out, "\"%s%s%s\"", href, below == NULL ? "" : "/child/",
	    below == NULL ? "" : below);
	buffer_json_member(out, "name", name);
	buffer_json_member(out, "kind", kind);
	buffer_printf(out, "%s}", more);
}

static void
item_links(struct buffer *out, const struct item *item, const char *href)
{
	const struct kind *kind = item->kind;
	const char *stamp = item_value(item, "LastUpdateDate");
	char indicator[160];
	unsigned long long hash = 14695981039346656037ULL;

	for (size_t i = 0; stamp[i] != '\0'; i++)
		hash = (hash ^ (unsigned char)stamp[i]) * 1099511628211ULL;
	snprintf(indicator, sizeof(indicator), ",\"properties\":"
	    "{\"changeIndicator\":\"ACED0005757200%016llX\"}", hash);
	buffer_json_name(out, "links");
	buffer_puts(out, "[");
	link_put(out, "self", href, NULL, kind->name, "item", indicator);
	buffer_puts(out, ",");
	link_put(out, "canonical", href, NULL, kind->name, "item", "");
	for (size_t i = 0; kind->children[i] != NULL; i++) {
		buffer_puts(out, ",");
		link_put(out, "child", href, kind->children[i]->name,
		    kind->children[i]->name, "collection", "");
	}
	buffer_puts(out, "]");
}

static void compose_level(struct buffer *out, const struct view *view,
    int level, const struct item *item, const char *href);

static void
compose_items(struct buffer *out, const struct view *view, int level,
    const struct item *const *items, size_t count, size_t first,
    const char *href)
{
	char below[HREF_MAX], key[64];

	buffer_puts(out, "[");
	for (size_t i = 0; i < count; i++) {
		item_key(items[i], first + i + 1, key);
		snprintf(below, sizeof(below), "%s/%s", href, key);
		if (i > 0)
			buffer_puts(out, ",");
		compose_level(out, view, level, items[i], below);
	}
	buffer_puts(out, "]");
}

static void
compose_collection(struct buffer *out, const struct view *view, int level,
    const struct kind *kind, const struct page *page, const char *href)
{
	buffer_puts(out, "{\"items\":");
	compose_items(out, view, level, page->items, page->count,
	    (size_t)page->offset, href);
	if (page->total >= 0)
		buffer_printf(out, ",\"totalResults\":%lld",
		    (long long)page->total);
	buffer_printf(out, ",\"count\":%zu,\"hasMore\":%s,\"limit\":%lld,"
	    "\"offset\":%lld,\"links\":[", page->count,
	    page->has_more ? "true" : "false", (long long)page->limit,
	    (long long)page->offset);
	link_put(out, "self", href, NULL, kind->name, "collection", "");
	buffer_puts(out, "]}");
}

static void
compose_child(struct buffer *out, const struct view *view, int level,
    const struct kind *kind, const struct list *list, const char *href)
{
	struct page page = {
		.items = (const struct item *const *)list->items,
		.count = list->count, .limit = view->limit, .total = -1 };

	if ((int64_t)page.count > view->limit) {
		page.count = (size_t)view->limit;
		page.has_more = true;
	}
	buffer_json_name(out, kind->name);
	if (view->version < 3)
		compose_items(out, view, level, page.items, page.count, 0,
		    href);
	else
		compose_collection(out, view, level, kind, &page, href);
}

/* level is an index of view->expansions. */
static void
compose_level(struct buffer *out, const struct view *view, int level,
    const struct item *item, const char *href)
{
	const struct expansion *expansion = &view->expansions[level];
	const struct kind *kind = item->kind;
	char below[HREF_MAX];

	buffer_puts(out, "{");
	for (size_t i = 0; kind->attributes[i] != NULL; i++) {
		if (level == 0 && view->has_fields && !view->fields[i])
			continue;
		buffer_json_name(out, kind->attributes[i]);
		buffer_puts(out, item->values[i]);
	}
	for (size_t i = 0; kind->children[i] != NULL; i++) {
		if (expansion->children[i] == NOT_SHOWN ||
		    (level == 0 && view->has_fields))
			continue;
		snprintf(below, sizeof(below), "%s/child/%s", href,
		    kind->children[i]->name);
		compose_child(out, view, expansion->children[i],
		    kind->children[i], &item->children[i], below);
	}
	if (!view->only_data)
		item_links(out, item, href);
	buffer_puts(out, "}");
}

void
compose_item(struct buffer *out, const struct view *view,
    const struct item *item, const char *href)
{
	compose_level(out, view, 0, item, href);
}

void
compose_page(struct buffer *out, const struct view *view,
    const struct kind *kind, const struct page *page, const char *href)
{
	compose_collection(out, view, 0, kind, page, href);
}
