/*
 * report: what deliver says of a run at its end.
 */
#ifndef LEDGERPIPE_DELIVER_REPORT_H
#define LEDGERPIPE_DELIVER_REPORT_H

#include "deliver/pump.h"

/* Say what became of the messages and what is left; the exit status. */
int report_end(struct pump *pump);

#endif
