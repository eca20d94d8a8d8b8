/*
 * socket: the socket at which verify --listen waits.
 *
 *	ADDR:PORT   a numeric address, an IPv6 one in brackets; port 0: any
 *	unix:PATH   a socket of the file system, 0660
 *	fd          the one that systemd passes (sd_listen_fds(3))
 *
 * Errors: EXIT_USAGE: it is none of these; EXIT_CONFIG: systemd passed none, or
 * several; EXIT_CANTCREATE: the address can't be had.
 */
#ifndef LEDGERPIPE_VERIFY_SOCKET_H
#define LEDGERPIPE_VERIFY_SOCKET_H

#include "buffer.h"
#include "error.h"

struct socket {
	int fd; /* it listens, and doesn't block */
	const char *path; /* of ours in the file system, or NULL */
	char name[128];   /* for people */
};

/* where lives as long as the socket. */
int socket_open(struct socket *socket, const char *where,
    struct error *error);
/* Takes a path away. */
void socket_close(struct socket *socket);

#endif
