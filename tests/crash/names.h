/*
 * names: which changes of names a power loss takes back.
 *
 * A rename, a link or an unlink is on the disk when its folder was synced.
 * Until then it may be lost; those that are kept are the first of them, for a
 * journal keeps their order.  So that it can be taken back, what would be gone
 * stays in the folder under another name, PATH.undo.N.
 *
 * Each is told before it is carried out, and only when the power is to go.
 * What goes wrong here ends the process (SIGABRT).
 */
#ifndef LEDGERPIPE_TESTS_CRASH_NAMES_H
#define LEDGERPIPE_TESTS_CRASH_NAMES_H

void names_rename(const char *from, const char *to);
void names_link(const char *to);
void names_unlink(const char *path);
/* They are on the disk as they are now. */
void names_sync(void);
/* seed 0: none that wasn't synced survives; else as many of the first as it
 * says. */
void names_lose_power(unsigned long seed);

#endif
