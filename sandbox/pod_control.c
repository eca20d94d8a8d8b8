/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "json.h"
#include "sandbox/pod_state.h"

#define INSERT_MAX 1000000
#define WHAT_MAX 128

static void
refuse(struct response *response, const char *what)
{
	response_text(response, 400, "application/json", "{");
	buffer_json_member(&response->body, "error", what);
	buffer_puts(&response->body, "}\n");
}

static void
insert(struct pod *pod, enum stream stream, const struct request *request,
    struct response *response)
{
	const char *count_text = request_query(request, "count");
	const char *stamp_text = request_query(request, "stamp");
	long count = count_text == NULL ? 1 : strtol(count_text, NULL, 10);
	int64_t stamp = 0;
	struct item *item;

	if (count < 1 || count > INSERT_MAX) {
		refuse(response, "count must be 1 to 1000000");
		return;
	}
	if (stamp_text != NULL && clock_parse(stamp_text, &stamp) == -1) {
		refuse(response, "stamp must be a time; write + as %2B");
		return;
	}
	response_text(response, 200, "application/json", "{\"inserted\":[");
	for (long i = 0; i < count; i++) {
		item = generate(&pod->data, stream, stamp_text != NULL ?
		    stamp : data_later(&pod->data));
		if (item == NULL)
			break;
		buffer_printf(&response->body, "%s%s", i == 0 ? "" : ",",
		    item_value(item, item->kind->key));
	}
	buffer_puts(&response->body, "]}\n");
}

/* Apply a body to a row; false: what[] says why. */
static bool
update_apply(struct pod *pod, enum stream stream, const char *id,
    const char *body, bool keep_stamp, char what[WHAT_MAX])
{
	struct data *data = &pod->data;
	struct item *item = list_find(&data->lists[stream], id, strlen(id));
	struct json json = { 0 };
	struct error error;
	char *given = NULL;
	int64_t stamp;
	bool done = false;

	if (item == NULL)
		snprintf(what, WHAT_MAX, "there is no such row");
	else if (json_parse(&json, body, strlen(body), &error) == -1)
		snprintf(what, WHAT_MAX, "the body isn't JSON");
	else if (data_update(data, item, &json, 0, what) == 0) {
		given = json_dup(&json, json_member(&json, 0,
		    "LastUpdateDate"));
		if (given == NULL && !keep_stamp)
			data_set_stamp(data, item, "LastUpdateDate",
			    data_later(data));
		else if (given != NULL && clock_parse(given, &stamp) == 0)
			data_set_stamp(data, item, "LastUpdateDate", stamp);
		done = true;
	}
	free(given);
	json_free(&json);
	return done;
}

static void
update(struct pod *pod, enum stream stream, const struct request *request,
    struct response *response)
{
	const char *id = request_query(request, "id");
	const char *after = request_query(request, "after");
	const char *keep = request_query(request, "keep_stamp");
	bool keep_stamp = keep != NULL && strcmp(keep, "1") == 0;
	char what[WHAT_MAX];
	struct pending *pending = &pod->pending[pod->pending_count];

	if (id == NULL || strlen(id) >= sizeof(pending->id)) {
		refuse(response, "id is missing");
		return;
	}
	if (after == NULL) {
		if (!update_apply(pod, stream, id, request->body, keep_stamp,
		    what)) {
			refuse(response, what);
			return;
		}
	} else {
		if (pod->pending_count == PENDING_MAX) {
			refuse(response, "too many updates wait already");
			return;
		}
		pending->after = strtoll(after, NULL, 10);
		pending->stream = stream;
		snprintf(pending->id, sizeof(pending->id), "%s", id);
		pending->body = strdup(request->body);
		pending->keep_stamp = keep_stamp;
		pod->pending_count += pending->body != NULL;
	}
	response_text(response, 200, "application/json", "{\"ok\":true}\n");
}

void
pod_answered(struct pod *pod)
{
	char what[WHAT_MAX];
	size_t i = 0;

	while (i < pod->pending_count) {
		struct pending *pending = &pod->pending[i];

		if (--pending->after > 0) {
			i++;
			continue;
		}
		update_apply(pod, pending->stream, pending->id, pending->body,
		    pending->keep_stamp, what);
		free(pending->body);
		pod->pending_count--;
		memmove(pending, pending + 1,
		    (pod->pending_count - i) * sizeof(*pending));
	}
}

static void
delete(struct pod *pod, enum stream stream, const struct request *request,
    struct response *response)
{
	const char *id = request_query(request, "id");
	struct list *list = &pod->data.lists[stream];
	struct item *item = id == NULL ? NULL : list_find(list, id,
	    strlen(id));
	size_t i = 0;

	if (item == NULL) {
		refuse(response, "there is no such row");
		return;
	}
	while (list->items[i] != item)
		i++;
	for (size_t j = 0; j < KIND_CHILDREN_MAX; j++)
		list_free(&item->children[j]);
	list->count--;
	memmove(&list->items[i], &list->items[i + 1],
	    (list->count - i) * sizeof(struct item *));
	response_text(response, 200, "application/json", "{\"ok\":true}\n");
}

void
pod_control(struct pod *pod, const struct request *request,
    struct response *response)
{
	const char *what = request->path + strlen("/_control/erp/");
	const char *name = request_query(request, "stream");
	int stream = name == NULL ? -1 : stream_find(name, strlen(name));

	if (strcmp(request->method, "POST") != 0)
		response_text(response, 405, "text/plain", "POST only\n");
	else if (strcmp(what, "revoke") == 0) {
		tokens_revoke(&pod->tokens);
		response_text(response, 200, "application/json",
		    "{\"ok\":true}\n");
	} else if (stream == -1)
		refuse(response, "stream must be invoices, purchaseOrders or "
		    "journalBatches");
	else if (strcmp(what, "insert") == 0)
		insert(pod, (enum stream)stream, request, response);
	else if (strcmp(what, "update") == 0)
		update(pod, (enum stream)stream, request, response);
	else if (strcmp(what, "delete") == 0)
		delete(pod, (enum stream)stream, request, response);
	else
		response_text(response, 404, "text/plain",
		    "insert, update, delete or revoke\n");
}
