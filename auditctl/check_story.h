/*
 * check_story: what the audit log says about one message, and whether its row
 * says the same.
 *
 * Of a message whose first events were sealed and removed only what the events
 * that are left say is compared.
 */
#ifndef LEDGERPIPE_AUDITCTL_CHECK_STORY_H
#define LEDGERPIPE_AUDITCTL_CHECK_STORY_H

#include "ledger.h"

/* *what: the column that differs, or a sentence; NULL: none does.  It lives
 * until the next call.  sealed: up to which message events may be gone. */
int story_check(struct ledger *ledger, int64_t id, int64_t sealed,
    const char **what, struct error *error);

#endif
