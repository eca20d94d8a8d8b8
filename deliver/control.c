/* SPDX-License-Identifier: MIT */
#include "deliver/control.h"

#include <stdlib.h>
#include <string.h>

#include "decimal.h"
#include "json.h"
#include "list.h"

struct amount {
	char *currency;
	struct buffer sum;
};

struct control_stream {
	char *name;
	int64_t records, again;
	struct buffer ids; /* of the new ones: JSON strings, joined by commas */
	struct amount *amounts;
	size_t count, capacity;
};

const char *
control_time(struct control *control)
{
	if (*control->seen_at == '\0')
		clock_now(control->seen_at);
	return control->seen_at;
}

/* Streams and their currencies are few. */
static struct control_stream *
find_stream(struct control *control, const char *name)
{
	struct control_stream *list;
	size_t i;

	for (i = 0; i < control->count; i++)
		if (strcmp(control->streams[i].name, name) == 0)
			return &control->streams[i];
	list = list_grow(control->streams, control->count, &control->capacity,
	    sizeof(*list));
	if (list == NULL)
		return NULL;
	control->streams = list;
	list[i] = (struct control_stream){ .name = strdup(name) };
	buffer_init(&list[i].ids, JSON_TEXT_MAX);
	if (list[i].name == NULL)
		return NULL;
	control->count++;
	return &list[i];
}

static struct buffer *
find_sum(struct control_stream *stream, const char *currency)
{
	struct amount *list;
	size_t i;

	for (i = 0; i < stream->count; i++)
		if (strcmp(stream->amounts[i].currency, currency) == 0)
			return &stream->amounts[i].sum;
	list = list_grow(stream->amounts, stream->count, &stream->capacity,
	    sizeof(*list));
	if (list == NULL)
		return NULL;
	stream->amounts = list;
	list[i].currency = strdup(currency);
	buffer_init(&list[i].sum, 2 * DECIMAL_DIGITS_MAX);
	if (list[i].currency == NULL)
		return NULL;
	stream->count++;
	return &list[i].sum;
}

int
control_add(struct control *control, const char *stream,
    const char *record_id, bool known, const char *amount,
    const char *currency, struct error *error)
{
	struct control_stream *total = find_stream(control, stream);
	struct buffer *sum;

	if (total == NULL)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	total->records += !known;
	total->again += known;
	if (known)
		return 0;
	buffer_puts(&total->ids, total->ids.length > 0 ? "," : "");
	buffer_json_string(&total->ids, record_id, strlen(record_id));
	if (amount == NULL || !decimal_valid(amount))
		return 0;
	sum = find_sum(total, currency != NULL ? currency : "");
	return sum != NULL && decimal_add(sum, amount, DECIMAL_PLUS) == 0 ?
	    0 : error_set(error, EXIT_SYSTEM, "cannot add an amount of %.40s: "
	    "out of memory", stream);
}

static int
append(const struct control_stream *stream, const char *seen_at,
    struct ledger *ledger, struct error *error)
{
	struct buffer subject, detail;
	size_t i;
	int rc;

	buffer_init(&subject, JSON_TEXT_MAX);
	buffer_init(&detail, JSON_TEXT_MAX);
	buffer_printf(&subject, "stream:%s", stream->name);
	buffer_printf(&detail, "{\"seen_at\":\"%s\",\"records\":%lld,"
	    "\"again\":%lld,\"amounts\":{", seen_at,
	    (long long)stream->records, (long long)stream->again);
	for (i = 0; i < stream->count; i++)
		buffer_json_member(&detail, stream->amounts[i].currency,
		    buffer_text(&stream->amounts[i].sum));
	buffer_printf(&detail, "},\"ids\":[%s]}", buffer_text(&stream->ids));
	rc = subject.failed || detail.failed || stream->ids.failed ?
	    error_set(error, EXIT_SYSTEM, "the control totals are too long") :
	    audit_append(ledger, "records.read", subject.data, detail.data,
	    error);
	buffer_free(&subject);
	buffer_free(&detail);
	return rc;
}

int
control_append(const struct control *control, struct ledger *ledger,
    struct error *error)
{
	size_t i;

	for (i = 0; i < control->count; i++)
		if (append(&control->streams[i], control->seen_at, ledger,
		    error) == -1)
			return -1;
	return 0;
}

void
control_clear(struct control *control)
{
	struct control_stream *stream;
	size_t i, j;

	for (i = 0; i < control->count; i++) {
		stream = &control->streams[i];
		for (j = 0; j < stream->count; j++) {
			free(stream->amounts[j].currency);
			buffer_free(&stream->amounts[j].sum);
		}
		free(stream->amounts);
		buffer_free(&stream->ids);
		free(stream->name);
	}
	free(control->streams);
	*control = (struct control){ 0 };
}
