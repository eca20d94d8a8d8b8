/* SPDX-License-Identifier: MIT */
#include "deliver/inputs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"

#define TURN_LINES 50 /* of one input, before another has its turn */
#define EVENTS 64
#define DRAIN_BYTES 65536 /* at once, */
#define DRAIN_TIMES 16    /* and so often in one turn */

/* A regular file can't be watched and needn't be. */
static int
watch(struct inputs *inputs, struct input *input, struct error *error)
{
	struct epoll_event event = { .events = EPOLLIN };

	event.data.ptr = input;
	if (epoll_ctl(inputs->epoll, EPOLL_CTL_ADD, input->fd, &event) == 0)
		return 0;
	if (errno != EPERM)
		return error_errno(error, EXIT_SYSTEM, "cannot watch %s",
		    input->name);
	input->always = input->ready = true;
	return 0;
}

static int
identify(struct input *input, struct error *error)
{
	struct stat status;

	if (fstat(input->fd, &status) == -1)
		return error_errno(error, EXIT_NOINPUT,
		    "cannot look at the input %s", input->name);
	if (S_ISDIR(status.st_mode))
		return error_set(error, EXIT_NOINPUT, "the input %s is a "
		    "folder: name FIFOs or files", input->name);
	input->shared = S_ISFIFO(status.st_mode);
	input->fifo = input->shared && input->path != NULL;
	input->device = status.st_dev;
	input->inode = status.st_ino;
	return 0;
}

static int
open_file(struct input *input, struct error *error)
{
	/* Else a FIFO without a writer would be waited for here. */
	input->fd = open(input->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (input->fd == -1)
		return error_errno(error, EXIT_NOINPUT,
		    "cannot open the input %s", input->name);
	return identify(input, error);
}

/* Two descriptors of a FIFO would each get some of its lines. */
static int
check_twice(const struct inputs *inputs, const struct input *input,
    struct error *error)
{
	const struct input *other;

	for (other = inputs->list; other < input; other++)
		if (other->device == input->device && other->inode ==
		    input->inode && input->shared)
			return error_set(error, EXIT_USAGE, "the input %s is "
			    "named twice: name it once", input->name);
	return 0;
}

static int
open_input(struct inputs *inputs, const char *path, struct error *error)
{
	struct input *input = &inputs->list[inputs->count++];

	*input = (struct input){ .fd = -1, .last = LINE_OK };
	/* Of the last line taken nobody knew how long it would be. */
	buffer_init(&input->taken, INPUTS_TAKEN_MAX + LINE_MAX_BYTES + 1);
	if (path == NULL || strcmp(path, "-") == 0) {
		input->name = "standard input";
		input->fd = STDIN_FILENO;
		input->flags = fcntl(input->fd, F_GETFL);
		fcntl(input->fd, F_SETFL, input->flags | O_NONBLOCK);
		if (identify(input, error) == -1)
			return -1;
	} else {
		input->name = input->path = path;
		if (open_file(input, error) == -1)
			return -1;
	}
	line_open(&input->reader, input->fd);
	inputs->open++;
	if (check_twice(inputs, input, error) == -1)
		return -1;
	return watch(inputs, input, error);
}

int
inputs_open(struct inputs *inputs, char **paths, size_t count, bool follow,
    struct error *error)
{
	size_t i;

	*inputs = (struct inputs){ .follow = follow, .epoll = -1 };
	inputs->list = calloc(count + 1, sizeof(*inputs->list));
	if (inputs->list == NULL)
		return error_set(error, EXIT_SYSTEM, "out of memory");
	if ((inputs->epoll = epoll_create1(EPOLL_CLOEXEC)) == -1)
		return error_errno(error, EXIT_SYSTEM,
		    "cannot watch the inputs");
	if (count == 0)
		return open_input(inputs, NULL, error);
	for (i = 0; i < count; i++)
		if (open_input(inputs, paths[i], error) == -1)
			return -1;
	return 0;
}

static void
close_input(struct inputs *inputs, struct input *input)
{
	if (input->fd == -1)
		return;
	epoll_ctl(inputs->epoll, EPOLL_CTL_DEL, input->fd, NULL);
	if (input->path != NULL)
		close(input->fd);
	else /* a terminal is another's too */
		fcntl(input->fd, F_SETFL, input->flags);
	input->fd = -1;
	input->ready = false;
	inputs->open--;
}

void
inputs_close(struct inputs *inputs)
{
	struct input *input;
	size_t i;

	for (i = 0; i < inputs->count; i++) {
		input = &inputs->list[i];
		close_input(inputs, input);
		line_close(&input->reader);
		buffer_free(&input->taken);
	}
	free(inputs->list);
	inputs->list = NULL;
	inputs->count = 0;
	if (inputs->epoll > 0)
		close(inputs->epoll);
	inputs->epoll = -1;
}

int
inputs_fd(const struct inputs *inputs)
{
	return inputs->open > 0 ? inputs->epoll : -1;
}

/* May it be asked for a line? */
static bool
is_due(const struct input *input)
{
	return input->fd != -1 && input->stop == INPUT_GOES_ON &&
	    (input->ready || input->reader.again > 0 ||
	    input->last != LINE_OK);
}

bool
inputs_at_hand(const struct inputs *inputs)
{
	size_t i;

	for (i = 0; i < inputs->count; i++)
		if (is_due(&inputs->list[i]))
			return true;
	return false;
}

static void
look(struct inputs *inputs)
{
	struct epoll_event events[EVENTS];
	int count = epoll_wait(inputs->epoll, events, EVENTS, 0), i;

	for (i = 0; i < count; i++)
		((struct input *)events[i].data.ptr)->ready = true;
}

/* It is over; that is said until it is stopped, and again when the transaction
 * that it was said in is undone. */
static enum line_result
over(struct input *input, enum line_result last, const struct error *error)
{
	if (last == LINE_ERROR)
		input->failure = *error;
	return input->last = last;
}

static enum line_result
say_again(const struct input *input, struct error *error)
{
	*error = input->failure;
	return input->last;
}

/* One line of an input, again or for the first time. */
static enum line_result
take(struct input *input, const char **text, size_t *length,
    struct error *error)
{
	enum line_result result;

	if (input->last != LINE_OK && input->reader.again == 0)
		return say_again(input, error);
	result = line_next(&input->reader, text, length, error);
	if (result == LINE_AGAIN)
		input->ready = input->always;
	else if (result != LINE_OK)
		return over(input, result, error);
	else {
		buffer_append(&input->taken, *text, *length);
		if (buffer_append(&input->taken, "\n", 1) == -1) {
			error_set(error, EXIT_SYSTEM, "out of memory");
			return over(input, LINE_ERROR, error);
		}
		input->taken_lines++;
	}
	return result;
}

/* Drop what comes from an input that isn't trusted: LINE_END, or LINE_ERROR,
 * once its writer is gone, else LINE_AGAIN.  However much is sent and however
 * fast, the other inputs have their turn. */
static enum line_result
drain(struct input *input, struct error *error)
{
	char bytes[DRAIN_BYTES];
	ssize_t count;
	int i;

	if (input->last != LINE_OK)
		return say_again(input, error);
	for (i = 0; i < DRAIN_TIMES; i++) {
		count = read(input->fd, bytes, sizeof(bytes));
		if (count == 0)
			return over(input, LINE_END, error);
		if (count > 0 || errno == EINTR)
			continue;
		input->ready = false;
		if (errno == EAGAIN || errno == EWOULDBLOCK)
			break;
		error_errno(error, EXIT_IO, "cannot read the input");
		return over(input, LINE_ERROR, error);
	}
	return LINE_AGAIN;
}

bool
inputs_full(const struct inputs *inputs)
{
	return inputs->taken >= INPUTS_TAKEN_MAX;
}

/* On to the next one's turn. */
static void
pass(struct inputs *inputs)
{
	inputs->next += TURN_LINES - inputs->next % TURN_LINES;
	inputs->next %= inputs->count * TURN_LINES;
}

enum line_result
inputs_next(struct inputs *inputs, struct input **input, const char **text,
    size_t *length, struct error *error)
{
	enum line_result result;
	size_t tried;

	if (inputs_full(inputs))
		return LINE_AGAIN;
	if (inputs->next == 0)
		look(inputs);
	for (tried = 0; tried < inputs->count; tried++) {
		*input = &inputs->list[inputs->next / TURN_LINES];
		result = !is_due(*input) ? LINE_AGAIN :
		    (*input)->distrusted ? drain(*input, error) :
		    take(*input, text, length, error);
		if (result != LINE_AGAIN) {
			inputs->next = (inputs->next + 1) %
			    (inputs->count * TURN_LINES);
			if (result == LINE_OK)
				inputs->taken += *length + 1;
			return result;
		}
		pass(inputs);
	}
	inputs->next = 0;
	return LINE_AGAIN;
}

void
inputs_stop(struct inputs *inputs, struct input *input)
{
	bool over = input->last == LINE_END || input->last == LINE_TORN;

	if (!inputs->follow || input->last == LINE_ERROR ||
	    (over && !input->fifo))
		input->stop = INPUT_CLOSES;
	else
		input->stop = over ? INPUT_OPENS_ANEW : INPUT_DRAINS;
}

bool
inputs_ended(const struct inputs *inputs)
{
	const struct input *input;
	size_t i;

	for (i = 0; i < inputs->count; i++) {
		input = &inputs->list[i];
		if (input->fd != -1 && input->stop != INPUT_CLOSES)
			return false;
	}
	return true;
}

/* The next writer may be there already: the old descriptor is closed behind
 * the new one, or it would find nobody. */
static void
open_anew(struct inputs *inputs, struct input *input)
{
	struct error error;
	int old = input->fd;

	if (input->distrusted)
		log_info("%s: its writer has ended; the next one's lines are "
		    "taken", input->name);
	line_close(&input->reader);
	epoll_ctl(inputs->epoll, EPOLL_CTL_DEL, old, NULL);
	input->distrusted = input->ready = false;
	input->last = LINE_OK;
	input->count = (struct input_count){ 0, 0 };
	if (open_file(input, &error) == 0) {
		line_open(&input->reader, input->fd);
		if (watch(inputs, input, &error) == 0) {
			close(old);
			return;
		}
	}
	log_failure(&error);
	if (input->fd != -1)
		close(input->fd);
	close(old);
	input->fd = -1;
	inputs->open--;
}

static void
stop(struct inputs *inputs, struct input *input)
{
	switch (input->stop) {
	case INPUT_GOES_ON:
		break;
	case INPUT_CLOSES:
		close_input(inputs, input);
		break;
	case INPUT_OPENS_ANEW:
		open_anew(inputs, input);
		break;
	case INPUT_DRAINS:
		input->distrusted = input->ready = true;
		input->last = LINE_OK;
		input->reader.again = 0;
	}
	input->stop = INPUT_GOES_ON;
	input->why.code = EXIT_DONE;
}

void
inputs_committed(struct inputs *inputs)
{
	struct input *input;
	size_t i;

	inputs->taken = 0;
	for (i = 0; i < inputs->count; i++) {
		input = &inputs->list[i];
		buffer_clear(&input->taken);
		input->taken_lines = 0;
		stop(inputs, input);
		input->kept_count = input->count;
	}
}

void
inputs_rolled_back(struct inputs *inputs)
{
	struct input *input;
	size_t i;

	inputs->taken = 0;
	for (i = 0; i < inputs->count; i++) {
		input = &inputs->list[i];
		input->count = input->kept_count;
		input->stop = INPUT_GOES_ON;
		input->why.code = EXIT_DONE;
		if (input->taken_lines == 0)
			continue;
		if (line_put_back(&input->reader, input->taken.data,
		    input->taken.length, input->taken_lines) == -1) {
			/* Its STATE won't come: nothing is lost. */
			log_error("%s: out of memory: the rest of it is not "
			    "taken; run it again", input->name);
			close_input(inputs, input);
		}
		buffer_clear(&input->taken);
		input->taken_lines = 0;
	}
}
