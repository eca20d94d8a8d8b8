/* SPDX-License-Identifier: MIT */
/*
 * parts: what the steps of a filter over a record cost, each by itself: our
 * reader and writer around libjq, libjq's own, and jq_next between them.
 *
 *	parts PROGRAM [RECORDS] <records >costs
 *
 * PROGRAM is a file, for records that are escaped already.  Of standard input
 * the first RECORDS lines are taken (20000).  Writes a line for each step: its
 * name and the microseconds of CPU that it takes for a record.  Under valgrind
 * the functions of these names have the instructions.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jq.h>

#include "log.h"
#include "transform/jvtext.h"

#define BATCH 250

struct batch {
	char *lines[BATCH];
	size_t lengths[BATCH], count;
	jv ours[BATCH], theirs[BATCH];
	struct json json;
	struct buffer out;
	jq_state *jq;
};

static double
cpu_us(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

/* Not static: valgrind is to tell them apart. */
void read_ours(struct batch *batch);
void read_libjq(struct batch *batch);
void next(struct batch *batch);
void write_ours(struct batch *batch);
void write_libjq(struct batch *batch);

void
read_ours(struct batch *batch)
{
	struct error error;
	size_t i;

	for (i = 0; i < batch->count; i++) {
		if (json_parse(&batch->json, batch->lines[i],
		    batch->lengths[i], &error) == -1)
			exit(log_failure(&error));
		batch->ours[i] = jvtext_read(&batch->json, 0, JVTEXT_MRKDWN);
	}
}

void
read_libjq(struct batch *batch)
{
	size_t i;

	for (i = 0; i < batch->count; i++)
		batch->theirs[i] = jv_parse_sized(batch->lines[i],
		    (int)batch->lengths[i]);
}

/* A record becomes its message. */
void
next(struct batch *batch)
{
	size_t i;

	for (i = 0; i < batch->count; i++) {
		jq_start(batch->jq, batch->ours[i], 0);
		batch->ours[i] = jq_next(batch->jq);
		if (!jv_is_valid(batch->ours[i])) {
			log_error("the program makes no message of a record");
			exit(EXIT_DATA);
		}
	}
}

void
write_ours(struct batch *batch)
{
	size_t i;

	for (i = 0; i < batch->count; i++) {
		buffer_clear(&batch->out);
		jvtext_write(jv_copy(batch->ours[i]), 0, &batch->out);
	}
}

void
write_libjq(struct batch *batch)
{
	size_t i;

	for (i = 0; i < batch->count; i++)
		jv_free(jv_dump_string(jv_copy(batch->ours[i]), 0));
}

static void
read_lines(struct batch *batch, size_t left)
{
	size_t capacity;
	ssize_t length;

	for (batch->count = 0; batch->count < BATCH && batch->count < left;
	    batch->count++) {
		batch->lines[batch->count] = NULL;
		capacity = 0;
		length = getline(&batch->lines[batch->count], &capacity,
		    stdin);
		if (length == -1) {
			free(batch->lines[batch->count]);
			break;
		}
		batch->lengths[batch->count] = (size_t)length;
	}
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(struct batch *batch);
	} steps[] = { { "read_ours", read_ours },
		{ "read_libjq", read_libjq }, { "next", next },
		{ "write_ours", write_ours }, { "write_libjq", write_libjq } };
	static struct batch batch;
	static char program[65536];
	double us[5] = { 0 }, start;
	size_t records = 0, wanted, i;
	FILE *file;

	log_open("parts", NULL);
	wanted = argc > 2 ? strtoul(argv[2], NULL, 10) : 20000;
	if (argc < 2 || (file = fopen(argv[1], "r")) == NULL)
		return EXIT_USAGE;
	program[fread(program, 1, sizeof(program) - 1, file)] = '\0';
	fclose(file);
	buffer_init(&batch.out, (size_t)1 << 20);
	batch.jq = jq_init();
	if (batch.jq == NULL || jq_compile(batch.jq, program) == 0)
		return EXIT_CONFIG;
	while (read_lines(&batch, wanted - records), batch.count > 0) {
		records += batch.count;
		for (i = 0; i < 5; i++) {
			start = cpu_us();
			steps[i].run(&batch);
			us[i] += cpu_us() - start;
		}
		for (i = 0; i < batch.count; i++) {
			jv_free(batch.ours[i]);
			jv_free(batch.theirs[i]);
			free(batch.lines[i]);
		}
	}
	for (i = 0; i < 5; i++)
		printf("%s %.3f\n", steps[i].name, us[i] / (double)records);
	jq_teardown(&batch.jq);
	json_free(&batch.json);
	buffer_free(&batch.out);
	return EXIT_DONE;
}
