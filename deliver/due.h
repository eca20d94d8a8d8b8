/*
 * due: the pace in the ledger, so that a restart resets no pause and no due
 * time.
 *
 * The pace counts by the monotonic clock, the ledger by wall time.  Between
 * two runs somebody may set the wall clock; so the ledger's times are those of
 * the monotonic clock plus a distance that is kept beside them with the
 * machine's boot, and in the same boot they mean what they meant, whatever the
 * wall clock says.  After another boot that clock is gone: each channel waits
 * one interval more, and of a pause is left what the wall clock leaves of it.
 * When messages in doubt were sent is kept by the same clock, for they are
 * looked up by that.
 *
 * All run inside the caller's transaction; now_ms is monotonic.  Errors: those
 * of db.h.
 */
#ifndef LEDGERPIPE_DELIVER_DUE_H
#define LEDGERPIPE_DELIVER_DUE_H

#include "deliver/pace.h"
#include "ledger.h"

struct due {
	struct ledger *ledger;
	struct pace *pace;
	int64_t ahead_ms; /* of the monotonic clock */
	int64_t margin_ms; /* as the ledger has it */
	int64_t reading_ms; /* methods that read are paused until then */
};

/* The wall time of a monotonic one, by the clock that the ledger's times are
 * written with: it doesn't jump while we run. */
int64_t due_wall_ms(const struct due *due, int64_t at_ms);

/* Fill the pace with the channels there are, their ids, due times and pauses.
 * keep: make this run's clock the ledger's; else nothing is written. */
int due_load(struct due *due, int64_t now_ms, bool keep, struct error *error);
/* Keep a channel's id and due time.  reason: why it waits longer, or NULL:
 * then it is kept only if the ledger has something else. */
int due_keep_channel(struct due *due, struct channel *channel,
    const char *reason, int64_t now_ms, struct error *error);
/* Keep a method's pause. */
int due_keep_method(struct due *due, enum slack_method method,
    const char *reason, int64_t now_ms, struct error *error);
/* Keep the pause of the methods that read. */
int due_keep_reading(struct due *due, const char *reason, int64_t now_ms,
    struct error *error);
/* Keep the margin, when it has changed. */
int due_keep_margin(struct due *due, struct error *error);
/* Keep when the workspace may be sent to. */
int due_keep_workspace(struct due *due, int64_t now_ms, struct error *error);

#endif
