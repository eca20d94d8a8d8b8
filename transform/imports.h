/*
 * imports: what stands at the head of a jq program, and what it reaches.
 *
 * A filter must not reach a file outside its module search path: neither it nor
 * a module that it imports may have an import with metadata, which may name
 * other folders, or with a name that leads up; and a link must not lead out.
 */
#ifndef LEDGERPIPE_TRANSFORM_IMPORTS_H
#define LEDGERPIPE_TRANSFORM_IMPORTS_H

#include <jv.h>

#include "buffer.h"
#include "error.h"

#define IMPORTS_BYTES_MAX ((size_t)1 << 20) /* of a program or module */
#define IMPORTS_DEPTH_MAX 64 /* modules that import modules */

/* Where a program goes on behind its module, import and include statements. */
size_t imports_end(const char *program, size_t length);

/* Look at the imports of a program and, in folders (an array of strings, not
 * consumed), at those of the modules they name.  -1: one is refused, *error
 * says which (EXIT_CONFIG). */
int imports_check(const char *program, size_t length, jv folders,
    struct error *error);

#endif
