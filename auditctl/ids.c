/* SPDX-License-Identifier: MIT */
/* Which messages a command is about: the ids of its words, or of stdin. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auditctl/auditctl.h"
#include "json.h"
#include "list.h"
#include "log.h"

struct ids {
	int64_t *id;
	size_t count, room;
};

int
parse_id(const char *text, int64_t *id)
{
	char *end;

	*id = strtoll(text, &end, 10);
	if (end != text && *end == '\0' && *id > 0)
		return 0;
	log_error("'%.40s' is no message id: auditctl list shows them", text);
	return -1;
}

/* 0, or an exit status. */
static int
add(struct ids *ids, int64_t id)
{
	int64_t *grown = list_grow(ids->id, ids->count, &ids->room,
	    sizeof(*grown));

	if (grown == NULL) {
		log_error("out of memory: these are too many ids");
		return EXIT_SYSTEM;
	}
	ids->id = grown;
	ids->id[ids->count++] = id;
	return EXIT_DONE;
}

/* Numbers, or objects with an id. A line that is neither costs no other. */
static int
read_lines(struct ids *ids)
{
	struct json json = { 0 };
	struct error error;
	char *line = NULL;
	size_t room = 0, number = 0;
	ssize_t length;
	int64_t id;
	int rc = EXIT_DONE;

	while (rc != EXIT_SYSTEM &&
	    (length = getline(&line, &room, stdin)) != -1) {
		number++;
		if (json_parse(&json, line, (size_t)length, &error) == -1 ||
		    !(json_type(&json, 0) == JSON_OBJECT ?
		    json_integer(&json, json_member(&json, 0, "id"), &id) :
		    json_integer(&json, 0, &id)) || id < 1) {
			log_error("line %zu of standard input is neither an id "
			    "nor an object with one", number);
			rc = EXIT_DATA;
		} else if (add(ids, id) != EXIT_DONE) {
			rc = EXIT_SYSTEM;
		}
	}
	if (ferror(stdin)) {
		log_error("standard input can't be read");
		rc = EXIT_NOINPUT;
	}
	json_free(&json);
	free(line);
	return rc;
}

static int
read_words(struct ids *ids, char **words, int count)
{
	int64_t id;
	int rc = EXIT_DONE, i;

	for (i = 0; i < count && rc == EXIT_DONE; i++)
		rc = parse_id(words[i], &id) == -1 ? EXIT_USAGE : add(ids, id);
	return rc;
}

static int
compare(const void *left, const void *right)
{
	int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

	return (a > b) - (a < b);
}

int
each_id(char **words, int count, int (*act)(void *context, int64_t id),
    void *context)
{
	bool lines = count == 1 && strcmp(words[0], "-") == 0;
	struct ids ids = { 0 };
	size_t i;
	int rc, one;

	rc = lines ? read_lines(&ids) : read_words(&ids, words, count);
	if (rc == EXIT_SYSTEM || rc == EXIT_USAGE)
		goto out;
	if (ids.count > 0)
		qsort(ids.id, ids.count, sizeof(*ids.id), compare);
	for (i = 0; i < ids.count; i++)
		if ((i == 0 || ids.id[i] != ids.id[i - 1]) &&
		    (one = act(context, ids.id[i])) != EXIT_DONE)
			rc = one;
out:
	free(ids.id);
	return rc;
}
