/* SPDX-License-Identifier: MIT */
/* Collections and items of the pod's streams. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/call.h"
#include "sandbox/query.h"

#define LIMIT_DEFAULT 25
#define DETAIL_MAX 256

int
call_bad_parameter(struct call *call, const char *name)
{
	char detail[DETAIL_MAX];

	snprintf(detail, sizeof(detail), "URL request parameter %.100s cannot "
	    "be used in this context.", name);
	return call_bad(call, detail);
}

bool
call_is_true(const struct call *call, const char *name)
{
	const char *text = request_query(call->request, name);

	return text != NULL && strcmp(text, "true") == 0;
}

static bool
stray_visit(void *context, const char *name, const char *value)
{
	static const char *const anywhere[] = { "expand", "fields", "onlyData",
	    "links", "effectiveDate", "dependency", NULL };
	static const char *const collections[] = { "q", "orderBy", "limit",
	    "offset", "totalResults", "finder", NULL };
	struct call *call = context;

	(void)value;
	for (size_t i = 0; anywhere[i] != NULL; i++)
		if (strcmp(name, anywhere[i]) == 0)
			return true;
	for (size_t i = 0; collections[i] != NULL; i++)
		if (strcmp(name, collections[i]) == 0 &&
		    call->target.item == NULL)
			return true;
	call->stray = name;
	return false;
}

static int
integer_parameter(struct call *call, const char *name, int64_t fallback,
    int64_t low, int64_t *out)
{
	const char *text = request_query(call->request, name);
	char *end;

	*out = fallback;
	if (text == NULL)
		return 0;
	errno = 0;
	*out = strtoll(text, &end, 10);
	if (errno != 0 || !isdigit((unsigned char)*text) || *end != '\0' ||
	    *out < low)
		return call_bad_parameter(call, name);
	return 0;
}

/* The quirks that show in what is written. */
static void
view_twist(struct call *call)
{
	struct quirks *quirks = &call->pod->quirks;
	enum stream stream = call->target.stream;
	struct view *view = &call->view;
	int64_t cap = quirk_number(quirks, PAGE_CAP, stream);

	if (cap > 0 && view->limit > cap)
		view->limit = cap;
	view->no_has_more = quirk_use(quirks, HASMORE_MISSING, stream) !=
	    NULL;
	view->no_empty_items = quirk_use(quirks, ITEMS_MISSING, stream) !=
	    NULL;
	switch (quirk_number(quirks, OPAQUE_KEYS, stream)) {
	case 0:
		return;
	case 1:
		view->opaque_ms = call->pod->data.base_ms;
		break;
	default:
		view->opaque_ms = (int64_t)(call->pod->data.base_ms +
		    (int64_t)call->pod->answered * 86400000);
	}
	view->opaque = stream_kinds[stream];
}

static bool
names_field(const char *fields, const char *name)
{
	size_t length = strlen(name);

	for (; fields != NULL; fields = strchr(fields, ',')) {
		fields += *fields == ',';
		if (strncmp(fields, name, length) == 0 &&
		    strchr(",;", fields[length]) != NULL)
			return true;
	}
	return false;
}

/* Those that make it fail. */
static int
view_break(struct call *call, const char *fields)
{
	struct quirks *quirks = &call->pod->quirks;
	enum stream stream = call->target.stream;
	const char *bad;

	if (call_is_true(call, "totalResults") &&
	    quirk_use(quirks, TOTALRESULTS_500, stream) != NULL)
		goto fail;
	bad = fields == NULL ? NULL : quirk_use(quirks, FIELDS_500, stream);
	if (bad == NULL || !names_field(fields, bad))
		return 0;
fail:
	call_refuse(call, 500, "Internal Server Error",
	    "Internal Server Error");
	return -1;
}

/* Of expand and fields together only fields counts, as on a real pod. */
static int
view_read(struct call *call)
{
	const char *fields = request_query(call->request, "fields");
	const char *expand = request_query(call->request, "expand");
	int64_t limit;

	call->view.only_data = call_is_true(call, "onlyData");
	if (integer_parameter(call, "limit", LIMIT_DEFAULT, 1, &limit) == -1 ||
	    integer_parameter(call, "offset", 0, 0, &call->offset) == -1)
		return -1;
	if (limit > call->pod->options.page_cap)
		limit = call->pod->options.page_cap;
	call->view.limit = limit;
	if (expand != NULL && view_expand(&call->view, call->target.kind,
	    expand) == -1)
		return call_bad(call, "The expand parameter isn't valid: it "
		    "names an unknown child resource.");
	if (fields != NULL && view_fields(&call->view, call->target.kind,
	    fields) == -1)
		return call_bad(call, "The fields parameter isn't valid: it "
		    "names an unknown attribute.");
	view_twist(call);
	return view_break(call, fields);
}

/* finder=PrimaryKey;<key>=<value> */
static int
finder_read(struct call *call, const char *finder,
    const struct item **found)
{
	const char *key = call->target.kind->key;
	char start[128];

	if (key == NULL)
		return call_bad_parameter(call, "finder");
	snprintf(start, sizeof(start), "PrimaryKey;%s=", key);
	if (strncmp(finder, start, strlen(start)) != 0)
		return call_bad(call, "The finder parameter isn't valid: only "
		    "PrimaryKey with the resource's key is known.");
	finder += strlen(start);
	*found = list_find(call->target.list, finder, strlen(finder));
	/* a position is no key */
	if (*found != NULL && strcmp(item_value(*found, key), finder) != 0)
		*found = NULL;
	return 0;
}

/* The rows that q and finder leave, in their order; -1: refused. */
static long
rows_select(struct call *call, const struct query *query,
    const struct item **rows)
{
	const struct list *list = call->target.list;
	const char *finder = request_query(call->request, "finder");
	const char *order = request_query(call->request, "orderBy");
	const bool *barred = call->target.top ?
	    call->pod->barred[call->target.stream].order : NULL;
	const struct item *found = NULL;
	char error[QUERY_ERROR];
	size_t count = 0;

	if (finder != NULL && finder_read(call, finder, &found) == -1)
		return -1;
	for (size_t i = 0; i < list->count; i++) {
		if (finder != NULL && list->items[i] != found)
			continue;
		if (query == NULL || query_matches(query, list->items[i]))
			rows[count++] = list->items[i];
	}
	if (order != NULL && order_apply(order, call->target.kind, barred,
	    rows, count, error) == -1)
		return call_bad(call, error);
	return (long)count;
}

int
call_query(struct call *call, struct query **query)
{
	const char *text = request_query(call->request, "q");
	const bool *barred = call->target.top ?
	    call->pod->barred[call->target.stream].query : NULL;
	char error[QUERY_ERROR];

	*query = NULL;
	if (text == NULL)
		return 0;
	*query = query_parse(text, call->view.version, call->target.kind,
	    barred, error);
	if (*query == NULL)
		return call_bad(call, error);
	if (quirk_use(&call->pod->quirks, WHOLE_SECONDS,
	    call->target.stream) != NULL)
		query_whole_seconds(*query);
	return 0;
}

void
call_page(struct call *call, struct page *page, int64_t count)
{
	struct quirks *quirks = &call->pod->quirks;
	enum stream stream = call->target.stream;
	int64_t most = quirk_number(quirks, SHORT_PAGES, stream), early;
	const char *wrong;

	page->limit = call->view.limit;
	page->offset = call->offset;
	page->total = call_is_true(call, "totalResults") ? count : -1;
	wrong = quirk_use(quirks, TOTALRESULTS_WRONG, stream);
	if (wrong != NULL && page->total != -1)
		page->total = strtoll(wrong, NULL, 10);
	page->first = quirk_use(quirks, IGNORE_OFFSET, stream) == NULL ?
	    call->offset : 0;
	if (most <= 0 || most > page->limit)
		most = page->limit;
	count = count < page->first ? 0 : count - page->first;
	page->has_more = count > most;
	page->count = (size_t)(page->has_more ? most : count);
	if (page->has_more &&
	    (early = quirk_number(quirks, HASMORE_EARLY, stream)) > 0) {
		page->count = early > 1 && (size_t)early < page->count ?
		    (size_t)early : (page->count + 1) / 2;
		page->has_more = false;
	} else if (!page->has_more)
		page->has_more = quirk_number(quirks, HASMORE_LIES, stream) >
		    (page->count > 0 ? 0 : 1);
}

static void
answer_collection(struct call *call)
{
	struct quirks *quirks = &call->pod->quirks;
	enum stream stream = call->target.stream;
	const struct list *list = call->target.list;
	const struct item **rows = calloc(list->count + 1, sizeof(*rows));
	struct query *query = NULL;
	struct page page = { 0 };
	long count;

	if (rows == NULL || call_query(call, &query) == -1)
		goto out;
	count = rows_select(call, query, rows);
	if (count == -1)
		goto out;
	if (quirk_use(quirks, NO_ROLE, stream) != NULL)
		count = 0;
	if (quirk_use(quirks, UNSORTED, stream) != NULL)
		for (long i = 0; i + 1 < count; i += 2) {
			const struct item *swap = rows[i];

			rows[i] = rows[i + 1];
			rows[i + 1] = swap;
		}
	call_page(call, &page, count);
	page.items = page.count == 0 ? rows : rows + page.first;
	compose_page(&call->response->body, &call->view, call->target.kind,
	    &page, call->target.href);
out:
	query_free(query);
	free(rows);
}

static void
target_link(struct call *call)
{
	const struct target *target = &call->target;
	char text[HREF_MAX + 100];

	snprintf(text, sizeof(text), "<%s>;rel=\"self\";kind=\"%s\";"
	    "name=\"%s\"", target->href,
	    target->item == NULL ? "collection" : "item", target->kind->name);
	response_header(call->response, "Link", text);
}

void
resource_answer(struct call *call)
{
	target_link(call);
	request_each_query(call->request, stray_visit, call);
	if (call->stray != NULL)
		call_bad_parameter(call, call->stray);
	else if (view_read(call) == -1)
		return;
	else if (call->target.item != NULL)
		compose_item(&call->response->body, &call->view,
		    call->target.item, call->target.href);
	else if (call->target.top && call->target.stream == BULK)
		bulk_answer(call);
	else
		answer_collection(call);
}
