/* SPDX-License-Identifier: MIT */
#include "sandbox/pod.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/compose.h"
#include "sandbox/pod_state.h"
#include "sandbox/query.h"

#define ROOT "/fscmRestApi/resources"
#define LIMIT_DEFAULT 25
#define DETAIL_MAX 256

static const char unauthorized[] =
    "<!DOCTYPE html PUBLIC \"-//W3C//DTD HTML 4.0 Draft//EN\">\n"
    "<html><head><title>Error 401--Unauthorized</title></head>\n"
    "<body bgcolor=\"white\"><h2>Error 401--Unauthorized</h2></body></html>\n";

static const char catalogue[] =
    "{\"items\":[{\"version\":\"11.13.18.05\",\"isLatest\":true,"
    "\"adf:extension\":{\"defaultFrameworkVersion\":\"1\","
    "\"allowedFrameworkVersions\":[\"1\",\"2\",\"3\",\"4\"]}}]}";

/* What a path under the root names: a collection, or one of its items. */
struct target {
	const struct kind *kind;
	const struct list *list;
	const struct item *item; /* NULL: the collection */
	char href[HREF_MAX];
};

struct call {
	struct pod *pod;
	const struct request *request;
	struct response *response;
	struct target target;
	struct view view;
	struct query *query;
	int64_t offset;
	const char *stray;       /* a parameter that can't be used here */
};

struct pod *
pod_new(const struct pod_options *options)
{
	struct pod *pod = calloc(1, sizeof(*pod));

	if (pod == NULL)
		return NULL;
	pod->options = *options;
	if (tokens_init(&pod->tokens, options->client_id,
	    options->client_secret, options->token_lifetime_s,
	    options->seed) == -1 ||
	    data_init(&pod->data, options->seed, options->counts) == -1) {
		pod_free(pod);
		return NULL;
	}
	return pod;
}

void
pod_free(struct pod *pod)
{
	if (pod == NULL)
		return;
	for (size_t i = 0; i < pod->pending_count; i++)
		free(pod->pending[i].body);
	data_free(&pod->data);
	free(pod);
}

/* An error as the version writes it: text before 4, structured from it on. */
static void
refuse(struct call *call, int status, const char *title, const char *detail)
{
	struct response *response = call->response;

	if (call->view.version < 4) {
		response_text(response, status, "text/plain", detail);
		return;
	}
	response_text(response, status,
	    "application/vnd.oracle.adf.error+json", "");
	buffer_puts(&response->body, "{");
	buffer_json_member(&response->body, "title", title);
	buffer_printf(&response->body, ",\"status\":\"%d\"", status);
	buffer_puts(&response->body, ",\"o:errorDetails\":[{");
	buffer_json_member(&response->body, "detail", detail);
	buffer_puts(&response->body, "}]}");
}

static int
bad(struct call *call, const char *detail)
{
	refuse(call, 400, "Bad Request", detail);
	return -1;
}

static int
bad_parameter(struct call *call, const char *name)
{
	char detail[DETAIL_MAX];

	snprintf(detail, sizeof(detail), "URL request parameter %.100s cannot "
	    "be used in this context.", name);
	return bad(call, detail);
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
		return bad_parameter(call, name);
	return 0;
}

static bool
is_true(const struct request *request, const char *name)
{
	const char *text = request_query(request, name);

	return text != NULL && strcmp(text, "true") == 0;
}

/* Of expand and fields together only fields counts, as on a real pod. */
static int
view_read(struct call *call)
{
	const char *fields = request_query(call->request, "fields");
	const char *expand = request_query(call->request, "expand");
	int64_t limit;

	call->view.only_data = is_true(call->request, "onlyData");
	if (integer_parameter(call, "limit", LIMIT_DEFAULT, 1, &limit) == -1 ||
	    integer_parameter(call, "offset", 0, 0, &call->offset) == -1)
		return -1;
	if (limit > call->pod->options.page_cap)
		limit = call->pod->options.page_cap;
	call->view.limit = limit;
	if (expand != NULL && view_expand(&call->view, call->target.kind,
	    expand) == -1)
		return bad(call, "The expand parameter isn't valid: it names "
		    "an unknown child resource.");
	if (fields != NULL && view_fields(&call->view, call->target.kind,
	    fields) == -1)
		return bad(call, "The fields parameter isn't valid: it names "
		    "an unknown attribute.");
	return 0;
}

/* finder=PrimaryKey;<key>=<value> */
static int
finder_read(struct call *call, const char *finder,
    const struct item **found)
{
	const char *key = call->target.kind->key;
	char start[128];

	if (key == NULL)
		return bad_parameter(call, "finder");
	snprintf(start, sizeof(start), "PrimaryKey;%s=", key);
	if (strncmp(finder, start, strlen(start)) != 0)
		return bad(call, "The finder parameter isn't valid: only "
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
rows_select(struct call *call, const struct item **rows)
{
	const struct list *list = call->target.list;
	const char *finder = request_query(call->request, "finder");
	const char *order = request_query(call->request, "orderBy");
	const struct item *found = NULL;
	char error[QUERY_ERROR];
	size_t count = 0;

	if (finder != NULL && finder_read(call, finder, &found) == -1)
		return -1;
	for (size_t i = 0; i < list->count; i++) {
		if (finder != NULL && list->items[i] != found)
			continue;
		if (call->query == NULL ||
		    query_matches(call->query, list->items[i]))
			rows[count++] = list->items[i];
	}
	if (order != NULL && order_apply(order, call->target.kind, rows,
	    count, error) == -1)
		return bad(call, error);
	return (long)count;
}

static void
answer_collection(struct call *call)
{
	const struct list *list = call->target.list;
	const char *text = request_query(call->request, "q");
	const struct item **rows = calloc(list->count + 1, sizeof(*rows));
	char error[QUERY_ERROR];
	struct page page = { .offset = call->offset,
	    .limit = call->view.limit, .total = -1 };
	long count;

	if (text != NULL) {
		call->query = query_parse(text, call->view.version,
		    call->target.kind, error);
		if (call->query == NULL) {
			bad(call, error);
			goto out;
		}
	}
	count = rows == NULL ? -1 : rows_select(call, rows);
	if (count == -1)
		goto out;
	if (page.offset < count) {
		page.items = rows + page.offset;
		page.count = (size_t)(count - page.offset);
		if ((int64_t)page.count > page.limit) {
			page.count = (size_t)page.limit;
			page.has_more = true;
		}
	}
	if (is_true(call->request, "totalResults"))
		page.total = count;
	compose_page(&call->response->body, &call->view, call->target.kind,
	    &page, call->target.href);
out:
	query_free(call->query);
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

/* One step along the path: an item of the collection, or a child of the
 * item.  false: there is none. */
static bool
target_step(struct target *target, const char **path)
{
	size_t length;
	int child;

	if (target->item == NULL) {
		length = strcspn(*path, "/");
		target->item = list_find(target->list, *path, length);
		*path += length;
		return target->item != NULL;
	}
	if (strncmp(*path, "child/", 6) != 0)
		return false;
	*path += 6;
	length = strcspn(*path, "/");
	child = kind_child(target->kind, *path, length);
	if (child == -1)
		return false;
	*path += length;
	target->kind = target->kind->children[child];
	target->list = &target->item->children[child];
	target->item = NULL;
	return true;
}

static bool
target_find(struct call *call, const char *path)
{
	struct target *target = &call->target;
	const char *host = request_header(call->request, "Host");
	size_t length;
	int stream;

	if (strncmp(path, "/11.13.18.05/", 13) == 0)
		path += 13;
	else if (strncmp(path, "/latest/", 8) == 0)
		path += 8;
	else
		return false;
	if (host == NULL || strspn(host, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:-[]") != strlen(host))
		host = "127.0.0.1";
	if (snprintf(target->href, HREF_MAX, "http://%s" ROOT
	    "/11.13.18.05/%s", host, path) >= HREF_MAX / 2)
		return false;
	length = strcspn(path, "/");
	stream = stream_find(path, length);
	if (stream == -1)
		return false;
	target->kind = stream_kinds[stream];
	target->list = &call->pod->data.lists[stream];
	path += length;
	while (*path == '/') {
		path++;
		if (!target_step(target, &path))
			return false;
	}
	return true;
}

static int
version_read(struct call *call)
{
	const char *text = request_header(call->request,
	    "REST-Framework-Version");

	call->view.version = 1;
	if (text == NULL)
		return 0;
	if (strlen(text) != 1 || *text < '1' || *text > '4')
		return bad(call, "The REST-Framework-Version isn't one of "
		    "1, 2, 3, 4.");
	call->view.version = *text - '0';
	response_header(call->response, "REST-Framework-Version", text);
	return 0;
}

static void
resource_handle(struct pod *pod, const struct request *request,
    struct response *response)
{
	struct call call = { .pod = pod, .request = request,
	    .response = response };
	const char *path = request->path + strlen(ROOT);
	char ecid[64];

	view_init(&call.view);
	snprintf(ecid, sizeof(ecid), "006SANDBOX%06llu^SANDBOX000000^Nn000001",
	    (unsigned long long)++pod->answered);
	response_header(response, "X-ORACLE-DMS-ECID", ecid);
	response_header(response, "Cache-Control",
	    "no-cache, no-store, must-revalidate");
	response_header(response, "Content-Language", "en");
	if (!tokens_allow(&pod->tokens, request_header(request,
	    "Authorization"))) {
		response_text(response, 401, "text/html", unauthorized);
		return;
	}
	if (version_read(&call) == -1)
		return;
	response_header(response, "Content-Type", "application/json");
	if (strcmp(request->method, "GET") != 0)
		refuse(&call, 405, "Method Not Allowed", "The sandbox only "
		    "reads its rows; change them under /_control/erp/.");
	else if (*path == '\0' || strcmp(path, "/") == 0)
		buffer_puts(&response->body, catalogue);
	else if (!target_find(&call, path))
		refuse(&call, 404, "Not Found", "Not Found");
	else {
		target_link(&call);
		request_each_query(request, stray_visit, &call);
		if (call.stray != NULL)
			bad_parameter(&call, call.stray);
		else if (view_read(&call) == -1)
			return;
		else if (call.target.item != NULL)
			compose_item(&response->body, &call.view,
			    call.target.item, call.target.href);
		else
			answer_collection(&call);
		pod_answered(pod);
	}
}

void
pod_handle(struct pod *pod, const struct request *request,
    struct response *response)
{
	if (strcmp(request->path, "/oauth2/v1/token") == 0)
		tokens_handle(&pod->tokens, request, response);
	else if (strncmp(request->path, ROOT, strlen(ROOT)) == 0)
		resource_handle(pod, request, response);
	else
		response_text(response, 404, "text/html",
		    "<html><body>Error 404--Not Found</body></html>\n");
}
