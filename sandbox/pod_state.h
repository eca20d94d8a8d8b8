/*
 * pod_state: what the parts of the pod share.
 */
#ifndef SANDBOX_POD_STATE_H
#define SANDBOX_POD_STATE_H

#include "sandbox/change.h"
#include "sandbox/compose.h"
#include "sandbox/pod.h"
#include "sandbox/quirk.h"
#include "sandbox/token.h"

/* What may be done with a stream's attributes; all false at first. */
struct barred {
	bool query[ATTRIBUTES_MAX], order[ATTRIBUTES_MAX];
};

struct pod {
	struct pod_options options;
	struct data data;
	struct tokens *tokens;
	struct quirks quirks;
	struct barred barred[STREAM_COUNT];
	struct changes changes;
	uint64_t answered; /* requests for resources */
	uint64_t gzipped;
	struct list bulk;  /* the one item that all of bulk are made from */
};

#endif
