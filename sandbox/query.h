/*
 * query: the pod's q and orderBy parameters.
 *
 * From version 2 on q is a row-match expression:
 *
 *   expression := term { "or" term }      term := factor { "and" factor }
 *   factor     := "(" expression ")" | attribute operator literal
 *               | attribute "in" "(" literal { "," literal } ")"
 *   operator   := = != <> < <= > >= like
 *   literal    := 'text' ('' is a quote) | number | true | false
 *
 * Words in any case, attributes in their own.  At version 1 q is a query by
 * example: "Attr op value" joined by ';', a further "and op value" or "or op
 * value" about the same attribute behind it, values bare or in quotes.
 *
 * A comparison with null is never true.  Times are compared as times, numbers
 * as numbers, all else byte by byte; like knows '%' and '*'.  An attribute
 * that holds a time refuses a literal that is none, one with a space where a
 * raw '+' was, for example.
 */
#ifndef SANDBOX_QUERY_H
#define SANDBOX_QUERY_H

#include "sandbox/data.h"

#define QUERY_NODES_MAX 256
#define QUERY_LITERALS_MAX 1024
#define QUERY_DEPTH_MAX 32
#define QUERY_ERROR 160
#define ORDER_MAX 4

struct query;

/* NULL: error[] says why. */
struct query *query_parse(const char *text, int version,
    const struct kind *kind, char error[QUERY_ERROR]);
bool query_matches(const struct query *query, const struct item *item);
void query_free(struct query *query);

/* Sort by "A:asc,B:desc"; ties keep the order they had, nulls come last. */
int order_apply(const char *order, const struct kind *kind,
    const struct item **items, size_t count, char error[QUERY_ERROR]);

#endif
