/* SPDX-License-Identifier: MIT */
#include "sandbox/bulk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/call.h"
#include "sandbox/plain.h"

#define FIRST_ID 300000070000001LL
#define HOUR_MS 3600000LL
#define TIE_MS 1000
#define NUMBER 2 /* a number that has all children */
#define PIECES_MAX 64

/* Bytes that no JSON text holds stand where something is filled in. */
enum { ID = 1, STAMP, AMOUNT };

/* A row's text, cut where something is filled in. */
struct piece {
	const char *text;
	size_t length;
	char then; /* what comes behind it; '\0': nothing */
};

struct mould {
	struct buffer text;
	struct piece pieces[PIECES_MAX];
	size_t count;
};

int
bulk_init(struct pod *pod)
{
	struct data *data = &pod->data;
	struct chance chance = { data->seed };
	int64_t latest_ms = data->latest_ms;
	struct item *item = plain_make(data, &pod->bulk, &kind_bulk, &chance,
	    NUMBER, data->base_ms);
	struct buffer text;

	data->latest_ms = latest_ms; /* bulk has stamps of its own */
	if (item == NULL)
		return -1;
	data_set(data, item, "BulkId", "%c", ID);
	data_set(data, item, "InvoiceNumber", "\"B-%c\"", ID);
	data_set(data, item, "LastUpdateDate", "\"%c\"", STAMP);
	data_set(data, item, "InvoiceAmount", "%c.50", AMOUNT);
	if (pod->options.bulk_size > 0) {
		buffer_init(&text, pod->options.bulk_size);
		while (text.length < pod->options.bulk_size)
			buffer_append(&text, "long ", pod->options.bulk_size -
			    text.length < 5 ? pod->options.bulk_size -
			    text.length : 5);
		data_set_text(data, item, "Description", buffer_text(&text));
		buffer_free(&text);
	}
	return data->failed ? -1 : 0;
}

static int64_t
group_stamp(const struct pod *pod, int64_t group)
{
	int64_t groups = ((int64_t)pod->options.counts[BULK] +
	    (int64_t)pod->options.bulk_tie - 1) /
	    (int64_t)pod->options.bulk_tie;

	/* With a fraction three times in four, as the others. */
	return pod->data.base_ms - HOUR_MS - (groups - group) * TIE_MS +
	    (group % 4 == 0 ? 0 : 1 + group * 37 % (TIE_MS - 1));
}

/* The first row whose stamp is ms or later. */
static int64_t
row_from(const struct pod *pod, int64_t ms)
{
	int64_t rows = (int64_t)pod->options.counts[BULK];
	int64_t start = group_stamp(pod, 0), group;

	if (ms <= start)
		return 0;
	if (ms > pod->data.base_ms)
		return rows;
	group = (ms - start) / TIE_MS;
	while (group_stamp(pod, group) < ms)
		group++;
	group *= (int64_t)pod->options.bulk_tie;
	return group < rows ? group : rows;
}

static int
mould_make(struct mould *mould, const struct call *call)
{
	const char *at, *start;
	char href[HREF_MAX];

	snprintf(href, sizeof(href), "%.500s/%c", call->target.href, ID);
	buffer_init(&mould->text, RESPONSE_BODY_MAX);
	compose_item(&mould->text, &call->view, call->pod->bulk.items[0],
	    href);
	mould->count = 0;
	start = at = buffer_text(&mould->text);
	for (; mould->count < PIECES_MAX; at++) {
		if (*at != '\0' && *at != ID && *at != STAMP && *at != AMOUNT)
			continue;
		mould->pieces[mould->count++] = (struct piece){ start,
		    (size_t)(at - start), *at };
		if (*at == '\0')
			return mould->text.failed ? -1 : 0;
		start = at + 1;
	}
	return -1;
}

static void
row_write(struct buffer *out, const struct mould *mould, int64_t row,
    const char *stamp)
{
	char id[24], amount[24];
	size_t id_length, amount_length, stamp_length = strlen(stamp);

	id_length = (size_t)snprintf(id, sizeof(id), "%lld",
	    (long long)(FIRST_ID + row));
	amount_length = (size_t)snprintf(amount, sizeof(amount), "%lld",
	    (long long)(100 + row * 7919 % 100000));
	for (size_t i = 0; i < mould->count; i++) {
		const struct piece *piece = &mould->pieces[i];

		buffer_append(out, piece->text, piece->length);
		if (piece->then == ID)
			buffer_append(out, id, id_length);
		else if (piece->then == STAMP)
			buffer_append(out, stamp, stamp_length);
		else if (piece->then == AMOUNT)
			buffer_append(out, amount, amount_length);
	}
}

static void
rows_write(struct call *call, const struct mould *mould, int64_t from,
    const struct page *page)
{
	struct buffer *out = &call->response->body;
	int64_t tie = (int64_t)call->pod->options.bulk_tie;
	char stamp[STAMP_TEXT];

	buffer_puts(out, "[");
	for (int64_t row = from; row < from + (int64_t)page->count; row++) {
		if (row == from || row % tie == 0)
			stamp_format(group_stamp(call->pod, row / tie),
			    stamp);
		if (row > from)
			buffer_puts(out, ",");
		row_write(out, mould, row, stamp);
	}
	buffer_puts(out, "]");
}

static bool
order_known(const char *order)
{
	static const char *const known[] = { "LastUpdateDate:asc,BulkId:asc",
	    "LastUpdateDate,BulkId", "LastUpdateDate:asc", "LastUpdateDate",
	    "BulkId:asc", "BulkId", NULL };

	for (size_t i = 0; known[i] != NULL && order != NULL; i++)
		if (strcmp(order, known[i]) == 0)
			return true;
	return order == NULL;
}

void
bulk_answer(struct call *call)
{
	int64_t low = INT64_MIN, high = INT64_MAX, first, end;
	struct mould mould = { .count = 0 };
	struct query *query = NULL;
	struct page page = { 0 };

	if (call_query(call, &query) == -1)
		return;
	if ((query != NULL && !query_range(query, kind_attribute(&kind_bulk,
	    "LastUpdateDate", 14), &low, &high)) ||
	    !order_known(request_query(call->request, "orderBy")) ||
	    request_query(call->request, "finder") != NULL) {
		call_bad(call, "bulk knows only bounds of LastUpdateDate and "
		    "ascending order by LastUpdateDate and BulkId.");
		goto out;
	}
	first = low == INT64_MIN ? 0 : row_from(call->pod, low);
	end = high == INT64_MAX ? (int64_t)call->pod->options.counts[BULK] :
	    row_from(call->pod, high);
	call_page(call, &page, end < first ? 0 : end - first);
	if (mould_make(&mould, call) == -1) {
		call_bad(call, "a row of bulk is too large");
		goto out;
	}
	compose_head(&call->response->body, &call->view, &page);
	if (page.count > 0 || !call->view.no_empty_items)
		rows_write(call, &mould, first + page.first, &page);
	compose_tail(&call->response->body, &call->view, &kind_bulk, &page,
	    call->target.href);
out:
	buffer_free(&mould.text);
	query_free(query);
}
