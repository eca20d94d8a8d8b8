/* SPDX-License-Identifier: MIT */
/* auditctl anchor, and the anchors that check is given. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "anchor.h"
#include "auditctl/auditctl.h"
#include "line.h"
#include "log.h"

#define LINE_BYTES 2048

int
anchor_command(struct ledger *ledger, int argc, char **argv)
{
	struct buffer line;
	struct error error;
	int rc;

	(void)argv;
	if (argc != 1) {
		log_error("anchor takes no operand");
		return EXIT_USAGE;
	}
	buffer_init(&line, LINE_BYTES);
	if ((rc = anchor_sign(ledger, &line, &error)) == 0)
		printf("%s\n", buffer_text(&line));
	buffer_free(&line);
	return rc == 0 ? EXIT_DONE : log_failure(&error);
}

/* Each line is told of; the worst of them is the status. */
int
anchors_check(struct ledger *ledger, const char *path,
    const struct anchored_list *removed, size_t lists, int64_t *anchored)
{
	int fd = strcmp(path, "-") == 0 ? STDIN_FILENO :
	    open(path, O_RDONLY | O_CLOEXEC);
	struct line_reader reader;
	enum line_result result;
	struct error error;
	int64_t sequence, count = 0;
	int rc = EXIT_DONE;
	const char *text;
	size_t length;

	*anchored = 0;
	if (fd == -1) {
		log_error("cannot open the anchors '%s': %s", path,
		    strerror(errno));
		return EXIT_NOINPUT;
	}
	line_open(&reader, fd);
	while ((result = line_next(&reader, &text, &length, &error)) ==
	    LINE_OK || (result == LINE_TORN && length > 0)) {
		if (length > 0 && ++count > 0) {
			if (anchor_verify(ledger, text, length, removed,
			    lists, &sequence, &error) == -1) {
				log_error("anchor on line %llu: %s",
				    (unsigned long long)reader.number,
				    error.message);
				if (rc == EXIT_DONE || error.code == EXIT_NO)
					rc = (int)error.code;
			} else if (sequence > *anchored)
				*anchored = sequence;
		}
		if (result == LINE_TORN)
			break;
	}
	if (result == LINE_ERROR)
		rc = log_failure(&error);
	else if (result == LINE_TOO_LONG || (count == 0 && rc == EXIT_DONE)) {
		log_error("'%s' holds no anchor: give the lines as auditctl "
		    "anchor wrote them", path);
		rc = EXIT_DATA;
	}
	line_close(&reader);
	if (fd != STDIN_FILENO)
		close(fd);
	return rc;
}
