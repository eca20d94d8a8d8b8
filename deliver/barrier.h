/*
 * barrier: when a STATE that several inputs bring has arrived on all of them.
 *
 * Each input reports, stream by stream, how far it has come: all that stands
 * before a bookmark in that input is in the ledger, or in the open transaction.
 * A STATE stands when every input has reported its bookmarks or later ones;
 * only then may they be committed.  So one STATE moves the bookmarks once,
 * however many inputs bring it, and the slowest input decides.  Values that are
 * no times count as reached when they are equal.
 *
 * What happened since the last commit is undone by barrier_rolled_back.
 */
#ifndef LEDGERPIPE_DELIVER_BARRIER_H
#define LEDGERPIPE_DELIVER_BARRIER_H

#include "json.h"

#define BARRIER_STATES_MAX 1024 /* that wait; later ones say what they said */

/* How far an input is in a stream. */
struct reached {
	size_t input;
	char *stream, *value;
	char *before;  /* value at the last commit */
	bool changed;  /* since then */
};

/* A STATE that waits, or that stands since the last commit. */
struct arrived {
	char *text;    /* its value, as it came */
	bool fresh;    /* it came since the last commit */
	bool stands;
	bool waits;    /* for this input, which hasn't come to it, */
	size_t lacks;  /* as long as that one brings nothing new */
};

struct barrier {
	size_t inputs;
	struct reached *reached;
	size_t reached_count, reached_capacity;
	struct arrived *states;
	size_t count, capacity;
	struct json json; /* of the state that is looked at */
};

void barrier_init(struct barrier *barrier, size_t inputs);
void barrier_free(struct barrier *barrier);
/* An input brought the STATE whose value is this node.  Errors: EXIT_SYSTEM. */
int barrier_arrive(struct barrier *barrier, size_t input,
    const struct json *json, json_node value, struct error *error);
/* The next STATE that stands, its text in *text and parsed in barrier->json,
 * until the next call; 0: none does.  -1: error. */
int barrier_next(struct barrier *barrier, const char **text,
    struct error *error);
void barrier_committed(struct barrier *barrier);
void barrier_rolled_back(struct barrier *barrier);
/* Behind a commit: the first STATE that waits lacks this input; false: none
 * waits.  *stream is one of its streams. */
bool barrier_waits(struct barrier *barrier, size_t *input,
    const char **stream);

#endif
