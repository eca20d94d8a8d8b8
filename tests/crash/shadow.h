/*
 * shadow: what a power loss leaves of files.
 *
 * Beside each file stands what is known to be on the disk: its bytes at its
 * last fsync, and every write since, which may have got there or not, in any
 * order, a sector at a time.  A name that was made or removed is on the disk
 * when its folder was synced.
 *
 * A file is known from the first call on that names it, and its bytes at that
 * moment are on the disk.  Calls come before the change that they tell of,
 * but for shadow_write and shadow_truncate.  What goes wrong here ends the
 * process (SIGABRT).
 */
#ifndef LEDGERPIPE_TESTS_CRASH_SHADOW_H
#define LEDGERPIPE_TESTS_CRASH_SHADOW_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct shadow;

/* The file of that path; it is there, or about to be made (made). */
struct shadow *shadow_of(const char *path, bool made);
void shadow_write(struct shadow *shadow, off_t offset, const void *bytes,
    size_t count);
void shadow_truncate(struct shadow *shadow, off_t length);
void shadow_sync(struct shadow *shadow);
void shadow_unlink(struct shadow *shadow);
/* What is known of the file from, if anything, is that of to now. */
void shadow_rename(const char *from, const char *to);
/* The names in the folder are on the disk as they are now. */
void shadow_sync_folder(void);
/* Put the files into the state that the disk would have.  seed 0: nothing that
 * was not synced survives; else a part does that depends on the seed. */
void shadow_lose_power(unsigned long seed);

#endif
