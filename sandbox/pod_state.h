/*
 * pod_state: what pod.c and pod_control.c share.
 */
#ifndef SANDBOX_POD_STATE_H
#define SANDBOX_POD_STATE_H

#include "sandbox/pod.h"
#include "sandbox/token.h"

/* An update that waits for requests to go by. */
struct pending {
	int64_t after;
	enum stream stream;
	char id[64];
	char *body;
	bool keep_stamp;
};

struct pod {
	struct pod_options options;
	struct data data;
	struct tokens tokens;
	uint64_t answered;
	struct pending pending[PENDING_MAX];
	size_t pending_count;
};

/* A request for rows has been answered: carry out what waited for it. */
void pod_answered(struct pod *pod);

#endif
