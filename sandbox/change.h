/*
 * change: what a test does to the pod's rows, at once or in the middle of
 * somebody's paging.
 */
#ifndef SANDBOX_CHANGE_H
#define SANDBOX_CHANGE_H

#include "sandbox/data.h"

#define CHANGES_MAX 64
#define WHAT_MAX 128

enum change_type { CHANGE_INSERT, CHANGE_UPDATE, CHANGE_DELETE,
    CHANGE_STAMP };

struct change {
	enum change_type type;
	enum stream stream;
	int64_t after;   /* requests for rows that go by before it */
	int64_t count;   /* INSERT, STAMP: rows */
	bool has_stamp;  /* INSERT, STAMP: else later than all rows */
	int64_t stamp_ms;
	bool keep_stamp; /* UPDATE */
	char id[64];     /* UPDATE, DELETE */
	char *body;      /* UPDATE: a JSON object */
};

struct changes {
	struct change list[CHANGES_MAX];
	size_t count;
};

/* Do it; false: what[] says why not.  inserted, if it isn't NULL, gets the
 * new rows' keys, joined by commas. */
bool change_apply(struct data *data, const struct change *change,
    struct buffer *inserted, char what[WHAT_MAX]);
/* Keep it, its body copied, until its time has come; false: too many wait. */
bool changes_add(struct changes *changes, const struct change *change);
/* A request for rows has been answered: do what waited for it. */
void changes_answered(struct changes *changes, struct data *data);
void changes_free(struct changes *changes);

#endif
