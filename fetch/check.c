/* SPDX-License-Identifier: MIT */
#include "fetch/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fetch/describe.h"
#include "fetch/fields.h"
#include "fetch/query.h"
#include "log.h"

#define URL_MAX 65536
#define WORDS_MAX 512

struct check {
	struct rest *rest;
	const struct stream *stream;
	struct description description;
	int rc; /* the worst of the stream's findings */
};

static void
finding(struct check *check, const struct error *error)
{
	check->rc = exitcode_worse(check->rc, log_failure(error));
}

/* Will all further requests fail like the last one? */
static bool
is_hopeless(const struct rest *rest)
{
	return rest->unreachable || rest->unauthorised;
}

/* Does the pod allow the version that we speak?  Whether it tells is its own
 * affair.  -1: it can't be asked anything. */
static int
check_pod(struct rest *rest, const struct streams *streams,
    struct error *error)
{
	struct json json = { 0 };
	char wanted[24];
	json_node item, allowed;
	bool found = false;
	int rc = 0;

	snprintf(wanted, sizeof(wanted), "%lld",
	    (long long)streams->framework_version);
	if (rest_get(rest, "the pod", "/fscmRestApi/resources", &json,
	    error) == -1)
		return is_hopeless(rest) ? log_failure(error) : 0;
	item = json_first(&json, json_member(&json, 0, "items"));
	for (; item != JSON_NONE && !found; item = json_next(&json, item)) {
		allowed = json_member(&json, json_member(&json, item,
		    "adf:extension"), "allowedFrameworkVersions");
		found = json_type(&json, allowed) != JSON_ARRAY;
		for (allowed = json_first(&json, allowed);
		    allowed != JSON_NONE && !found;
		    allowed = json_next(&json, allowed))
			found = json_is(&json, allowed, wanted);
		if (!found)
			rc = EXIT_CONFIG;
	}
	if (found)
		rc = 0;
	if (rc != 0)
		log_error("the pod doesn't allow version %s of the REST "
		    "framework: set oracle.framework_version to one that it "
		    "does", wanted);
	json_free(&json);
	return rc;
}

/* Is there an attribute of that name?  JSON_NONE: no, and it was said. */
static json_node
attribute(struct check *check, const char *role, const char *key,
    const char *name, size_t length)
{
	const struct description *description = &check->description;
	json_node node = describe_attribute(description,
	    description->resource, name, length);
	char text[STREAM_NAME_MAX + 1];
	struct buffer words;
	struct error error;

	if (node != JSON_NONE)
		return node;
	snprintf(text, sizeof(text), "%.*s", (int)length, name);
	buffer_init(&words, WORDS_MAX);
	describe_suggest(description, description->resource, text, &words);
	error_set(&error, EXIT_CONFIG, "stream %s: it has no attribute %s for "
	    "its %s: correct oracle.streams.%s.%s%s", check->stream->name,
	    text, role, check->stream->name, key, buffer_text(&words));
	finding(check, &error);
	buffer_free(&words);
	return JSON_NONE;
}

/* Attributes that q or orderBy will name. */
static void
queryable(struct check *check, const char *role, const char *key,
    const char *list)
{
	struct field field = { 0 };
	json_node node;

	while (list != NULL && fields_next(&list, &field)) {
		node = attribute(check, role, key, field.name,
		    field.name_length);
		if (node == JSON_NONE || describe_is_queryable(
		    &check->description, node))
			continue;
		log_warning("stream %s: its %s %.*s is not queryable; if the "
		    "pod refuses it, name another in oracle.streams.%s.%s",
		    check->stream->name, role, (int)field.name_length,
		    field.name, check->stream->name, key);
	}
}

/* A child's path, from the stream's resource on.  Of one that is described by
 * reference, or beneath one, nothing is known: *resource is JSON_NONE. */
static void
check_child(struct check *check, const char *key, const char *path,
    size_t length, json_node *resource)
{
	const struct description *description = &check->description;
	const struct json *json = &description->json;
	char name[STREAM_NAME_MAX + 1];
	struct buffer words;
	struct error error;
	size_t step;

	*resource = description->resource;
	for (; length > 0; length -= step, path += step) {
		json_node parent = *resource;

		if (*path == '.') {
			path++;
			length--;
		}
		for (step = 0; step < length && path[step] != '.'; step++)
			;
		/* A reference, or a description without children. */
		if (json_member(json, parent, "children") == JSON_NONE) {
			*resource = JSON_NONE;
			return;
		}
		*resource = describe_child(description, parent, path, step);
		if (*resource != JSON_NONE)
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)step, path);
		buffer_init(&words, WORDS_MAX);
		describe_suggest(description, parent, name, &words);
		error_set(&error, EXIT_CONFIG, "stream %s: it has no child "
		    "%s: correct oracle.streams.%s.%s%s", check->stream->name,
		    name, check->stream->name, key, buffer_text(&words));
		finding(check, &error);
		buffer_free(&words);
		return;
	}
}

static void
check_fields(struct check *check)
{
	const struct stream *stream = check->stream;
	const struct description *description = &check->description;
	const char *list = stream->fields, *child = NULL;
	json_node resource = JSON_NONE;
	struct field field = { 0 };
	struct error error;

	while (list != NULL && fields_next(&list, &field)) {
		if (field.child_length == 0) {
			/* Those have a key of their own to correct. */
			if (!fields_have(stream->key, field.name,
			    field.name_length) &&
			    !fields_have(stream->cursor, field.name,
			    field.name_length) &&
			    !fields_have(stream->amount, field.name,
			    field.name_length) &&
			    !fields_have(stream->currency, field.name,
			    field.name_length))
				attribute(check, "fields", "fields",
				    field.name, field.name_length);
			continue;
		}
		if (field.child != child)
			check_child(check, "fields", field.child,
			    field.child_length, &resource);
		child = field.child;
		if (json_member(&description->json, resource, "attributes") ==
		    JSON_NONE || describe_attribute(description, resource,
		    field.name, field.name_length) != JSON_NONE)
			continue;
		error_set(&error, EXIT_CONFIG, "stream %s: its child %.*s has "
		    "no attribute %.*s: correct oracle.streams.%s.fields",
		    stream->name, (int)field.child_length, field.child,
		    (int)field.name_length, field.name, stream->name);
		finding(check, &error);
	}
	list = stream->fields == NULL ? stream->expand : NULL;
	field = (struct field){ 0 };
	while (list != NULL && fields_next(&list, &field))
		if (strncmp(field.name, "all", 3) != 0 ||
		    field.name_length != 3)
			check_child(check, "expand", field.name,
			    field.name_length, &resource);
}

/* What the pod's description says about the configuration.  -1: nothing more
 * can be asked. */
static int
check_description(struct check *check, struct error *error)
{
	const struct stream *stream = check->stream;

	if (describe_get(check->rest, stream, &check->description, error) ==
	    -1) {
		if (is_hopeless(check->rest)) {
			finding(check, error);
			return -1;
		}
		log_warning("%s; its attributes are not checked",
		    error->message);
		return 0;
	}
	if (describe_cursor(&check->description, stream, error) == -1)
		finding(check, error);
	queryable(check, "key", "key", stream->key);
	queryable(check, "business unit", "business_unit_attribute",
	    stream->business_unit != NULL ? stream->business_unit_attribute :
	    NULL);
	if (stream->amount != NULL)
		attribute(check, "amount", "amount", stream->amount,
		    strlen(stream->amount));
	if (stream->currency != NULL)
		attribute(check, "currency", "currency", stream->currency,
		    strlen(stream->currency));
	check_fields(check);
	return 0;
}

/* A row came: what is told of the stream when nothing is wrong with it. */
static void
tell(const struct check *check, const struct json *json, json_node row)
{
	const struct stream *stream = check->stream;
	char *stamp = stream->cursor == NULL ? NULL :
	    json_dup(json, json_member(json, row, stream->cursor));

	if (check->rc == EXIT_DONE && stamp != NULL)
		log_info("ok: stream %s: its %s record has the %s %.40s",
		    stream->name, stream->scan == STREAM_DESCENDING ?
		    "newest" : "oldest", stream->cursor, stamp);
	else if (check->rc == EXIT_DONE)
		log_info("ok: stream %s: records are visible", stream->name);
	free(stamp);
}

static void
check_query(struct check *check, struct error *error)
{
	const struct stream *stream = check->stream;
	struct query query = { .low = 0, .until = -1, .limit = 1 };
	struct json json = { 0 };
	struct buffer url;
	json_node row;

	buffer_init(&url, QUERY_URL_MAX);
	/* With a bound on the cursor: the server is to judge all that a pass
	 * will ask. */
	if (query_url(stream, &query, &url, error) == -1)
		finding(check, error);
	else if (rest_get(check->rest, stream->name, buffer_text(&url),
	    &json, error) == -1)
		finding(check, error);
	else {
		row = json_first(&json, json_member(&json, 0, "items"));
		if (row != JSON_NONE)
			tell(check, &json, row);
		else
			log_warning("stream %s: it can be read, but no record "
			    "is visible; if there should be some, check the "
			    "data roles of the client's user (business units, "
			    "ledgers)%s", stream->name,
			    stream->filter != NULL ||
			    stream->business_unit != NULL ?
			    " and the stream's filter" : "");
	}
	json_free(&json);
	buffer_free(&url);
}

int
check_run(struct rest *rest, const struct streams *streams,
    struct error *error)
{
	struct check check = { .rest = rest };
	size_t readable = 0, i;
	int rc;

	rc = check_pod(rest, streams, error);
	for (i = 0; i < streams->count && !is_hopeless(rest); i++) {
		check.stream = &streams->list[i];
		check.rc = EXIT_DONE;
		if (check_description(&check, error) == 0)
			check_query(&check, error);
		readable += check.rc == EXIT_DONE;
		rc = exitcode_worse(rc, check.rc);
	}
	describe_free(&check.description);
	log_info("%zu of %zu streams can be read as they are configured%s",
	    readable, streams->count, readable == streams->count ? "" :
	    exitcode_is_transient(rc) ? "; try later" :
	    "; mend what is said above");
	return rc;
}
