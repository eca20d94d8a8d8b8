/*
 * exitcode: the exit statuses of every tool, which are an API: a caller
 * decides by them whether to try again.  The numbers are those of sysexits.
 *
 * "Try again later" is EXIT_UNAVAILABLE, EXIT_SYSTEM, EXIT_IO and EXIT_TEMPFAIL
 * (exitcode_is_transient); everything else but EXIT_DONE needs a person.
 */
#ifndef LEDGERPIPE_EXITCODE_H
#define LEDGERPIPE_EXITCODE_H

enum exitcode {
	EXIT_DONE = 0,         /* done, and what was done is durable */
	EXIT_NO = 1,           /* an honest no: not authentic, a discrepancy */
	EXIT_USAGE = 64,       /* the command line is wrong */
	EXIT_DATA = 65,        /* some input was bad; its neighbours went on */
	EXIT_NOINPUT = 66,     /* an input can't be read */
	EXIT_UNAVAILABLE = 69, /* a service stayed away for the retry budget */
	EXIT_BUG = 70,         /* an impossible state: our bug */
	EXIT_SYSTEM = 71,      /* memory, descriptors, processes */
	EXIT_CANTCREATE = 73,  /* an output can't be created */
	EXIT_IO = 74,          /* a full disk, a closed output */
	EXIT_TEMPFAIL = 75,    /* try later: a lock is held, input was torn */
	EXIT_PROTOCOL = 76,    /* the remote side broke its protocol */
	EXIT_NOAUTH = 77,      /* not authorised */
	EXIT_CONFIG = 78       /* configuration */
};

static inline int
exitcode_is_transient(int code)
{
	return code == EXIT_UNAVAILABLE || code == EXIT_SYSTEM ||
	    code == EXIT_IO || code == EXIT_TEMPFAIL;
}

/* Of several failures: one that a person must mend outweighs one that time
 * may; else the first one. */
static inline int
exitcode_worse(int one, int other)
{
	return one == EXIT_DONE || (exitcode_is_transient(one) &&
	    other != EXIT_DONE && !exitcode_is_transient(other)) ? other : one;
}

#endif
