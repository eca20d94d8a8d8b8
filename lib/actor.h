/*
 * actor: who gives a command, for the audit trail: "auditctl uid=0 user=root
 * login=jane sudo=jane".
 *
 * login is whom the kernel's audit id says, so it outlives su, sudo and a
 * program that runs another; sudo is what the environment says, which its owner
 * can set.  What isn't known is left out.
 */
#ifndef LEDGERPIPE_ACTOR_H
#define LEDGERPIPE_ACTOR_H

/* It lives until the next call. */
const char *actor_name(const char *tool);

#endif
