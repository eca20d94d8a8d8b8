/* SPDX-License-Identifier: MIT */
/*
 * pace: single rules, and random operations beside a model that looks at every
 * channel each time.  test_pace [SEED] repeats one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "deliver/pace.h"
#include "tap.h"

#define S 1000
#define QUICK_US 2000 /* an answer's usual time */

/* One message from its claim to its answer, which comes at once. */
static void
post(struct pace *pace, struct channel *channel, int64_t now_ms)
{
	pace_claimed(pace, channel, now_ms);
	pace_answered(pace, channel, now_ms, QUICK_US);
	pace_busy(pace, channel, false);
}

static struct channel *
waiting(struct pace *pace, const char *name)
{
	struct channel *channel = pace_channel(pace, name);

	pace_waiting(pace, channel, true);
	return channel;
}

static void
test_channels(void)
{
	struct channel *one, *other, *got;
	struct pace pace;
	int64_t due;

	pace_init(&pace, S, 0);
	ok(pace_next(&pace, 0, &due) == NULL && due == PACE_NEVER,
	    "nothing waits: never");
	one = waiting(&pace, "#one");
	other = waiting(&pace, "#other");
	ok(pace_channel(&pace, "#one") == one, "a name is one channel");
	got = pace_next(&pace, 0, &due);
	ok(got == one || got == other, "a new channel may be sent to at once");
	post(&pace, one, 0);
	ok(pace_next(&pace, 0, &due) == other, "and then the other one");
	post(&pace, other, 5);
	ok(pace_next(&pace, S, &due) == NULL && due > S &&
	    due <= S + PACE_MARGIN_MS,
	    "each is due an interval and at most a margin later");
	ok(pace_next(&pace, S + PACE_MARGIN_MS + 5, &due) == one,
	    "the one that is due the longest goes first");
	pace_delay(&pace, one, 9 * S);
	ok(pace_next(&pace, 5 * S, &due) == other, "a delay lets others by");
	pace_waiting(&pace, other, false);
	ok(pace_next(&pace, 5 * S, &due) == NULL && due > 8 * S,
	    "what has nothing isn't asked");
	pace_busy(&pace, one, true);
	ok(pace_next(&pace, 99 * S, &due) == NULL && due == PACE_NEVER,
	    "what is busy isn't, either");
	pace_free(&pace);
}

static void
test_names(void)
{
	struct channel *name, *bare, *id;
	struct pace pace;
	int64_t due;

	pace_init(&pace, S, 0);
	name = waiting(&pace, "#one");
	bare = waiting(&pace, "one");
	post(&pace, name, 0);
	ok(bare->due_ms == name->due_ms, "#one and one are due together");
	id = waiting(&pace, "C0123456789");
	ok(id->due_ms == INT64_MIN, "an id is nobody's yet");
	ok(!pace_identify(&pace, bare, "C0123456789"),
	    "a first id is no change");
	ok(strcmp(name->slack, id->slack) == 0 && id->due_ms == name->due_ms,
	    "an id is known of both spellings, and due with them");
	pace_claimed(&pace, id, 5 * S);
	ok(pace_next(&pace, 99 * S, &due) == NULL,
	    "one name's message in flight holds the others back");
	pace_answered(&pace, id, 5 * S, QUICK_US);
	pace_busy(&pace, id, false);
	ok(pace_next(&pace, 99 * S, &due) != NULL, "until it is answered");
	ok(pace_identify(&pace, name, "C9999999999") &&
	    strcmp(bare->slack, "C9999999999") == 0 &&
	    strcmp(id->slack, "C0123456789") == 0,
	    "a name that leads to another channel leaves the id behind");
	post(&pace, name, 20 * S);
	ok(id->due_ms < 20 * S && bare->due_ms > 20 * S,
	    "and shares its pace no more");
	pace_free(&pace);
}

/* Answers that take what they take teach what is late. */
static void
test_late(void)
{
	struct channel *channel;
	struct pace pace;
	int64_t now = 0;
	int i;

	pace_init(&pace, S, 0);
	channel = waiting(&pace, "#one");
	pace_claimed(&pace, channel, now);
	pace_answered(&pace, channel, now, 300000);
	pace_busy(&pace, channel, false);
	ok(channel->due_ms >= S + 300, "a first answer may be late itself");
	for (i = 0; i < 5; i++) {
		now = channel->due_ms;
		pace_claimed(&pace, channel, now);
		pace_answered(&pace, channel, now, 100000);
		pace_busy(&pace, channel, false);
	}
	ok(channel->due_ms <= now + S + PACE_MARGIN_MS,
	    "what answers always take costs nothing");
	now = channel->due_ms;
	pace_claimed(&pace, channel, now);
	pace_answered(&pace, channel, now, 400000);
	pace_busy(&pace, channel, false);
	ok(channel->due_ms >= now + S + 300, "what they take beyond it does");
	now = channel->due_ms;
	pace_claimed(&pace, channel, now);
	pace_lost(&pace, channel, now + 5 * S);
	ok(channel->due_ms >= now + 6 * S, "a lost answer counts as that late");
	pace_free(&pace);
}

static void
test_limited(void)
{
	struct channel *channel;
	struct pace pace;
	int64_t now = 0, due, margin;
	int i;

	pace_init(&pace, S, 0);
	channel = waiting(&pace, "#one");
	pace_limited(&pace, SLACK_POST, 0, 30 * S);
	ok(pace.pause_ms[SLACK_POST] == 30 * S &&
	    pace.pause_ms[SLACK_UPDATE] == INT64_MIN,
	    "a 429 pauses its method alone");
	pace_limited(&pace, SLACK_POST, 0, S);
	ok(pace.pause_ms[SLACK_POST] == 30 * S, "a shorter one cuts no longer");
	margin = pace.margin_ms;
	ok(margin > PACE_MARGIN_MS, "and the margin is wider");
	for (i = 0; i < 10000; i++) {
		pace_next(&pace, now, &due);
		now = due > now ? due : now;
		post(&pace, channel, now);
	}
	ok(pace.margin_ms == PACE_MARGIN_MS, "until all is calm again");
	for (i = 0; i < 1000; i++)
		pace_limited(&pace, SLACK_POST, now, 0);
	ok(pace.margin_ms <= PACE_MARGIN_MAX_MS, "it has its limit");
	pace_away(&pace, now + 99 * S);
	ok(pace_next(&pace, now + 98 * S, &due) == NULL &&
	    due >= now + 99 * S, "nobody is sent to while Slack is away");
	pace_free(&pace);
}

/* Channels that always have something, under a ceiling. */
static void
test_fair(void)
{
	enum { CHANNELS = 7, RATE = 3, SECONDS = 70 };
	struct channel *all[CHANNELS], *channel;
	int64_t now = 0, due, last[RATE] = { -S, -S, -S };
	int i, had[CHANNELS] = { 0 }, sent = 0, least, most = 0, spread = 0;
	bool held = true;
	struct pace pace;
	char name[16];

	pace_init(&pace, S, RATE);
	for (i = 0; i < CHANNELS; i++) {
		snprintf(name, sizeof(name), "#%d", i);
		all[i] = waiting(&pace, name);
	}
	while (now < SECONDS * S) {
		if ((channel = pace_next(&pace, now, &due)) == NULL) {
			now = due;
			continue;
		}
		post(&pace, channel, now);
		held = held && now - last[sent % RATE] >= S;
		last[sent++ % RATE] = now;
		for (i = 0, least = SECONDS * RATE, most = 0; i < CHANNELS;
		    i++) {
			had[i] += all[i] == channel;
			least = had[i] < least ? had[i] : least;
			most = had[i] > most ? had[i] : most;
		}
		spread = most - least > spread ? most - least : spread;
	}
	ok(held, "no more than the ceiling in any second");
	ok(sent >= SECONDS * RATE * 97 / 100, "and not much less");
	ok(spread == 1, "nobody is served twice before everybody was once");
	pace_free(&pace);
}

/* A ceiling of 3 while Slack reads late. */
static void
test_ceiling(void)
{
	struct channel *channels[4];
	struct pace pace;
	int64_t now, due;
	char name[16];
	int i;

	pace_init(&pace, S, 3);
	for (i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "#%d", i);
		channels[i] = waiting(&pace, name);
	}
	for (i = 0, now = 0; i < 3; i++, now += 400)
		pace_claimed(&pace, channels[i], now);
	ok(pace_next(&pace, now, &due) == NULL,
	    "with all places in flight nothing more leaves");
	for (i = 0; i < 3; i++) {
		pace_busy(&pace, channels[i], false);
		pace_answered(&pace, channels[i], i * 400, (2000 - i * 400) *
		    1000);
	}
	ok(pace_next(&pace, 2900, &due) == NULL && due >= 3000,
	    "what was read late counts from then on");
	now = due;
	ok(pace_next(&pace, now, &due) != NULL, "and not for ever");
	pace_free(&pace);
	pace_init(&pace, S, 3);
	waiting(&pace, "#one");
	pace_resume(&pace, 5000);
	ok(pace_next(&pace, 4900, &due) == NULL && due <= 5000,
	    "a restart knows of the run before");
	pace_free(&pace);
}

/* ---- beside a model ---------------------------------------------------------- */

#define COUNT 40

struct model {
	struct channel *channel;
	int group;       /* those of one id */
	bool waiting, busy;
	int64_t due_ms;  /* not before, for what left and was delayed */
};

static bool
group_busy(const struct model *all, int group)
{
	int i;

	for (i = 0; i < COUNT; i++)
		if (all[i].group == group && all[i].busy)
			return true;
	return false;
}

static void
group_delay(struct model *all, int group, int64_t until_ms)
{
	int i;

	for (i = 0; i < COUNT; i++)
		if (all[i].group == group && all[i].due_ms < until_ms)
			all[i].due_ms = until_ms;
}

/* Whoever may go by the rules, whoever pace_next names: it must be one of the
 * first, and nobody may be left out. */
static bool
agrees(struct pace *pace, const struct model *all, int64_t now)
{
	int64_t due, least = INT64_MAX;
	struct channel *got = pace_next(pace, now, &due);
	int i, found = -1, candidates = 0;

	for (i = 0; i < COUNT; i++) {
		if (all[i].channel == got)
			found = i;
		if (!all[i].waiting || group_busy(all, all[i].group))
			continue;
		candidates++;
		if (all[i].channel->due_ms < least)
			least = all[i].channel->due_ms;
	}
	if (candidates == 0)
		return got == NULL && due == PACE_NEVER;
	if (got == NULL)
		return due > now && least > now;
	return found != -1 && all[found].waiting &&
	    !group_busy(all, all[found].group) && got->due_ms == least &&
	    /* A lead is no more than half a margin. */
	    now + PACE_MARGIN_MS / 2 >= all[found].due_ms;
}

static bool
run_model(unsigned int seed)
{
	struct model all[COUNT] = { 0 };
	struct model *one;
	int64_t now = 0, due, took;
	bool good = true;
	struct pace pace;
	struct channel *channel;
	char name[32];
	int i, step;

	srand(seed);
	pace_init(&pace, S, 0);
	for (i = 0; i < COUNT; i++) {
		/* Three names a channel: #7, 7 and its id. */
		snprintf(name, sizeof(name), i % 3 == 0 ? "#%d" :
		    i % 3 == 1 ? "%d" : "C%09d", i / 3);
		all[i] = (struct model){ pace_channel(&pace, name), i / 3,
			false, false, INT64_MIN };
		snprintf(name, sizeof(name), "C%09d", i / 3);
		pace_identify(&pace, all[i].channel, name);
	}
	for (step = 0; step < 4000 && good; step++) {
		now += rand() % 20;
		one = &all[rand() % COUNT];
		switch (rand() % 5) {
		case 0:
			one->waiting = !one->waiting;
			pace_waiting(&pace, one->channel, one->waiting);
			break;
		case 1:
			group_delay(all, one->group, now + 700);
			pace_delay(&pace, one->channel, now + 700);
			break;
		case 2:
			if (!one->busy)
				break;
			one->busy = false;
			took = rand() % 3000;
			group_delay(all, one->group, now + S);
			pace_answered(&pace, one->channel, now, took);
			pace_busy(&pace, one->channel, false);
			break;
		default:
			if ((channel = pace_next(&pace, now, &due)) == NULL)
				break;
			for (i = 0; all[i].channel != channel; i++)
				;
			all[i].busy = true;
			group_delay(all, all[i].group, now + S);
			pace_claimed(&pace, channel, now);
		}
		good = agrees(&pace, all, now);
		if (!good)
			printf("# seed %u, step %d\n", seed, step);
	}
	pace_free(&pace);
	return good;
}

int
main(int argc, char **argv)
{
	unsigned int seed = argc > 1 ? (unsigned int)atoi(argv[1]) :
	    (unsigned int)time(NULL), i;
	bool good = true;

	test_channels();
	test_names();
	test_late();
	test_limited();
	test_fair();
	test_ceiling();
	for (i = 0; i < 50 && good; i++)
		good = run_model(seed + i);
	ok(good, "any operations: as a model has it");
	return tap_end();
}
