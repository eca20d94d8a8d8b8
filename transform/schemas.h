/*
 * schemas: the SCHEMA of each stream that was read last, for workers that
 * weren't there when it came.
 */
#ifndef LEDGERPIPE_TRANSFORM_SCHEMAS_H
#define LEDGERPIPE_TRANSFORM_SCHEMAS_H

#include "transform/input.h"

struct schema {
	char *stream, *text;
	size_t length;
	uint64_t number; /* grows with each change */
};

struct schemas {
	struct input input; /* judges them as a worker will */
	struct schema *rows;
	size_t count, capacity;
	uint64_t number; /* of the newest */
};

enum schemas_line {
	SCHEMAS_NONE,  /* the line is no SCHEMA, or a bad one */
	SCHEMAS_KNOWN, /* one that changes nothing */
	SCHEMAS_NEW    /* schemas_keep would change something */
};

void schemas_open(struct schemas *schemas);
void schemas_close(struct schemas *schemas);
enum schemas_line schemas_look(struct schemas *schemas, const char *text,
    size_t length);
/* Keep one that schemas_look just called new.  -1: out of memory. */
int schemas_keep(struct schemas *schemas, const char *text, size_t length);
/* Append FRAME_SCHEMAs of what came after number. */
void schemas_send(const struct schemas *schemas, uint64_t number,
    struct buffer *send);

#endif
