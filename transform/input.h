/*
 * input: what a Singer line is, and, of a record, who it is.
 *
 * A record's id is the source text of its key's values, joined as record_key.h
 * says; its version is that of record_version.h.
 * A RECORD that has the members record_id and record_version, as auditctl
 * replay --reformat writes it, is called that.
 */
#ifndef LEDGERPIPE_TRANSFORM_INPUT_H
#define LEDGERPIPE_TRANSFORM_INPUT_H

#include "json.h"

#define INPUT_STREAMS_MAX 1000
#define INPUT_KEY_MAX 16      /* members of a key */
#define INPUT_ID_MAX 1024     /* bytes of a record's id */

enum input_kind {
	INPUT_SCHEMA,  /* remembered; nothing to do */
	INPUT_RECORD,
	INPUT_STATE,
	INPUT_UNKNOWN, /* a message of a type we don't know */
	INPUT_BAD      /* *error says why; EXIT_SYSTEM: stop */
};

struct input_stream {
	char *name;
	char *key[INPUT_KEY_MAX];
	size_t key_count;
	char *cursor, *amount, *currency; /* names of members, or NULL */
};

struct input {
	struct json json; /* of the line read last; borrows its text */
	struct input_stream *streams;
	size_t count, capacity;
	/* Of the line read last; a bad one may have its stream. */
	struct buffer stream, id, version, currency;
	json_node record; /* also of a RECORD that is bad, if it is there */
	json_node amount; /* JSON_NONE: none */
	bool has_currency;
	bool closed; /* a SCHEMA is looked at, but not kept */
	struct buffer hashed;
};

void input_open(struct input *input);
void input_close(struct input *input);
/* text must outlive the use of what is found in it. */
enum input_kind input_read(struct input *input, const char *text,
    size_t length, struct error *error);

#endif
