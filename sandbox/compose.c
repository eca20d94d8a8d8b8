/* SPDX-License-Identifier: MIT */
#include "sandbox/compose.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOT_SHOWN (-1)

static int
expansion_add(struct view *view)
{
	struct expansion *expansion = &view->expansions[view->expansion_count];

	if (view->expansion_count == EXPANSIONS_MAX)
		return -1;
	*expansion = (struct expansion){ .has_fields = false };
	for (int i = 0; i < KIND_CHILDREN_MAX; i++)
		expansion->children[i] = NOT_SHOWN;
	return view->expansion_count++;
}

static void
view_init_levels(struct view *view)
{
	view->expansion_count = 0;
	expansion_add(view);
}

void
view_init(struct view *view)
{
	memset(view, 0, sizeof(*view));
	view_init_levels(view);
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

/* Show what a dotted path leads to from *kind on, which becomes its kind.  Its
 * level, or -1. */
static int
expand_path(struct view *view, const struct kind **kind, const char *path,
    size_t length)
{
	const char *end = path + length, *dot;
	int level = 0, child;

	for (;;) {
		dot = memchr(path, '.', (size_t)(end - path));
		length = (size_t)((dot == NULL ? end : dot) - path);
		child = length == 0 ? -1 : kind_child(*kind, path, length);
		if (child == -1)
			return -1;
		level = expansion_show(view, level, child);
		*kind = (*kind)->children[child];
		if (level == -1 || dot == NULL)
			return level;
		path = dot + 1;
	}
}

int
view_expand(struct view *view, const struct kind *kind, const char *expand)
{
	const struct kind *below;
	size_t length;

	if (strcmp(expand, "all") == 0) {
		for (int i = 0; kind->children[i] != NULL; i++)
			expansion_show(view, 0, i);
		return 0;
	}
	for (;; expand += length + 1) {
		length = strcspn(expand, ",");
		below = kind;
		if (expand_path(view, &below, expand, length) == -1)
			return -1;
		if (expand[length] == '\0')
			return 0;
	}
}

/* The names of one level, up to a ';'. */
static int
fields_show(struct expansion *expansion, const struct kind *kind,
    const char *names)
{
	size_t length;
	int attribute;

	expansion->has_fields = true;
	for (;; names += length + 1) {
		length = strcspn(names, ",;");
		attribute = length == 0 ? -1 : kind_attribute(kind, names,
		    length);
		if (attribute == -1 || attribute >= ATTRIBUTES_MAX)
			return -1;
		expansion->fields[attribute] = true;
		if (names[length] != ',')
			return 0;
	}
}

int
view_fields(struct view *view, const struct kind *kind, const char *fields)
{
	const struct kind *below;
	size_t length;
	int level;

	view_init_levels(view);
	view->expansions[0].has_fields = true;
	for (;; fields += strcspn(fields, ";") + 1) {
		below = kind;
		level = 0;
		length = strcspn(fields, ":;");
		if (fields[length] == ':') {
			level = expand_path(view, &below, fields, length);
			fields += length + 1;
		}
		if (level == -1 || fields_show(&view->expansions[level], below,
		    fields) == -1)
			return -1;
		if (fields[strcspn(fields, ";")] == '\0')
			return 0;
	}
}

/* Two parts; 14 bytes: a block of 8 bytes of data, the id. */
#define OPAQUE_START "00020000000EACED00057708"
/* 74 bytes: a java.sql.Date, of which 8 bytes are the time. */
#define OPAQUE_MIDDLE "0000004AACED00057372000D6A6176612E73716C2E44617465" \
    "14FA46683F35669702000078" \
    "72000E6A6176612E7574696C2E44617465686A81014B59741903000078707708"
#define OPAQUE_END "78"
#define OPAQUE_LENGTH (sizeof(OPAQUE_START OPAQUE_MIDDLE OPAQUE_END) - 1 + 32)
#define KEY_MAX 256

struct item *
compose_find(const struct list *list, const char *key, size_t length)
{
	char digits[17], id[24];
	size_t start = strlen(OPAQUE_START);

	if (length != OPAQUE_LENGTH || strncmp(key, OPAQUE_START, start) != 0)
		return list_find(list, key, length);
	snprintf(digits, sizeof(digits), "%.16s", key + start);
	snprintf(id, sizeof(id), "%lld",
	    (long long)strtoull(digits, NULL, 16));
	return list_find(list, id, strlen(id));
}

static void
item_key(const struct view *view, const struct item *item, size_t position,
    char out[KEY_MAX])
{
	const char *key = item->kind->key == NULL ? NULL :
	    item_value(item, item->kind->key);

	if (key == NULL)
		snprintf(out, KEY_MAX, "%zu", position);
	else if (view->opaque == item->kind)
		snprintf(out, KEY_MAX, OPAQUE_START "%016llX" OPAQUE_MIDDLE
		    "%016llX" OPAQUE_END,
		    (unsigned long long)strtoll(key, NULL, 10),
		    (unsigned long long)view->opaque_ms);
	else
		snprintf(out, KEY_MAX, "%s", key);
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
links_open(struct buffer *out, const struct view *view)
{
	if (view->version >= 9) {
		buffer_json_name(out, "@context");
		buffer_puts(out, "{\"links\":[");
	} else {
		buffer_json_name(out, "links");
		buffer_puts(out, "[");
	}
}

static void
links_close(struct buffer *out, const struct view *view)
{
	buffer_puts(out, view->version >= 9 ? "]}" : "]");
}

static void
item_links(struct buffer *out, const struct view *view,
    const struct item *item, const char *href)
{
	const struct kind *kind = item->kind;
	const char *stamp = item_value(item, "LastUpdateDate");
	char indicator[160];
	unsigned long long hash = 14695981039346656037ULL;

	for (size_t i = 0; stamp[i] != '\0'; i++)
		hash = (hash ^ (unsigned char)stamp[i]) * 1099511628211ULL;
	snprintf(indicator, sizeof(indicator), ",\"properties\":"
	    "{\"changeIndicator\":\"ACED0005757200%016llX\"}", hash);
	links_open(out, view);
	link_put(out, "self", href, NULL, kind->name, "item", indicator);
	buffer_puts(out, ",");
	link_put(out, "canonical", href, NULL, kind->name, "item", "");
	for (size_t i = 0; kind->children[i] != NULL; i++) {
		buffer_puts(out, ",");
		link_put(out, "child", href, kind->children[i]->name,
		    kind->children[i]->name, "collection", "");
	}
	links_close(out, view);
}

/* Is it an id's number, which is a string from version 9 on? */
static bool
is_id(const char *attribute, const char *value)
{
	size_t length = strlen(attribute);

	return length > 2 && strcmp(attribute + length - 2, "Id") == 0 &&
	    value[0] != '"' && value[0] != 'n';
}

static void compose_level(struct buffer *out, const struct view *view,
    int level, const struct item *item, const char *href);

static void
compose_items(struct buffer *out, const struct view *view, int level,
    const struct item *const *items, size_t count, size_t first,
    const char *href)
{
	char below[HREF_MAX + KEY_MAX + 1], key[KEY_MAX];

	buffer_puts(out, "[");
	for (size_t i = 0; i < count; i++) {
		item_key(view, items[i], first + i + 1, key);
		snprintf(below, sizeof(below), "%.*s/%s", HREF_MAX, href,
		    key);
		if (i > 0)
			buffer_puts(out, ",");
		compose_level(out, view, level, items[i], below);
	}
	buffer_puts(out, "]");
}

void
compose_head(struct buffer *out, const struct view *view,
    const struct page *page)
{
	if (page->count > 0 || !view->no_empty_items)
		buffer_puts(out, "{\"items\":");
	else
		buffer_puts(out, "{");
}

void
compose_tail(struct buffer *out, const struct view *view,
    const struct kind *kind, const struct page *page, const char *href)
{
	if (page->total >= 0) {
		buffer_json_name(out, "totalResults");
		buffer_printf(out, "%lld", (long long)page->total);
	}
	buffer_json_name(out, "count");
	buffer_printf(out, "%zu", page->count);
	if (!view->no_has_more)
		buffer_printf(out, ",\"hasMore\":%s",
		    page->has_more ? "true" : "false");
	buffer_printf(out, ",\"limit\":%lld,\"offset\":%lld",
	    (long long)page->limit, (long long)page->offset);
	links_open(out, view);
	link_put(out, "self", href, NULL, kind->name, "collection", "");
	links_close(out, view);
	buffer_puts(out, "}");
}

static void
compose_collection(struct buffer *out, const struct view *view, int level,
    const struct kind *kind, const struct page *page, const char *href)
{
	compose_head(out, view, page);
	if (page->count > 0 || !view->no_empty_items)
		compose_items(out, view, level, page->items, page->count,
		    (size_t)page->first, href);
	compose_tail(out, view, kind, page, href);
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
		if (expansion->has_fields && !expansion->fields[i])
			continue;
		buffer_json_name(out, kind->attributes[i]);
		if (view->version >= 9 && is_id(kind->attributes[i],
		    item->values[i]))
			buffer_printf(out, "\"%s\"", item->values[i]);
		else
			buffer_puts(out, item->values[i]);
	}
	for (size_t i = 0; kind->children[i] != NULL; i++) {
		if (expansion->children[i] == NOT_SHOWN)
			continue;
		snprintf(below, sizeof(below), "%s/child/%s", href,
		    kind->children[i]->name);
		compose_child(out, view, expansion->children[i],
		    kind->children[i], &item->children[i], below);
	}
	if (!view->only_data)
		item_links(out, view, item, href);
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
