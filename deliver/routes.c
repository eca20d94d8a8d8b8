/* SPDX-License-Identifier: MIT */
#include "deliver/routes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "deliver/outbox.h"
#include "list.h"

#define DAY_MS (24LL * 3600 * 1000)

void
routes_free(struct routes *routes)
{
	size_t i;

	for (i = 0; i < routes->count; i++) {
		free(routes->list[i].name);
		free(routes->list[i].filter);
	}
	free(routes->list);
	*routes = (struct routes){ 0 };
}

/* The route of that name ("finance" is "#finance"), made if need be. */
static struct route *
add(struct routes *routes, const char *text)
{
	struct route *route, *list;
	size_t i;
	char *name = slack_channel_name(text);

	if (name == NULL)
		return NULL;
	for (i = 0; i < routes->count; i++)
		if (strcmp(routes->list[i].name, name) == 0) {
			free(name);
			return &routes->list[i];
		}
	list = list_grow(routes->list, routes->count, &routes->capacity,
	    sizeof(*list));
	if (list == NULL) {
		free(name);
		return NULL;
	}
	routes->list = list;
	route = &routes->list[routes->count++];
	*route = (struct route){ .name = name };
	return route;
}

static int
read_config(struct routes *routes, const struct config *config,
    struct error *error)
{
	const struct json *json = &config->json;
	json_node filter = json_first(json, json_member(json, 0, "filters"));
	struct buffer name;
	struct route *route;
	char *channel;

	for (; filter != JSON_NONE; filter = json_next(json, filter)) {
		channel = json_dup(json, json_member(json, json_member(json,
		    filter, "config"), "channel"));
		if (channel == NULL || *channel == '\0') {
			free(channel);
			continue;
		}
		route = add(routes, channel);
		free(channel);
		buffer_init(&name, 65536);
		json_decode_name(json, filter, &name);
		if (route != NULL && route->filter == NULL)
			route->filter = strdup(buffer_text(&name));
		buffer_free(&name);
		if (route == NULL || route->filter == NULL)
			return error_set(error, EXIT_SYSTEM, "out of memory");
	}
	return 0;
}

/* Rows of a name, a number of messages and an id. */
static int
read_rows(struct routes *routes, struct statement *row, struct error *error)
{
	struct route *route;
	int rc;

	while ((rc = db_step(row, error)) == 1) {
		if ((route = add(routes, db_text(row, 0))) == NULL) {
			db_reset(row);
			return error_set(error, EXIT_SYSTEM, "out of memory");
		}
		route->waiting += db_int(row, 1);
		if (db_text(row, 2) != NULL)
			snprintf(route->slack, sizeof(route->slack), "%s",
			    db_text(row, 2));
	}
	return rc;
}

/* Channels whose newest message of some filter is from ?1 or later.  The index of
 * routes begins with filter and stream, whose pairs are few: by steps from one
 * to the next. */
static const char recent_sql[] =
    "WITH RECURSIVE filters(f) AS (SELECT min(filter) FROM messages "
    "UNION ALL SELECT (SELECT min(filter) FROM messages WHERE filter > f) "
    "FROM filters WHERE f IS NOT NULL), "
    "pairs(f, s) AS (SELECT f, (SELECT min(stream) FROM messages "
    "WHERE filter = f) FROM filters UNION ALL SELECT f, (SELECT min(stream) "
    "FROM messages WHERE filter = f AND stream > s) FROM pairs "
    "WHERE s IS NOT NULL), known AS MATERIALIZED (SELECT f, s FROM pairs) "
    "SELECT c.name, 0, c.slack_channel FROM channels c WHERE EXISTS "
    "(SELECT 1 FROM known WHERE (SELECT m.queued_at FROM messages m "
    "WHERE m.filter = f AND m.stream = s AND m.channel = c.name "
    "ORDER BY m.id DESC LIMIT 1) >= ?1)";

static int
read_ledger(struct routes *routes, struct ledger *ledger,
    struct error *error)
{
	struct statement *row;
	char since[CLOCK_TEXT];

	if ((row = db_prepare(ledger->db, "SELECT m.channel, count(*), "
	    "(SELECT c.slack_channel FROM channels c WHERE c.name = m.channel) "
	    "FROM messages m WHERE " OUTBOX_WAITING("m.")
	    " AND m.channel IS NOT NULL GROUP BY m.channel",
	    error)) == NULL || read_rows(routes, row, error) == -1)
		return -1;
	clock_format(clock_wall_ms() - ROUTES_DAYS * DAY_MS, since);
	if ((row = db_prepare(ledger->db, recent_sql, error)) == NULL)
		return -1;
	db_bind_text(row, 1, since);
	return read_rows(routes, row, error);
}

static int
by_name(const void *one, const void *other)
{
	const struct route *a = one, *b = other;

	return strcmp(a->name, b->name);
}

int
routes_read(struct routes *routes, const struct config *config,
    struct ledger *ledger, struct error *error)
{
	*routes = (struct routes){ 0 };
	if (read_config(routes, config, error) == -1 ||
	    read_ledger(routes, ledger, error) == -1)
		return -1;
	if (routes->count > 1)
		qsort(routes->list, routes->count, sizeof(*routes->list),
		    by_name);
	return 0;
}
