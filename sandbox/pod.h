/*
 * pod: the simulated ERP pod: its identity domain, its REST resources, and
 * the control paths by which a test changes its rows and its manners.
 *
 *   /oauth2/                                        see token.h
 *   GET  /{application}/resources/{11.13.18.05|latest}/
 *            {stream}[/{id}[/child/{child}[/{key}[/child/…]]]]
 *            {stream}[/{id}/child/{child}]/describe
 *
 * The streams are those of data.h; workers belong to hcmRestApi, the others
 * to fscmRestApi; crmRestApi has none.
 *
 *   POST /_control/erp/insert?stream=S[&count=N][&stamp=T]
 *        make N further rows; stamped later than all rows, or T
 *   POST /_control/erp/update?stream=S&id=ID[&keep_stamp=1]   {"Attr":value,…}
 *        replace attributes; LastUpdateDate becomes later than all rows'
 *        unless it is kept or given
 *   POST /_control/erp/delete?stream=S&id=ID
 *   POST /_control/erp/stamp?stream=S&count=N[&stamp=T]
 *        give the first N rows one new stamp, later than all rows' or T
 *   These four with &after=N: once N more requests for rows have been
 *   answered, in the middle of somebody's paging.
 *   GET  /_control/erp/rows?stream=S      all rows as they are
 *   GET  /_control/erp/history?stream=S   all that rows ever were
 *        {"id":…,"stamp":…,"content":N} a line; content counts what the row
 *        has held, from 1
 *   POST /_control/erp/quirk?name=N[&value=V][&stream=S][&count=N]
 *        see quirk.h; DELETE ends them all
 *   POST /_control/erp/queryable?stream=S&attribute=A&value={0|1}
 *   POST /_control/erp/sortable?stream=S&attribute=A&value={0|1}
 *        let q, or orderBy, take the attribute, or refuse it with 400
 *   POST /_control/erp/revoke[?refresh=1]
 *        end all access tokens, and with 1 all refresh tokens
 *   POST /_control/erp/consent?deny={0|1}
 *        does the user say no at /oauth2/v1/authorize
 *   GET  /_control/erp/stats
 *        {"tokens_given":N,"refresh_tokens_given":N,"requests":N,
 *        "gzip_answers":N,"waiting":N}; waiting: changes with after
 */
#ifndef SANDBOX_POD_H
#define SANDBOX_POD_H

#include "sandbox/data.h"
#include "sandbox/server.h"
#include "sandbox/token.h"

struct pod_options {
	struct token_options tokens;
	int64_t page_cap;
	uint64_t seed;
	size_t counts[STREAM_COUNT];
	size_t bulk_tie;  /* rows of bulk that share a stamp */
	size_t bulk_size; /* bytes that a row of bulk has at least */
};

struct pod;

/* NULL: as for tokens_new, or out of memory. */
struct pod *pod_new(const struct pod_options *options);
void pod_free(struct pod *pod);
/* All paths but the workspace's and the controls. */
void pod_handle(struct pod *pod, const struct request *request,
    struct response *response);
/* Compress an answer of the pod's if the client takes it. */
void pod_compress(struct pod *pod, const struct request *request,
    struct response *response);
/* Paths under /_control/erp/. */
void pod_control(struct pod *pod, const struct request *request,
    struct response *response);

#endif
