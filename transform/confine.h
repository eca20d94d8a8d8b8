/*
 * confine: a process that computes and speaks over the descriptors it has.
 *
 * It opens no file, makes no socket and no process, and holds so much memory
 * and no more.  What it asks the kernel for beyond that fails with EPERM.
 */
#ifndef LEDGERPIPE_TRANSFORM_CONFINE_H
#define LEDGERPIPE_TRANSFORM_CONFINE_H

#include <stddef.h>

#include "error.h"

/* Prepare once; children that are forked then need only confine.
 * EXIT_SYSTEM. */
int confine_prepare(struct error *error);
/* Bound what is allocated before that, too. */
int confine_memory(size_t memory, struct error *error);
/* For good.  memory: bytes of private data, beyond what there is now.
 * EXIT_SYSTEM, as where the kernel has no seccomp. */
int confine(size_t memory, struct error *error);

#endif
