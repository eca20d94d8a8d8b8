/*
 * lint_program: what the text of a filter shows without running it.
 *
 * In libjq 1.6 "try X" catches also what fails behind it in the pipe, and so
 * does "X?" unless X is a member or an element; then the filter ends as if it
 * had nothing to say: a record is lost without a REJECT (jqlang/jq issue 1859).
 * Collecting what X gives ends that: "[X?][0]".
 */
#ifndef LEDGERPIPE_TRANSFORM_LINT_PROGRAM_H
#define LEDGERPIPE_TRANSFORM_LINT_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

/* How many such places there are in a program, and the line (from 1) of the
 * first.  What is inside of an array, of map and its like, or is what reduce
 * goes over, is collected. */
size_t lint_program_forgets(const char *text, size_t length, size_t *line);
/* Does a string of the program's say null (lint_harm.h) itself? */
bool lint_program_says_null(const char *text, size_t length);

#endif
