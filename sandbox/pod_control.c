/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "sandbox/pod_state.h"

#define COUNT_MAX 1000000

struct control {
	struct pod *pod;
	const struct request *request;
	struct response *response;
	int stream; /* -1: none was named */
};

static void
refuse(const struct control *control, const char *what)
{
	response_text(control->response, 400, "application/json", "{");
	buffer_json_member(&control->response->body, "error", what);
	buffer_puts(&control->response->body, "}\n");
}

static void
done(const struct control *control)
{
	response_text(control->response, 200, "application/json",
	    "{\"ok\":true}\n");
}

/* A parameter's value as a number; fallback when it isn't there. */
static int64_t
number(const struct control *control, const char *name, int64_t fallback)
{
	const char *text = request_query(control->request, name);

	return text == NULL ? fallback : strtoll(text, NULL, 10);
}

/* NULL, or what is wrong with the request. */
static const char *
change_read(const struct control *control, struct change *change)
{
	const char *id = request_query(control->request, "id");
	const char *stamp = request_query(control->request, "stamp");

	change->after = number(control, "after", 0);
	change->count = number(control, "count", 1);
	change->has_stamp = stamp != NULL;
	change->keep_stamp = number(control, "keep_stamp", 0) == 1;
	change->body = (char *)control->request->body;
	if (control->stream == -1 || control->stream == BULK)
		return "stream must be one of sandbox(1), and not bulk";
	change->stream = (enum stream)control->stream;
	if (change->count < 1 || change->count > COUNT_MAX)
		return "count must be 1 to 1000000";
	if (stamp != NULL && clock_parse(stamp, &change->stamp_ms) == -1)
		return "stamp must be a time; write + as %2B";
	if (change->type == CHANGE_INSERT || change->type == CHANGE_STAMP)
		return NULL;
	if (id == NULL || strlen(id) >= sizeof(change->id))
		return "id is missing";
	snprintf(change->id, sizeof(change->id), "%s", id);
	return NULL;
}

static void
control_change(const struct control *control, enum change_type type)
{
	struct buffer inserted, *body = &control->response->body;
	struct change change = { .type = type };
	char what[WHAT_MAX] = "too many changes wait already";
	const char *wrong = change_read(control, &change);
	bool waits = change.after > 0;

	if (wrong != NULL) {
		refuse(control, wrong);
		return;
	}
	buffer_init(&inserted, body->ceiling);
	if (!(waits ? changes_add(&control->pod->changes, &change) :
	    change_apply(&control->pod->data, &change, &inserted, what)))
		refuse(control, what);
	else if (type == CHANGE_INSERT && !waits) {
		response_text(control->response, 200, "application/json",
		    "{\"inserted\":[");
		buffer_puts(body, buffer_text(&inserted));
		buffer_puts(body, "]}\n");
	} else
		done(control);
	buffer_free(&inserted);
}

static void
control_insert(const struct control *control)
{
	control_change(control, CHANGE_INSERT);
}

static void
control_update(const struct control *control)
{
	control_change(control, CHANGE_UPDATE);
}

static void
control_delete(const struct control *control)
{
	control_change(control, CHANGE_DELETE);
}

static void
control_stamp(const struct control *control)
{
	control_change(control, CHANGE_STAMP);
}

static void
control_revoke(const struct control *control)
{
	tokens_revoke(control->pod->tokens, number(control, "refresh", 0) ==
	    1);
	done(control);
}

static void
control_consent(const struct control *control)
{
	tokens_deny(control->pod->tokens, number(control, "deny", 0) == 1);
	done(control);
}

static void
control_quirk(const struct control *control)
{
	const char *name = request_query(control->request, "name");
	const char *stream = request_query(control->request, "stream");

	if (strcmp(control->request->method, "DELETE") == 0)
		memset(&control->pod->quirks, 0,
		    sizeof(control->pod->quirks));
	else if (stream != NULL && control->stream == -1) {
		refuse(control, "there is no such stream");
		return;
	} else if (name == NULL || !quirk_set(&control->pod->quirks, name,
	    control->stream, request_query(control->request, "value"),
	    number(control, "count", 0))) {
		refuse(control, "name must be a quirk of sandbox(1)");
		return;
	}
	done(control);
}

/* Let an attribute be used, or not, in q or in orderBy. */
static void
control_bar(const struct control *control, bool is_query)
{
	const char *name = request_query(control->request, "attribute");
	struct barred *barred;
	int attribute;

	if (control->stream == -1 || name == NULL) {
		refuse(control, "stream and attribute must be given");
		return;
	}
	attribute = kind_attribute(stream_kinds[control->stream], name,
	    strlen(name));
	if (attribute == -1) {
		refuse(control, "the stream has no such attribute");
		return;
	}
	barred = &control->pod->barred[control->stream];
	*(is_query ? &barred->query[attribute] : &barred->order[attribute]) =
	    number(control, "value", 0) == 0;
	done(control);
}

static void
control_queryable(const struct control *control)
{
	control_bar(control, true);
}

static void
control_sortable(const struct control *control)
{
	control_bar(control, false);
}

static void
version_write(struct buffer *out, const struct version *version)
{
	buffer_printf(out, "{\"id\":%s,\"stamp\":%s,\"content\":%lu}\n",
	    version->key, version->stamp, version->changes);
}

static void
control_rows(const struct control *control)
{
	struct buffer *body = &control->response->body;
	const struct list *list;

	if (control->stream == -1) {
		refuse(control, "stream must be one of sandbox(1)");
		return;
	}
	list = &control->pod->data.lists[control->stream];
	response_text(control->response, 200, "application/x-ndjson", "");
	for (size_t i = 0; i < list->count; i++) {
		const struct item *item = list->items[i];
		struct version now = { item_value(item, item->kind->key),
			item_value(item, "LastUpdateDate"), item->changes };

		version_write(body, &now);
	}
}

static void
control_history(const struct control *control)
{
	const struct past *past;

	if (control->stream == -1) {
		refuse(control, "stream must be one of sandbox(1)");
		return;
	}
	past = &control->pod->data.past[control->stream];
	response_text(control->response, 200, "application/x-ndjson", "");
	for (size_t i = 0; i < past->count; i++)
		version_write(&control->response->body, &past->versions[i]);
}

static void
control_stats(const struct control *control)
{
	const struct pod *pod = control->pod;

	response_text(control->response, 200, "application/json", "");
	buffer_printf(&control->response->body, "{\"tokens_given\":%llu,"
	    "\"refresh_tokens_given\":%llu,\"requests\":%llu,"
	    "\"gzip_answers\":%llu,\"waiting\":%zu}\n",
	    (unsigned long long)tokens_given(pod->tokens),
	    (unsigned long long)tokens_refresh_given(pod->tokens),
	    (unsigned long long)pod->answered,
	    (unsigned long long)pod->gzipped, pod->changes.count);
}

void
pod_control(struct pod *pod, const struct request *request,
    struct response *response)
{
	static const struct {
		const char *name;
		bool reads;
		void (*act)(const struct control *control);
	} controls[] = {
		{ "insert", false, control_insert },
		{ "update", false, control_update },
		{ "delete", false, control_delete },
		{ "stamp", false, control_stamp },
		{ "revoke", false, control_revoke },
		{ "consent", false, control_consent },
		{ "quirk", false, control_quirk },
		{ "queryable", false, control_queryable },
		{ "sortable", false, control_sortable },
		{ "rows", true, control_rows },
		{ "history", true, control_history },
		{ "stats", true, control_stats },
	};
	const char *name = request_query(request, "stream");
	const struct control control = { pod, request, response,
		name == NULL ? -1 : stream_find(name, strlen(name)) };
	size_t count = sizeof(controls) / sizeof(controls[0]), i;

	for (i = 0; i < count; i++)
		if (strcmp(request->path + strlen("/_control/erp/"),
		    controls[i].name) == 0)
			break;
	if (i == count)
		response_text(response, 404, "text/plain", "the pod's "
		    "controls are in sandbox(1)\n");
	else if (!controls[i].reads && strcmp(request->method, "POST") != 0 &&
	    strcmp(request->method, "DELETE") != 0)
		response_text(response, 405, "text/plain", "POST only\n");
	else
		controls[i].act(&control);
}
