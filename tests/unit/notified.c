/* SPDX-License-Identifier: MIT */
/* notified PATH: a service manager's ear.  Listens under PATH, and writes what
 * each datagram says as a line to standard output, until a signal ends it. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

int
main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	char text[256];
	ssize_t count;

	if (argc != 2 || strlen(argv[1]) >= sizeof(address.sun_path))
		return 64;
	strcpy(address.sun_path, argv[1]);
	if (fd == -1 || bind(fd, (struct sockaddr *)&address,
	    sizeof(address)) == -1) {
		perror(argv[1]);
		return 71;
	}
	while ((count = recv(fd, text, sizeof(text), 0)) >= 0) {
		fwrite(text, 1, (size_t)count, stdout);
		putchar('\n');
		fflush(stdout);
	}
	return 74;
}
