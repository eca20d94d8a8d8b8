/*
 * query_state: a query as query.c reads it and match.c uses it.
 */
#ifndef SANDBOX_QUERY_STATE_H
#define SANDBOX_QUERY_STATE_H

#include "sandbox/query.h"
#include "sandbox/value.h"

enum operator { EQUAL, UNEQUAL, LESS, LESS_EQUAL, MORE, MORE_EQUAL, LIKE, IN };
enum node_type { COMPARE, AND, OR };

struct node {
	enum node_type type;
	enum operator operator;
	int left, right;      /* AND, OR: nodes */
	int attribute;        /* COMPARE */
	size_t literal, literal_count;
};

struct query {
	struct node nodes[QUERY_NODES_MAX];
	size_t node_count;
	struct value literals[QUERY_LITERALS_MAX];
	size_t literal_count;
	char *pool;           /* the literals' characters */
	size_t pool_used;
	int root;
	bool whole_seconds;
};

#endif
