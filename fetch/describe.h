/*
 * describe: what the pod says of a stream's resource: GET .../describe.
 *
 * Only "queryable": false means that an attribute isn't; a pod that says
 * nothing may allow it.  Children may be described within their parent, or by
 * a reference, which isn't followed: of them only the name is known.
 */
#ifndef LEDGERPIPE_FETCH_DESCRIBE_H
#define LEDGERPIPE_FETCH_DESCRIBE_H

#include "fetch/rest.h"
#include "fetch/streams.h"

struct description {
	struct json json;   /* lies in rest's answer, until its next request */
	json_node resource; /* the stream's own */
};

/* *description is zeroed, or holds an earlier one.  Errors: those of rest_get;
 * EXIT_PROTOCOL: the answer describes nothing. */
int describe_get(struct rest *rest, const struct stream *stream,
    struct description *description, struct error *error);
void describe_free(struct description *description);

/* Of a resource, the stream's or a child's: an attribute, a child's resource;
 * JSON_NONE when it has none of that name. */
json_node describe_attribute(const struct description *description,
    json_node resource, const char *name, size_t length);
json_node describe_child(const struct description *description,
    json_node resource, const char *name, size_t length);
bool describe_is_queryable(const struct description *description,
    json_node attribute);
bool describe_is_datetime(const struct description *description,
    json_node attribute);
/* Append the attribute's JSON Schema, null allowed.  Ids are strings from
 * version 9 of the framework on. */
void describe_type(const struct description *description, json_node attribute,
    int64_t framework_version, struct buffer *out);

/* Append "; did you mean X?" if one of the resource's attributes or children
 * has a name like this one. */
void describe_suggest(const struct description *description,
    json_node resource, const char *name, struct buffer *out);
/* Can the stream be read by its cursor?  EXIT_CONFIG: it isn't there, is no
 * time, or can't be in q though the scan wants it; with what to set. */
int describe_cursor(const struct description *description,
    const struct stream *stream, struct error *error);

#endif
