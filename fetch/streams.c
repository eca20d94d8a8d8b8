/* SPDX-License-Identifier: MIT */
#include "fetch/streams.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOT "/fscmRestApi/resources/11.13.18.05/"
#define PAGE_SIZE 100     /* with children ~1 MB and a few seconds each */
#define OVERLAP_MS (10 * 60 * 1000)
#define OVERLAP_MAX_MS ((int64_t)30 * 24 * 3600 * 1000)

struct built_in {
	const char *name, *path, *key, *cursor, *expand, *amount, *currency;
};

static const struct built_in catalogue[] = {
	{ "invoices", ROOT "invoices", "InvoiceId", "LastUpdateDate",
	    "invoiceLines.invoiceDistributions,invoiceInstallments",
	    "InvoiceAmount", "InvoiceCurrency" },
	{ "purchaseOrders", ROOT "purchaseOrders", "POHeaderId",
	    "LastUpdateDate", "lines.schedules", "Total", "CurrencyCode" },
	{ "journalBatches", ROOT "journalBatches", "JeBatchId",
	    "LastUpdateDate", "journalHeaders.journalLines",
	    "RunningTotalDr", NULL },
};

static const struct built_in none;

static const struct built_in *
built_in_find(const char *name)
{
	for (size_t i = 0; i < sizeof catalogue / sizeof catalogue[0]; i++)
		if (strcmp(catalogue[i].name, name) == 0)
			return &catalogue[i];
	return &none;
}

static char *
setting(const struct config *config, const char *stream, const char *key,
    const char *fallback)
{
	char path[256];

	snprintf(path, sizeof path, "oracle.streams.%s.%s", stream, key);
	return config_string(config, path, fallback);
}

static int
numbers_load(struct stream *stream, const struct config *config,
    struct error *error)
{
	char path[256];
	int64_t page_size, overlap;

	if (config_integer(config, "oracle.page_size", PAGE_SIZE, 1,
	    STREAM_PAGE_SIZE_MAX, &page_size, error) == -1 ||
	    config_span(config, "oracle.overlap", OVERLAP_MS, 0,
	    OVERLAP_MAX_MS, &overlap, error) == -1)
		return -1;
	snprintf(path, sizeof path, "oracle.streams.%s.page_size",
	    stream->name);
	if (config_integer(config, path, page_size, 1, STREAM_PAGE_SIZE_MAX,
	    &stream->page_size, error) == -1)
		return -1;
	/* A page shares a row with the one before, and needs another. */
	if (stream->page_size < 2)
		stream->page_size = 2;
	snprintf(path, sizeof path, "oracle.streams.%s.overlap", stream->name);
	return config_span(config, path, overlap, 0, OVERLAP_MAX_MS,
	    &stream->overlap, error);
}

static int
key_check(const struct stream *stream, struct error *error)
{
	const char *key = stream->key;
	size_t count = 0, length;

	do {
		length = strcspn(key, ",");
		if (++count > STREAM_KEY_MAX || length == 0 ||
		    length > STREAM_NAME_MAX)
			return error_set(error, EXIT_CONFIG, "stream %s: its "
			    "key must be 1 to %d names of 1 to %d bytes "
			    "joined by ','", stream->name, STREAM_KEY_MAX,
			    STREAM_NAME_MAX);
		key += length;
	} while (*key++ == ',');
	return 0;
}

static int
stream_load(struct stream *stream, const struct config *config,
    const char *name, struct error *error)
{
	const struct built_in *base = built_in_find(name);

	stream->name = strdup(name);
	if (stream->name == NULL)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	stream->path = setting(config, name, "path", base->path);
	stream->key = setting(config, name, "key", base->key);
	stream->cursor = setting(config, name, "cursor", base->cursor);
	stream->expand = setting(config, name, "expand", base->expand);
	stream->fields = setting(config, name, "fields", NULL);
	stream->filter = setting(config, name, "filter", NULL);
	stream->amount = setting(config, name, "amount", base->amount);
	stream->currency = setting(config, name, "currency", base->currency);
	if (stream->path == NULL || stream->key == NULL ||
	    stream->cursor == NULL || stream->path[0] != '/')
		return error_set(error, EXIT_CONFIG,
		    "stream %s: it is not built in; give it path (from /), "
		    "key and cursor in oracle.streams", name);
	return key_check(stream, error) == -1 ? -1 :
	    numbers_load(stream, config, error);
}

static int
wanted(const char *name, const char *const *only, size_t only_count)
{
	for (size_t i = 0; i < only_count; i++)
		if (strcmp(only[i], name) == 0)
			return 1;
	return only_count == 0;
}

static int
names_load(struct streams *streams, const struct config *config,
    json_node object, const char *const *only, size_t only_count,
    struct error *error)
{
	const struct json *json = &config->json;
	struct buffer name;
	json_node node;
	int rc = 0;

	buffer_init(&name, 128);
	for (node = json_first(json, object); rc == 0 && node != JSON_NONE;
	    node = json_next(json, node)) {
		buffer_clear(&name);
		if (json_decode_name(json, node, &name) == -1)
			rc = error_set(error, EXIT_CONFIG,
			    "a name in oracle.streams is too long");
		else if (wanted(buffer_text(&name), only, only_count))
			rc = stream_load(&streams->list[streams->count++],
			    config, buffer_text(&name), error);
	}
	buffer_free(&name);
	return rc;
}

int
streams_load(struct streams *streams, const struct config *config,
    const char *const *only, size_t only_count, struct error *error)
{
	json_node object = json_path(&config->json, "oracle.streams");
	size_t configured = json_count(&config->json, object), found;

	memset(streams, 0, sizeof *streams);
	streams->list = calloc(configured + only_count + 1,
	    sizeof *streams->list);
	if (streams->list == NULL)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	if (names_load(streams, config, object, only, only_count, error) == -1)
		return -1;
	for (size_t i = 0; i < only_count; i++) {
		for (found = 0; found < streams->count; found++)
			if (strcmp(streams->list[found].name, only[i]) == 0)
				break;
		if (found == streams->count && stream_load(
		    &streams->list[streams->count++], config, only[i],
		    error) == -1)
			return -1;
	}
	if (streams->count == 0)
		return error_set(error, EXIT_CONFIG, "no stream to poll: name "
		    "one in oracle.streams or with --stream");
	return 0;
}

void
streams_free(struct streams *streams)
{
	for (size_t i = 0; i < streams->count; i++) {
		struct stream *s = &streams->list[i];

		free(s->name);
		free(s->path);
		free(s->key);
		free(s->cursor);
		free(s->expand);
		free(s->fields);
		free(s->filter);
		free(s->amount);
		free(s->currency);
	}
	free(streams->list);
	memset(streams, 0, sizeof *streams);
}
