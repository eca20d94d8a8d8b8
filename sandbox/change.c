/* SPDX-License-Identifier: MIT */
#include "sandbox/change.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "json.h"

static bool
insert(struct data *data, const struct change *change,
    struct buffer *inserted)
{
	for (int64_t i = 0; i < change->count; i++) {
		struct item *item = generate(data, change->stream,
		    change->has_stamp ? change->stamp_ms : data_later(data));

		if (item == NULL)
			return false;
		if (inserted != NULL)
			buffer_printf(inserted, "%s%s", i == 0 ? "" : ",",
			    item_value(item, item->kind->key));
	}
	return true;
}

static bool
update(struct data *data, const struct change *change, struct item *item,
    char what[WHAT_MAX])
{
	struct json json = { 0 };
	struct error error;
	char *given = NULL;
	int64_t stamp;
	bool done = false;

	if (json_parse(&json, change->body, strlen(change->body), &error) ==
	    -1)
		snprintf(what, WHAT_MAX, "the body isn't JSON");
	else if (data_update(data, item, &json, 0, what) == 0) {
		given = json_dup(&json, json_member(&json, 0,
		    "LastUpdateDate"));
		if (given == NULL && !change->keep_stamp)
			data_set_stamp(data, item, "LastUpdateDate",
			    data_later(data));
		else if (given != NULL && clock_parse(given, &stamp) == 0)
			data_set_stamp(data, item, "LastUpdateDate", stamp);
		data_changed(data, change->stream, item);
		done = true;
	}
	free(given);
	json_free(&json);
	return done;
}

static void
delete(struct list *list, struct item *item)
{
	size_t i = 0;

	while (list->items[i] != item)
		i++;
	for (size_t j = 0; j < KIND_CHILDREN_MAX; j++)
		list_free(&item->children[j]);
	list->count--;
	memmove(&list->items[i], &list->items[i + 1],
	    (list->count - i) * sizeof(struct item *));
}

/* One stamp for many rows, as a job of the ERP's gives it. */
static void
stamp(struct data *data, const struct change *change)
{
	struct list *list = &data->lists[change->stream];
	int64_t ms = change->has_stamp ? change->stamp_ms : data_later(data);

	for (size_t i = 0; i < list->count && (int64_t)i < change->count;
	    i++) {
		data_set_stamp(data, list->items[i], "LastUpdateDate", ms);
		data_changed(data, change->stream, list->items[i]);
	}
}

bool
change_apply(struct data *data, const struct change *change,
    struct buffer *inserted, char what[WHAT_MAX])
{
	struct list *list = &data->lists[change->stream];
	struct item *item = NULL;

	if (change->type == CHANGE_UPDATE || change->type == CHANGE_DELETE) {
		item = list_find(list, change->id, strlen(change->id));
		if (item == NULL) {
			snprintf(what, WHAT_MAX, "there is no such row");
			return false;
		}
	}
	snprintf(what, WHAT_MAX, "out of memory");
	switch (change->type) {
	case CHANGE_INSERT:
		return insert(data, change, inserted);
	case CHANGE_UPDATE:
		return update(data, change, item, what);
	case CHANGE_DELETE:
		delete(list, item);
		return true;
	case CHANGE_STAMP:
		stamp(data, change);
		return true;
	}
	return false;
}

bool
changes_add(struct changes *changes, const struct change *change)
{
	struct change *added = &changes->list[changes->count];

	if (changes->count == CHANGES_MAX)
		return false;
	*added = *change;
	added->body = strdup(change->body);
	changes->count += added->body != NULL;
	return added->body != NULL;
}

void
changes_answered(struct changes *changes, struct data *data)
{
	char what[WHAT_MAX];
	size_t i = 0;

	while (i < changes->count) {
		struct change change = changes->list[i];

		if (--changes->list[i].after > 0) {
			i++;
			continue;
		}
		changes->count--;
		memmove(&changes->list[i], &changes->list[i + 1],
		    (changes->count - i) * sizeof(change));
		change_apply(data, &change, NULL, what);
		free(change.body);
	}
}

void
changes_free(struct changes *changes)
{
	while (changes->count > 0)
		free(changes->list[--changes->count].body);
}
