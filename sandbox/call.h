/*
 * call: one request for a resource of the pod, on its way to an answer.
 */
#ifndef SANDBOX_CALL_H
#define SANDBOX_CALL_H

#include "sandbox/compose.h"
#include "sandbox/pod_state.h"
#include "sandbox/query.h"

/* What a path names: a collection, or one of its items. */
struct target {
	enum stream stream;
	const struct kind *kind;
	const struct list *list;
	const struct item *item; /* NULL: the collection */
	bool top;                /* the stream's own collection */
	bool describe;           /* of the kind; item and list are NULL */
	char href[HREF_MAX];
};

struct call {
	struct pod *pod;
	const struct request *request;
	struct response *response;
	struct target target;
	struct view view;
	int64_t offset;
	const char *stray;       /* a parameter that can't be used here */
};

/* Answer with an error as the version writes it: text before 4, structured
 * from it on. */
void call_refuse(struct call *call, int status, const char *title,
    const char *detail);
/* The same with 400; always -1. */
int call_bad(struct call *call, const char *detail);
int call_bad_parameter(struct call *call, const char *name);
/* Is the parameter "true"? */
bool call_is_true(const struct call *call, const char *name);

/* Read q; *query is NULL when there is none.  -1: refused. */
int call_query(struct call *call, struct query **query);
/* What is shown of so many rows: all of *page but items. */
void call_page(struct call *call, struct page *page, int64_t count);

/* Find what path, behind the resources' root of an application, names. */
bool target_find(struct call *call, const char *application,
    const char *path);
/* Answer with the target's rows or item: see resource.c. */
void resource_answer(struct call *call);
/* See describe.c and bulk.c. */
void describe_answer(struct call *call);
void bulk_answer(struct call *call);

#endif
