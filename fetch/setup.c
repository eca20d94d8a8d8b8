/* SPDX-License-Identifier: MIT */
#include "fetch/setup.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "actor.h"
#include "clock.h"
#include "fetch/catalog.h"
#include "log.h"

#define STATE_BYTES_MAX ((size_t)1 << 20)

static int
load_streams(struct setup *setup, struct error *error)
{
	const struct options *options = setup->options;

	if ((options->catalog != NULL ? catalog_load(&setup->streams,
	    &setup->config, options->catalog, options->streams,
	    options->stream_count, error) :
	    (options->discover ? streams_load_known : streams_load)(
	    &setup->streams, &setup->config, options->streams,
	    options->stream_count, error)) == -1)
		return -1;
	return setup->streams.count <= REST_REQUESTS_MAX ? 0 :
	    error_set(error, EXIT_CONFIG, "oracle.streams: %zu streams are "
	    "more than the %d that one run reads: share them between runs "
	    "with --stream", setup->streams.count, REST_REQUESTS_MAX);
}

static int
open_ledger(struct setup *setup, struct error *error)
{
	const struct config *config = &setup->config;

	setup->ledger_path = config_file(config, "ledger", "ledger.db");
	setup->key_path = config_file(config, "key_file", "ledger.key");
	setup->pipeline = config_string(config, "pipeline", "default");
	if (setup->ledger_path == NULL || setup->key_path == NULL ||
	    setup->pipeline == NULL)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	return setup->ledger->db != NULL ? 0 : ledger_open(setup->ledger,
	    setup->ledger_path, setup->key_path, DB_WRITE,
	    setup->options->login.asked ? actor_name("fetch") : "fetch", error);
}

int
setup_open(struct setup *setup, const struct options *options,
    struct ledger *ledger, int wake_fd, struct error *error)
{
	*setup = (struct setup){ .options = options, .ledger = ledger };
	if (config_open(&setup->config, options->config, error) == -1 ||
	    open_ledger(setup, error) == -1)
		return -1;
	/* A login is for no stream. */
	if (options->login.asked)
		return 0;
	if (load_streams(setup, error) == -1 ||
	    singer_open(&setup->singer, &setup->streams, error) == -1 ||
	    rest_open(&setup->rest, &setup->config, ledger, error) == -1)
		return -1;
	setup->rest.verbose = options->poller.verbose;
	return poller_open(&setup->poller, &setup->rest, &setup->singer,
	    &setup->streams, ledger, &setup->config, &options->poller,
	    wake_fd, error);
}

void
setup_close(struct setup *setup)
{
	poller_close(&setup->poller);
	rest_close(&setup->rest);
	singer_close(&setup->singer);
	streams_free(&setup->streams);
	config_close(&setup->config);
	free(setup->pipeline);
	free(setup->ledger_path);
	free(setup->key_path);
	setup->pipeline = setup->ledger_path = setup->key_path = NULL;
}

/* ---- --state ------------------------------------------------------------ */

/* Without bookmarks it is no state, and all would be read again; but an empty
 * object is how a Singer runner begins. */
static int
state_check(const struct json *state, const char *path, struct error *error)
{
	if (json_type(state, json_path(state, "bookmarks")) == JSON_OBJECT ||
	    (json_type(state, 0) == JSON_OBJECT &&
	    json_first(state, 0) == JSON_NONE))
		return 0;
	return error_set(error, EXIT_DATA, "the state '%s' holds no "
	    "bookmarks: give the value of a STATE message", path);
}

/* The file of --state into *state, which points into *text. */
static int
state_load(struct setup *setup, struct buffer *text, struct json *state,
    struct error *error)
{
	const char *path = setup->options->state;
	struct error broken;
	int fd, rc;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return error_errno(error, EXIT_NOINPUT,
		    "cannot open the state '%s'", path);
	rc = buffer_read(text, fd);
	close(fd);
	if (rc == -1 || text->failed)
		return error_set(error, EXIT_NOINPUT,
		    "cannot read the state '%s'", path);
	/* A run that wrote no STATE leaves an empty file: from the start. */
	if (text->length == 0)
		return 0;
	if (json_parse(state, text->data, text->length, &broken) == -1)
		return error_set(error, broken.code, "the state '%s' is %s",
		    path, broken.message);
	return state_check(state, path, error) == -1 ? -1 :
	    singer_carry(&setup->singer, state, json_path(state, "bookmarks"),
	    error);
}

/* What the setup before had reached: in *state, which points into *text. */
static int
state_adopt(struct setup *setup, struct setup *old, struct buffer *text,
    struct json *state, struct error *error)
{
	singer_adopt(&setup->singer, &old->singer);
	singer_bookmarks(&old->singer, text);
	if (text->failed)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	return json_parse(state, text->data, text->length, error) == -1 ? -1 :
	    singer_carry(&setup->singer, state, json_path(state, "bookmarks"),
	    error);
}

/* ---- where each stream starts ------------------------------------------- */

/* With --since the ledger's bookmark is not where the reading starts, but it
 * doesn't go back, nor past what lies between it and there. */
static int
start_since(struct setup *setup, size_t index, struct error *error)
{
	const struct stream *stream = &setup->streams.list[index];
	int64_t since = setup->options->since, bookmark;
	char *text = NULL;

	if (stream->cursor == NULL)
		return 0;
	if (bookmark_get(setup->ledger, setup->pipeline, stream->name, &text,
	    NULL, error) == -1)
		return -1;
	if (text == NULL || clock_parse(text, &bookmark) == -1) {
		free(text);
		return 0;
	}
	if (since > bookmark) {
		log_warning("stream %s: --since is later than its bookmark %s, "
		    "which stays: the next run reads what lies between",
		    stream->name, text);
		singer_stay(&setup->singer, index, bookmark);
	} else
		singer_start(&setup->singer, index, bookmark);
	free(text);
	return 0;
}

/* The bookmark that a text says.  -1: it is none that can be used. */
static int
read_bookmark(const struct stream *stream, const char *text, int64_t *stamp,
    struct error *error)
{
	if (clock_parse(text, stamp) == -1)
		return error_set(error, EXIT_DATA, "stream %s: its bookmark "
		    "'%.40s' is no time", stream->name, text);
	if (*stamp > clock_wall_ms() + PAGER_AHEAD_MAX_MS)
		return error_set(error, EXIT_DATA, "stream %s: its bookmark "
		    "'%.40s' lies in the future, and no record would be read; "
		    "check this machine's clock, or give --since",
		    stream->name, text);
	return 0;
}

/* The bookmark's text and its attribute, out of the state or else the ledger;
 * NULL: there is none. */
static int
find_bookmark(struct setup *setup, const struct stream *stream,
    const struct json *state, char **text, char **key, struct error *error)
{
	json_node node = json_member(state, json_path(state, "bookmarks"),
	    stream->name);

	*text = *key = NULL;
	/* What can't be read is no reason to read all again. */
	if (node != JSON_NONE && json_type(state, node) != JSON_NULL &&
	    (json_type(state, node) != JSON_OBJECT ||
	    (json_first(state, node) != JSON_NONE && json_member(state, node,
	    "replication_key_value") == JSON_NONE)))
		return error_set(error, EXIT_DATA, "stream %s: its bookmark in "
		    "the state is no object with a replication_key_value; "
		    "take it out to read from the start", stream->name);
	*text = json_dup(state, json_member(state, node,
	    "replication_key_value"));
	*key = json_dup(state, json_member(state, node, "replication_key"));
	if (*text != NULL || setup->options->state != NULL)
		return 0;
	free(*key);
	return bookmark_get(setup->ledger, setup->pipeline, stream->name, text,
	    key, error);
}

/* A bookmark of another attribute says nothing of what changed by this one. */
static void
compare_key(const struct stream *stream, const char *key)
{
	if (key != NULL && strcmp(key, stream->cursor) != 0)
		log_warning("stream %s: its bookmark is a %s, and the cursor "
		    "is %s now: what changed by that before the bookmark is "
		    "read with --since", stream->name, key, stream->cursor);
}

static int
first_pass(struct setup *setup, size_t index, const struct json *state,
    struct pager_pass *pass, struct error *error)
{
	const struct stream *stream = &setup->streams.list[index];
	const struct options *options = setup->options;
	char *text = NULL, *key = NULL;
	int rc;

	*pass = (struct pager_pass){ .since = options->since,
		.until = options->until, .bookmark = PAGER_NO_STAMP,
		.from_ledger = options->since == -1 && options->state == NULL,
		.remember = options->poller.every_ms > 0 };
	if (options->since != -1)
		return start_since(setup, index, error);
	if (stream->cursor == NULL)
		return 0;
	rc = find_bookmark(setup, stream, state, &text, &key, error);
	if (rc == 0 && text != NULL) {
		compare_key(stream, key);
		rc = read_bookmark(stream, text, &pass->bookmark, error);
	}
	free(key);
	free(text);
	if (rc == -1 || pass->bookmark == PAGER_NO_STAMP)
		return rc;
	singer_start(&setup->singer, index, pass->bookmark);
	pass->since = pass->bookmark - stream->overlap;
	return 0;
}

int
setup_start(struct setup *setup, struct setup *old, struct error *error)
{
	struct json state = { 0 };
	struct buffer text;
	struct pager_pass pass;
	int rc = 0;
	size_t i;

	buffer_init(&text, old != NULL ? SINGER_LINE_MAX : STATE_BYTES_MAX);
	if (old != NULL)
		rc = state_adopt(setup, old, &text, &state, error);
	else if (setup->options->state != NULL)
		rc = state_load(setup, &text, &state, error);
	/* All bookmarks before the first record: each STATE holds those of
	 * all streams. */
	for (i = 0; rc == 0 && i < setup->streams.count; i++) {
		if (old != NULL && poller_adopt(&setup->poller, i,
		    &old->poller))
			continue;
		if (first_pass(setup, i, &state, &pass, error) == 0)
			poller_start(&setup->poller, i, &pass);
		else if (error->code == EXIT_DATA)
			poller_refuse(&setup->poller, i, log_failure(error));
		else
			rc = -1;
	}
	json_free(&state);
	buffer_free(&text);
	return rc;
}
