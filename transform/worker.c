/* SPDX-License-Identifier: MIT */
#include "transform/worker.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "line.h"
#include "transform/confine.h"

#define TICKS 10 /* that a budget of CPU time is counted in */
#define READ_BYTES 65536
#define ANSWERS_FLUSH 65536

static struct progress *shared; /* for the handlers */

static void
tick(int number)
{
	static uint32_t step;
	static int ticks;

	(void)number;
	if (shared->step != step || shared->filter == PROGRESS_IDLE) {
		step = shared->step;
		ticks = 0;
	} else if (++ticks > TICKS) {
		shared->cause = CAUSE_CPU;
		_exit(1);
	}
}

static void
crashed(int number)
{
	shared->signal = number;
	shared->cause = CAUSE_SIGNAL;
	_exit(1);
}

static void
no_memory(void *context)
{
	(void)context;
	shared->cause = CAUSE_MEMORY;
	_exit(1);
}

static int
take(int number, void (*handler)(int), int flags)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = flags };

	sigemptyset(&action.sa_mask);
	return sigaction(number, &action, NULL);
}

/* Deep recursion leaves no stack for a handler: it has one of its own. */
static int
watch(struct run *run, const struct budget *budget)
{
	static const int faults[] = { SIGSEGV, SIGABRT, SIGBUS, SIGFPE,
		SIGILL };
	static char stack[65536];
	const stack_t own = { .ss_sp = stack, .ss_size = sizeof(stack) };
	const int64_t us = budget->cpu_ms * 1000 / TICKS;
	const struct itimerval timer = {
		{ us / 1000000, us % 1000000 }, { us / 1000000, us % 1000000 } };
	size_t i;

	jv_nomem_handler(no_memory, NULL);
	/* jq_next sets its own. */
	for (i = 0; i < run->count; i++)
		jq_set_nomem_handler(run->filters[i].jq, no_memory, NULL);
	if (sigaltstack(&own, NULL) == -1 ||
	    take(SIGPROF, tick, SA_RESTART | SA_ONSTACK) == -1)
		return -1;
	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (take(faults[i], crashed, (int)SA_RESETHAND | SA_ONSTACK) ==
		    -1)
			return -1;
	return setitimer(ITIMER_PROF, &timer, NULL);
}

struct worker {
	struct run *run;
	int fd;
	struct buffer input, answers;
	bool careful;
};

static int
send_answers(struct worker *worker)
{
	struct error gone;
	int rc = write_all(worker->fd, worker->answers.data,
	    worker->answers.length, &gone);

	buffer_clear(&worker->answers);
	return rc;
}

/* End in good order, so that another worker is started. */
static _Noreturn void
retire(struct worker *worker)
{
	send_answers(worker);
	shared->cause = CAUSE_SPENT;
	_exit(EXIT_DONE);
}

static int
answer(struct worker *worker)
{
	struct run *run = worker->run;
	const struct answer answer = { (uint32_t)run->out.length,
		(uint32_t)run->notes.length };

	buffer_append(&worker->answers, &answer, sizeof(answer));
	buffer_append(&worker->answers, buffer_text(&run->out),
	    run->out.length);
	buffer_append(&worker->answers, buffer_text(&run->notes),
	    run->notes.length);
	if (worker->answers.failed)
		no_memory(NULL);
	if (run->spent)
		retire(worker);
	return worker->careful || worker->answers.length > ANSWERS_FLUSH ?
	    send_answers(worker) : 0;
}

/* -1: its pool is gone. */
static int
take_frame(struct worker *worker, const struct frame *frame, const char *text)
{
	struct run *run = worker->run;
	struct error error;
	int rc = 0;

	switch ((enum frame_kind)frame->kind) {
	case FRAME_SCHEMA:
		return run_schema(run, text, frame->length, &error);
	case FRAME_CAREFUL:
		worker->careful = true;
		return 0;
	case FRAME_FRESH:
		if (shared->lines > 0)
			retire(worker);
		return 0;
	case FRAME_STOP:
	case FRAME_VETO:
		run_veto(run, (size_t)frame->number, text, frame->length,
		    frame->kind == FRAME_STOP);
		return 0;
	case FRAME_LINE:
		rc = run_line(run, frame->number, text, frame->length, &error);
		break;
	case FRAME_LONG:
		rc = run_long_line(run, frame->number, text, frame->length,
		    &error);
		break;
	case FRAME_END:
	default:
		run_free(run);
		worker->careful = false;
		return send_answers(worker);
	}
	/* The one error it has. */
	if (rc == -1)
		no_memory(NULL);
	return answer(worker);
}

/* The frames that are whole, out of the front of input. */
static int
take_frames(struct worker *worker)
{
	struct buffer *input = &worker->input;
	struct frame frame;
	size_t at = 0;
	int rc = 0;

	while (rc == 0 && input->length - at >= sizeof(frame)) {
		memcpy(&frame, input->data + at, sizeof(frame));
		if (input->length - at - sizeof(frame) < frame.length)
			break;
		rc = take_frame(worker, &frame,
		    input->data + at + sizeof(frame));
		at += sizeof(frame) + frame.length;
	}
	if (at > 0)
		buffer_consume(input, at);
	return rc;
}

static void
work(struct worker *worker)
{
	static char chunk[READ_BYTES];
	ssize_t count;

	do {
		count = read(worker->fd, chunk, sizeof(chunk));
		if (count == -1 && errno == EINTR)
			continue;
		if (count <= 0)
			return;
		if (buffer_append(&worker->input, chunk, (size_t)count) == -1)
			no_memory(NULL);
	} while (take_frames(worker) == 0);
}

_Noreturn void
worker_live(struct run *run, int fd, struct progress *progress,
    const struct budget *budget)
{
	struct worker worker = { .run = run, .fd = fd };
	struct error error;

	shared = progress;
	run->progress = progress;
	buffer_init(&worker.input, 4 * LINE_MAX_BYTES);
	buffer_init(&worker.answers, 2 * RUN_LINE_BYTES_MAX);
	if (watch(run, budget) == -1 ||
	    confine(budget->memory, &error) == -1) {
		shared->cause = CAUSE_REFUSED;
		_exit(EXIT_SYSTEM);
	}
	work(&worker);
	_exit(EXIT_DONE);
}
