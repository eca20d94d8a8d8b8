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

/* barred, which may be NULL: attributes that can't be used.  NULL: error[]
 * says why. */
struct query *query_parse(const char *text, int version,
    const struct kind *kind, const bool *barred, char error[QUERY_ERROR]);
/* Compare only the seconds of times from now on. */
void query_whole_seconds(struct query *query);
bool query_matches(const struct query *query, const struct item *item);
/* Is it nothing but times of one attribute within bounds?  Then they are
 * low <= time < high. */
bool query_range(const struct query *query, int attribute, int64_t *low,
    int64_t *high);
void query_free(struct query *query);

/* Sort by "A:asc,B:desc"; ties keep the order they had, nulls come last.
 * barred as above. */
int order_apply(const char *order, const struct kind *kind,
    const bool *barred, const struct item **items, size_t count,
    char error[QUERY_ERROR]);

#endif
