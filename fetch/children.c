/* SPDX-License-Identifier: MIT */
#include "fetch/children.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fetch/url.h"

static bool
is_collection(const struct json *json, json_node node)
{
	json_node items = json_member(json, node, "items");

	/* Of an empty one the items may be left out. */
	return json_type(json, items) == JSON_ARRAY || (items == JSON_NONE &&
	    json_type(json, json_member(json, node, "hasMore")) == JSON_TRUE);
}

static bool
is_cut(const struct json *json, json_node node, int64_t limit)
{
	json_node more = json_member(json, node, "hasMore");

	if (more != JSON_NONE || !is_collection(json, node))
		return json_type(json, more) == JSON_TRUE &&
		    is_collection(json, node);
	json_integer(json, json_member(json, node, "limit"), &limit);
	return (int64_t)json_count(json, json_member(json, node, "items")) >=
	    limit;
}

static bool
find(const struct json *json, json_node node, int64_t limit,
    struct buffer *name, struct children *cut)
{
	size_t length = name->length;
	json_node child;

	for (child = json_first(json, node); child != JSON_NONE;
	    child = json_next(json, child)) {
		if (json_first(json, child) == JSON_NONE)
			continue;
		name->length = length;
		if (json_type(json, node) == JSON_OBJECT &&
		    is_collection(json, child)) {
			if (length > 0)
				buffer_puts(name, ".");
			json_decode_name(json, child, name);
		}
		if (find(json, child, limit, name, cut))
			return true;
		if (is_cut(json, child, limit)) {
			cut->collection = child;
			return true;
		}
	}
	name->length = length;
	return false;
}

/* Most records are whole: that shows without a walk. */
static bool
may_be_cut(const struct json *json, int64_t limit)
{
	json_node node;

	for (node = 0; (size_t)node < json->count; node++)
		if ((json->values[node].type == JSON_TRUE &&
		    json_named(json, node, "hasMore")) ||
		    (json->values[node].type == JSON_ARRAY &&
		    json_named(json, node, "items") &&
		    (int64_t)json_count(json, node) >= limit))
			return true;
	return false;
}

bool
children_cut(const struct json *json, int64_t limit, struct children *cut)
{
	struct buffer name;
	bool found;

	if (!may_be_cut(json, limit))
		return false;
	buffer_init(&name, CHILDREN_NAME_MAX - 1);
	found = find(json, 0, limit, &name, cut);
	if (found) {
		snprintf(cut->name, sizeof(cut->name), "%.*s",
		    (int)name.length, buffer_text(&name));
		cut->have = json_count(json, json_member(json,
		    cut->collection, "items"));
		cut->next = cut->have > 0 ? CHILDREN_LAST : CHILDREN_AFRESH;
	}
	buffer_free(&name);
	return found;
}

/* Of "A:x,y;A.B:z" or "A.B,A.C", what is below the child called name: for
 * fields "x,y;B:z", for expand "B,C". */
static void
below(const char *list, char separator, const char *name, struct buffer *out)
{
	const char stops[] = { separator, '\0' };
	size_t length = strlen(name), part;

	for (; *list != '\0'; list += part + (list[part] != '\0')) {
		part = strcspn(list, stops);
		if (part <= length + 1 || strncmp(list, name, length) != 0 ||
		    (list[length] != '.' && (separator != ';' ||
		    list[length] != ':')))
			continue;
		if (out->length > 0)
			buffer_append(out, &separator, 1);
		buffer_append(out, list + length + 1, part - length - 1);
	}
}

/* The address that the collection gives itself, or NULL. */
static char *
self(const struct json *json, json_node collection)
{
	json_node links = json_member(json, collection, "links"), link;

	if (links == JSON_NONE)
		links = json_member(json, json_member(json, collection,
		    "@context"), "links");
	for (link = json_first(json, links); link != JSON_NONE;
	    link = json_next(json, link))
		if (json_is(json, json_member(json, link, "rel"), "self"))
			return json_dup(json, json_member(json, link, "href"));
	return NULL;
}

/* The collection's path at the pod. */
static int
path(const struct children *cut, const struct stream *stream,
    const struct json *json, const char *id, const char *base,
    struct buffer *url, struct error *error)
{
	char *href = self(json, cut->collection), *escaped;
	const char *own;
	int rc = -1;

	if (href != NULL) {
		own = url_path_on(base, href);
		if (own == NULL)
			error_set(error, EXIT_PROTOCOL, "stream %s: record %s: "
			    "its %s are said to be at another host than "
			    "oracle.url, which isn't called", stream->name, id,
			    cut->name);
		else
			rc = buffer_append(url, own, strcspn(own, "?#"));
	} else if (strchr(cut->name, '.') == NULL &&
	    strchr(stream->key, ',') == NULL) {
		escaped = curl_easy_escape(NULL, id, 0);
		rc = escaped == NULL ? -1 : buffer_printf(url,
		    "%s/%s/child/%s", stream->path, escaped, cut->name);
		curl_free(escaped);
	} else
		error_set(error, EXIT_PROTOCOL, "stream %s: record %s has more "
		    "%s than a page shows, and doesn't say where the rest is: "
		    "set oracle.streams.%s.page_size higher (at most %d)",
		    stream->name, id, cut->name, stream->name,
		    STREAM_PAGE_SIZE_MAX);
	free(href);
	return rc;
}

int
children_url(const struct children *cut, const struct stream *stream,
    const struct json *json, const char *id, const char *base, int64_t limit,
    struct buffer *url, struct error *error)
{
	size_t offset = cut->next == CHILDREN_AFRESH ? 0 :
	    cut->next == CHILDREN_BEHIND ? cut->have : cut->have - 1;
	struct buffer inner;
	int rc;

	buffer_init(&inner, 16384);
	buffer_clear(url);
	rc = path(cut, stream, json, id, base, url, error);
	buffer_printf(url, "?onlyData=true&limit=%lld&offset=%zu",
	    (long long)limit, offset);
	if (stream->fields != NULL)
		below(stream->fields, ';', cut->name, &inner);
	else if (stream->expand != NULL && strcmp(stream->expand, "all") != 0)
		below(stream->expand, ',', cut->name, &inner);
	else if (stream->expand != NULL)
		buffer_puts(&inner, "all");
	if (inner.length > 0)
		url_parameter(url, stream->fields != NULL ? "fields" :
		    "expand", buffer_text(&inner));
	if (rc == 0 && (url->failed || inner.failed))
		rc = error_set(error, EXIT_PROTOCOL, "stream %s: record %s: "
		    "the address of its %s is too long", stream->name, id,
		    cut->name);
	buffer_free(&inner);
	return rc;
}

/* Two children are one when all their plain members are alike: how their own
 * children were paged may differ. */
static bool
alike(const struct json *left, json_node one, const struct json *right,
    json_node other)
{
	json_node node, twin;
	struct buffer name;
	size_t a, b;
	const char *x, *y;
	bool same = true;

	buffer_init(&name, 4096);
	for (node = json_first(left, one); same && node != JSON_NONE;
	    node = json_next(left, node)) {
		if (json_type(left, node) == JSON_OBJECT ||
		    json_type(left, node) == JSON_ARRAY)
			continue;
		buffer_clear(&name);
		json_decode_name(left, node, &name);
		twin = json_member(right, other, buffer_text(&name));
		x = json_raw(left, node, &a);
		y = json_raw(right, twin, &b);
		same = a == b && memcmp(x, y, a) == 0;
	}
	buffer_free(&name);
	return same;
}

/* The items that we have and those of the page behind them. */
static void
merge(const struct children *cut, const struct json *json,
    const struct json *page, struct buffer *out)
{
	json_node items = json_member(json, cut->collection, "items");
	json_node node = json_first(page, json_member(page, 0, "items"));
	const char *raw;
	size_t length;

	if (cut->next != CHILDREN_AFRESH) {
		raw = json_raw(json, items, &length);
		buffer_append(out, raw, length - 1);
	} else
		buffer_puts(out, "[");
	if (cut->next == CHILDREN_LAST)
		node = json_next(page, node);
	for (; node != JSON_NONE; node = json_next(page, node)) {
		if (out->data[out->length - 1] != '[')
			buffer_puts(out, ",");
		raw = json_raw(page, node, &length);
		buffer_append(out, raw, length);
	}
	buffer_puts(out, "]");
}

/* The collection's members, with all items, and told whether there are more. */
static void
collection(const struct children *cut, const struct json *json,
    const struct json *page, size_t count, bool more, struct buffer *out)
{
	json_node node = json_first(json, cut->collection);
	const struct json_value *value;
	const char *raw;
	size_t length;

	buffer_puts(out, "{");
	for (; node != JSON_NONE; node = json_next(json, node)) {
		if (json_named(json, node, "hasMore"))
			continue;
		value = &json->values[node];
		buffer_append(out, json->text + value->name,
		    (size_t)(value->name_end - value->name));
		buffer_puts(out, ":");
		if (json_named(json, node, "items"))
			merge(cut, json, page, out);
		else if (json_named(json, node, "count"))
			buffer_printf(out, "%zu", count);
		else {
			raw = json_raw(json, node, &length);
			buffer_append(out, raw, length);
		}
		buffer_puts(out, ",");
	}
	if (json_member(json, cut->collection, "items") == JSON_NONE) {
		buffer_puts(out, "\"items\":");
		merge(cut, json, page, out);
		buffer_puts(out, ",");
	}
	buffer_printf(out, "\"hasMore\":%s}", more ? "true" : "false");
}

static json_node
last_item(const struct children *cut, const struct json *json)
{
	json_node node = json_first(json, json_member(json, cut->collection,
	    "items")), last = JSON_NONE;

	for (; node != JSON_NONE; node = json_next(json, node))
		last = node;
	return last;
}

int
children_splice(struct children *cut, const struct json *json,
    const struct json *page, struct buffer *record, struct error *error)
{
	const struct json_value *whole = &json->values[cut->collection];
	json_node items = json_member(page, 0, "items");
	bool promised = json_type(page, json_member(page, 0, "hasMore")) ==
	    JSON_TRUE;
	size_t come = json_count(page, items);

	if (items != JSON_NONE && json_type(page, items) != JSON_ARRAY)
		return error_set(error, EXIT_PROTOCOL, "items is no array");
	if (cut->next == CHILDREN_LAST) {
		if (come == 0 || !alike(json, last_item(cut, json), page,
		    json_first(page, items))) {
			cut->next = CHILDREN_AFRESH;
			return 1;
		}
		if (--come == 0 && promised) {
			cut->next = CHILDREN_BEHIND;
			return 1;
		}
	} else if (come == 0 && promised)
		return error_set(error, EXIT_PROTOCOL, "the server promises "
		    "more of its %s and sends none", cut->name);
	else if (come > 0 && cut->next == CHILDREN_BEHIND)
		return error_set(error, EXIT_PROTOCOL, "the server gives one "
		    "of its %s a page: they can't be read safely", cut->name);
	buffer_append(record, json->text, whole->start);
	collection(cut, json, page, come + (cut->next == CHILDREN_AFRESH ? 0 :
	    cut->have), come > 0, record);
	buffer_append(record, json->text + whole->end,
	    json->length - whole->end);
	return record->failed ? error_set(error, EXIT_PROTOCOL, "it is over "
	    "the ceiling of %zu bytes with all its %s", record->ceiling,
	    cut->name) : 0;
}
