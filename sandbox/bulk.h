/*
 * bulk: a stream of millions of rows that are made while they are written.
 *
 * Row i of --bulk N has BulkId 300000070000001 + i, and its LastUpdateDate
 * grows by about a second with each --bulk-tie K rows and ends an hour before
 * the day of the start.  All rows are written from one text, in which the id,
 * the invoice's number, the amount and the stamp are filled in; so expand,
 * fields, links and versions are those of every other stream.
 *
 * q may only bound LastUpdateDate, orderBy only be ascending, by
 * LastUpdateDate, BulkId or both.  There are no addresses of single rows.
 */
#ifndef SANDBOX_BULK_H
#define SANDBOX_BULK_H

#include "sandbox/pod_state.h"

/* Make the item that the text comes from; -1 without memory. */
int bulk_init(struct pod *pod);

#endif
