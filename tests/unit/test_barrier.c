/* SPDX-License-Identifier: MIT */
/*
 * barrier: single rules, and random STATEs, commits and roll backs beside a
 * model that remembers every value.  test_barrier [SEED] repeats one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "deliver/barrier.h"
#include "tap.h"

#define INPUTS_MAX 4
#define STEPS 400

static struct json parsed;
static char text[256];

/* An input brings the STATE of an hour; the number of those that stand then is
 * returned, the last one's hour in *hour. */
static int
arrive(struct barrier *barrier, size_t input, const char *stream, int value,
    int *hour)
{
	struct error error;
	const char *stands;
	int count = 0;

	snprintf(text, sizeof(text), "{\"bookmarks\":{\"%s\":{"
	    "\"replication_key_value\":\"2026-01-01T%02d:00:00.000Z\"}}}",
	    stream, value);
	if (json_parse(&parsed, text, strlen(text), &error) == -1 ||
	    barrier_arrive(barrier, input, &parsed, 0, &error) == -1)
		return -1;
	for (; barrier_next(barrier, &stands, &error) == 1; count++)
		*hour = atoi(strchr(stands, 'T') + 1);
	return count;
}

static void
test_rules(void)
{
	struct barrier barrier;
	const char *stream;
	char name[32];
	size_t input;
	int hour = 0, i;

	barrier_init(&barrier, 1);
	ok(arrive(&barrier, 0, "s", 1, &hour) == 1 && hour == 1,
	    "what the only input brings stands at once");
	barrier_free(&barrier);

	barrier_init(&barrier, 2);
	ok(arrive(&barrier, 0, "s", 1, &hour) == 0, "one of two has brought it");
	ok(barrier_waits(&barrier, &input, &stream) && input == 1 &&
	    strcmp(stream, "s") == 0, "and the other one is waited for");
	ok(arrive(&barrier, 1, "s", 1, &hour) == 1 && hour == 1,
	    "it stands once, when both have");
	barrier_committed(&barrier);
	ok(!barrier_waits(&barrier, &input, &stream), "and none waits then");
	ok(arrive(&barrier, 0, "s", 5, &hour) == 0 &&
	    arrive(&barrier, 1, "s", 3, &hour) == 1 && hour == 3,
	    "the least of two values stands");
	ok(arrive(&barrier, 1, "s", 5, &hour) == 1 && hour == 5,
	    "and then the other");
	barrier_committed(&barrier);
	ok(arrive(&barrier, 0, "s", 6, &hour) == 0, "one of two again");
	barrier_rolled_back(&barrier);
	ok(arrive(&barrier, 1, "s", 6, &hour) == 0,
	    "what was rolled back has not been brought");
	ok(arrive(&barrier, 0, "s", 6, &hour) == 1, "until it comes again");
	barrier_rolled_back(&barrier);
	ok(arrive(&barrier, 0, "s", 6, &hour) == 0 &&
	    arrive(&barrier, 1, "s", 6, &hour) == 1,
	    "nor does what stood in a lost transaction");
	barrier_committed(&barrier);
	ok(arrive(&barrier, 0, "t", 1, &hour) == 0 &&
	    arrive(&barrier, 0, "s", 7, &hour) == 0 &&
	    arrive(&barrier, 1, "s", 7, &hour) == 1 && hour == 7,
	    "a stream that one input doesn't know holds no other back");
	barrier_free(&barrier);

	barrier_init(&barrier, 2);
	for (i = 0; i < BARRIER_STATES_MAX + 10; i++) {
		snprintf(name, sizeof(name), "s%d", i);
		arrive(&barrier, 0, name, 1, &hour);
	}
	ok(barrier.count == BARRIER_STATES_MAX, "no more wait than may");
	barrier_free(&barrier);
}

/* What each input has brought, as committed and since. */
struct model {
	size_t inputs;
	int brought[INPUTS_MAX], kept[INPUTS_MAX];
};

static int
least(const struct model *model)
{
	int value = 24;
	size_t i;

	for (i = 0; i < model->inputs; i++)
		if (model->brought[i] < value)
			value = model->brought[i];
	return value;
}

/* All that stands has been brought by all, and all that was is said to stand
 * by the time that the last of its values is. */
static bool
run_random(unsigned int seed)
{
	struct model model = { .inputs = 1 + seed % INPUTS_MAX,
		.brought = { -1, -1, -1, -1 }, .kept = { -1, -1, -1, -1 } };
	struct barrier barrier;
	bool good = true;
	int step, hour, stood;
	size_t input;

	srand(seed);
	barrier_init(&barrier, model.inputs);
	for (step = 0; good && step < STEPS; step++) {
		input = (size_t)rand() % model.inputs;
		hour = model.brought[input] + rand() % 3;
		if (hour < 0)
			hour = 0;
		if (hour > 23)
			break;
		if (hour > model.brought[input])
			model.brought[input] = hour;
		stood = -1;
		if (arrive(&barrier, input, "s", hour, &stood) > 0)
			good = stood <= least(&model);
		if (hour == least(&model))
			good = good && stood == hour;
		switch (rand() % 8) {
		case 0:
			barrier_committed(&barrier);
			memcpy(model.kept, model.brought, sizeof(model.kept));
			break;
		case 1:
			barrier_rolled_back(&barrier);
			memcpy(model.brought, model.kept, sizeof(model.kept));
		}
	}
	barrier_free(&barrier);
	return good;
}

int
main(int argc, char **argv)
{
	unsigned int seed = argc > 1 ? (unsigned int)atoi(argv[1]) :
	    (unsigned int)time(NULL), i;
	bool good = true;

	test_rules();
	for (i = 0; good && i < 500; i++)
		if (!(good = run_random(seed + i)))
			printf("# test_barrier %u\n", seed + i);
	ok(good, "random inputs stand where the slowest one does");
	json_free(&parsed);
	return tap_end();
}
