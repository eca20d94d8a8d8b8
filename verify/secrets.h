/*
 * secrets: the signing secrets that verify takes, current and previous.
 */
#ifndef LEDGERPIPE_VERIFY_SECRETS_H
#define LEDGERPIPE_VERIFY_SECRETS_H

#include "verify/options.h"

struct secrets {
	struct secret list[SIGNATURE_SECRETS_MAX];
	size_t count;
	char *ledger; /* whose vault they came from; NULL: from files */
};

/* *secrets is zeroed, and freed by secrets_free whatever comes of it.  None is
 * empty.  Errors: EXIT_DATA, EXIT_CONFIG, and those of config.h, ledger.h and
 * secret.h. */
int secrets_open(struct secrets *secrets, const struct options *options,
    struct error *error);
void secrets_free(struct secrets *secrets);

#endif
