/*
 * pod: the simulated ERP pod: its token endpoint, its REST resources, and
 * the control paths by which a test changes its rows.
 *
 *   POST /oauth2/v1/token
 *   GET  /fscmRestApi/resources/{11.13.18.05|latest}/
 *            {invoices|purchaseOrders|journalBatches}
 *            [/{id}[/child/{child}[/{key}[/child/…]]]]
 *
 *   POST /_control/erp/insert?stream=S[&count=N][&stamp=T]
 *        make N further rows; stamped later than all rows, or T
 *   POST /_control/erp/update?stream=S&id=ID[&keep_stamp=1]   {"Attr":value,…}
 *        replace attributes; LastUpdateDate becomes later than all rows'
 *        unless it is kept or given; [&after=N] does it once N more requests for rows
 *        have been answered, in the middle of somebody's paging
 *   POST /_control/erp/delete?stream=S&id=ID
 *   POST /_control/erp/revoke
 *        end all tokens
 */
#ifndef SANDBOX_POD_H
#define SANDBOX_POD_H

#include "sandbox/data.h"
#include "sandbox/server.h"

#define PENDING_MAX 64

struct pod_options {
	const char *client_id, *client_secret;
	int64_t page_cap, token_lifetime_s;
	uint64_t seed;
	size_t counts[STREAM_COUNT];
};

struct pod;

/* NULL: out of memory, or credentials of more than 600 bytes. */
struct pod *pod_new(const struct pod_options *options);
void pod_free(struct pod *pod);
/* Paths under /oauth2/ and /fscmRestApi/. */
void pod_handle(struct pod *pod, const struct request *request,
    struct response *response);
/* Paths under /_control/erp/. */
void pod_control(struct pod *pod, const struct request *request,
    struct response *response);

#endif
