/* SPDX-License-Identifier: MIT */
/* Why a command is given. */
#include <string.h>

#include "auditctl/auditctl.h"
#include "log.h"

bool
reason_fits(const char *reason)
{
	if (reason == NULL || strlen(reason) <= REASON_MAX)
		return true;
	log_error("--reason takes %d bytes at most", REASON_MAX);
	return false;
}
