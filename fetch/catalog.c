/* SPDX-License-Identifier: MIT */
#include "fetch/catalog.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fetch/selection.h"

struct catalog {
	const char *path;
	struct buffer text;
	struct json json;
};

static int
read_file(struct catalog *catalog, struct error *error)
{
	struct error broken;
	int fd, rc;

	if ((fd = open(catalog->path, O_RDONLY | O_CLOEXEC)) == -1)
		return error_errno(error, EXIT_NOINPUT,
		    "cannot open the catalog '%s'", catalog->path);
	rc = buffer_read(&catalog->text, fd);
	close(fd);
	if (rc == -1)
		return error_errno(error, EXIT_NOINPUT,
		    "cannot read the catalog '%s'", catalog->path);
	if (catalog->text.failed)
		return error_set(error, EXIT_DATA, "the catalog '%s' is over "
		    "%zu bytes", catalog->path, CATALOG_BYTES_MAX);
	if (json_parse(&catalog->json, buffer_text(&catalog->text),
	    catalog->text.length, &broken) == -1)
		return error_set(error, broken.code, "the catalog '%s' is %s",
		    catalog->path, broken.message);
	return json_type(&catalog->json, json_member(&catalog->json, 0,
	    "streams")) == JSON_ARRAY ? 0 : error_set(error, EXIT_DATA,
	    "the catalog '%s' has no array of streams: give what --discover "
	    "wrote", catalog->path);
}

static char *
stream_id(const struct json *json, json_node entry)
{
	char *id = json_dup(json, json_member(json, entry, "tap_stream_id"));

	return id != NULL ? id :
	    json_dup(json, json_member(json, entry, "stream"));
}

static json_node
find_entry(const struct json *json, const char *name)
{
	json_node entry = json_first(json, json_member(json, 0, "streams"));
	char *id;
	bool found;

	for (; entry != JSON_NONE; entry = json_next(json, entry)) {
		id = stream_id(json, entry);
		found = id != NULL && strcmp(id, name) == 0;
		free(id);
		if (found)
			break;
	}
	return entry;
}

static void
replace(char **where, char *text)
{
	if (text == NULL)
		return;
	free(*where);
	*where = text;
}

/* Its key and its cursor, if it names them. */
static void
names_load(const struct json *json, json_node entry, struct stream *stream)
{
	json_node node = json_first(json, json_member(json, entry,
	    "key_properties"));
	char *cursor = json_dup(json, json_member(json, selection_metadata(json,
	    entry), "replication-key"));
	struct buffer key;

	buffer_init(&key, STREAM_TEXT_MAX);
	for (; node != JSON_NONE; node = json_next(json, node)) {
		if (key.length > 0)
			buffer_puts(&key, ",");
		json_decode(json, node, &key);
	}
	replace(&stream->key, key.data);
	if (cursor != NULL && stream->scan == STREAM_WHOLE)
		stream->scan = STREAM_QUERY;
	replace(&stream->cursor, cursor);
}

static int
apply(const struct json *json, json_node entry, struct stream *stream,
    struct error *error)
{
	names_load(json, entry, stream);
	return selection_apply(json, entry, stream, error) == -1 ? -1 :
	    stream_settle(stream, error);
}

static bool
is_among(const char *name, const char *const *names, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* The names of what it selects, each once, in memory that the caller frees;
 * when only names any, those alone. */
static int
selection(const struct catalog *catalog, const char *const *only,
    size_t only_count, char ***names, size_t *count, struct error *error)
{
	const struct json *json = &catalog->json;
	json_node all = json_member(json, 0, "streams"), entry;
	size_t i;

	*names = calloc(json_count(json, all) + 1, sizeof(**names));
	if (*names == NULL)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	for (entry = json_first(json, all); entry != JSON_NONE;
	    entry = json_next(json, entry)) {
		char *id = selection_has(json, entry) ? stream_id(json, entry) :
		    NULL;

		if (id == NULL || is_among(id, (const char *const *)*names,
		    *count) || (only_count > 0 &&
		    !is_among(id, only, only_count)))
			free(id);
		else
			(*names)[(*count)++] = id;
	}
	for (i = 0; i < only_count; i++)
		if (!is_among(only[i], (const char *const *)*names, *count))
			return error_set(error, EXIT_DATA, "the catalog '%s' "
			    "doesn't select the stream %s", catalog->path,
			    only[i]);
	return *count > 0 ? 0 : error_set(error, EXIT_DATA, "the catalog '%s' "
	    "selects no stream: set \"selected\": true in the metadata with "
	    "an empty breadcrumb of each that shall be read", catalog->path);
}

int
catalog_load(struct streams *streams, const struct config *config,
    const char *path, const char *const *only, size_t only_count,
    struct error *error)
{
	struct catalog catalog = { .path = path };
	char **names = NULL;
	size_t count = 0, i;
	int rc = -1;

	buffer_init(&catalog.text, CATALOG_BYTES_MAX);
	if (read_file(&catalog, error) == -1 || selection(&catalog, only,
	    only_count, &names, &count, error) == -1 ||
	    streams_load(streams, config, (const char *const *)names, count,
	    error) == -1)
		goto out;
	for (i = 0; i < streams->count; i++)
		if (apply(&catalog.json, find_entry(&catalog.json,
		    streams->list[i].name), &streams->list[i], error) == -1)
			goto out;
	rc = 0;
out:
	for (i = 0; i < count; i++)
		free(names[i]);
	free(names);
	json_free(&catalog.json);
	buffer_free(&catalog.text);
	return rc;
}
