/* SPDX-License-Identifier: MIT */
#include "fetch/rest.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "fetch/refusal.h"
#include "fetch/rest_wire.h"
#include "log.h"
#include "retry.h"

#define RETRY_BASE_MS 500
#define RETRY_CAP_MS 60000
#define RETRY_AFTER_MAX_MS (24 * 3600 * 1000LL)
#define CONNECT_MS 10000
#define TIMEOUT_MS 120000
#define STALL_MS 60000
#define BUDGET_MS 120000
#define SPAN_MAX_MS 3600000
#define CONCURRENCY 4
#define CONCURRENCY_MAX 32
#define TELL_MS 1000   /* somebody watches who wonders */
#define TOKEN "oracle.token_url"

static int
numbers(struct rest *rest, const struct config *config, struct error *error)
{
	if (config_span(config, "oracle.timeout", TIMEOUT_MS, 100, SPAN_MAX_MS,
	    &rest->timeout_ms, error) == -1 ||
	    config_span(config, "oracle.connect_timeout", CONNECT_MS, 100,
	    SPAN_MAX_MS, &rest->connect_ms, error) == -1 ||
	    config_span(config, "oracle.stall_timeout", STALL_MS, 1000,
	    SPAN_MAX_MS, &rest->stall_ms, error) == -1 ||
	    config_span(config, "oracle.retry_budget", BUDGET_MS, 0,
	    24 * (int64_t)SPAN_MAX_MS, &rest->budget_ms, error) == -1 ||
	    config_integer(config, "oracle.concurrency", CONCURRENCY, 1,
	    CONCURRENCY_MAX, &rest->concurrency, error) == -1)
		return -1;
	return config_integer(config, "oracle.framework_version", 4, 3, 9,
	    &rest->framework_version, error);
}

int
rest_open(struct rest *rest, const struct config *config,
    struct ledger *ledger, struct error *error)
{
	memset(rest, 0, sizeof *rest);
	buffer_init(&rest->text, REST_JSON_MAX);
	rest->token = (struct rest_request){ .what = TOKEN, .is_token = true };
	rest->url = config_url(config, "oracle.url", NULL, error);
	if (rest->url == NULL || numbers(rest, config, error) == -1)
		return -1;
	rest->ca_file = config_file(config, "oracle.ca_file", NULL);
	if (auth_open(&rest->auth, config, ledger, error) == -1)
		return -1;
	rest->multi = curl_multi_init();
	if (rest->multi == NULL)
		return error_set(error, EXIT_SYSTEM, "curl: out of memory");
	return 0;
}

void
rest_release(struct rest_request *request)
{
	if (request->curl != NULL) {
		curl_easy_cleanup(request->curl);
		http_answer_free(&request->head);
	}
	rest_wire_clear(request);
	request->curl = NULL;
}

void
rest_close(struct rest *rest)
{
	while (rest->count > 0)
		rest_cancel(rest, rest->list[0]);
	rest_cancel(rest, &rest->token);
	rest_release(&rest->token);
	auth_close(&rest->auth);
	if (rest->multi != NULL)
		curl_multi_cleanup(rest->multi);
	free(rest->url);
	free(rest->ca_file);
	buffer_free(&rest->text);
	memset(rest, 0, sizeof *rest);
}

static void
make_ready(struct rest *rest, struct rest_request *request)
{
	request->state = REST_READY;
	request->order = ++rest->order;
}

void
rest_submit(struct rest *rest, struct rest_request *request)
{
	request->tries = 0;
	request->failing_since = request->waited_for_ms = 0;
	request->renewed = false;
	request->unreachable = true;
	if (request->state == REST_IDLE && rest->count < REST_REQUESTS_MAX)
		rest->list[rest->count++] = request;
	make_ready(rest, request);
}

/* Take it off the wire. */
static void
halt(struct rest *rest, struct rest_request *request)
{
	if (request->state != REST_RUNNING)
		return;
	curl_multi_remove_handle(rest->multi, request->curl);
	rest_wire_clear(request);
	if (!request->is_token)
		rest->running--;
	request->state = REST_READY;
}

void
rest_cancel(struct rest *rest, struct rest_request *request)
{
	size_t i;

	halt(rest, request);
	request->state = REST_IDLE;
	for (i = 0; i < rest->count; i++)
		if (rest->list[i] == request) {
			rest->list[i] = rest->list[--rest->count];
			break;
		}
}

static void
end(struct rest *rest, struct rest_request *request,
    const struct error *failure)
{
	rest_cancel(rest, request);
	request->done(request->context, failure);
}

/* No request gets far without a token: they end with its error, and with the
 * time that its endpoint asked to wait. */
static void
end_ready(struct rest *rest, const struct error *failure)
{
	size_t i = 0, left = rest->count;

	/* One that is submitted again stands behind those. */
	while (i < rest->count && left-- > 0) {
		if (rest->list[i]->state == REST_READY) {
			rest->list[i]->waited_for_ms =
			    rest->token.waited_for_ms;
			end(rest, rest->list[i], failure);
		} else
			i++;
	}
}

/* ---- what comes of it --------------------------------------------------- */

/* Somebody who watches shall know what is waited for. */
static void
tell_retry(const struct rest *rest, const struct rest_request *request,
    CURLcode code, int64_t delay)
{
	const struct http_answer *head = &request->head;

	if (!rest->verbose)
		return;
	if (code == CURLE_OK)
		log_info("%s: HTTP %ld; try %d follows in %.1f s",
		    request->what, head->status, request->tries + 1,
		    (double)delay / 1000);
	else
		log_info("%s: no answer: %s; try %d follows in %.1f s",
		    request->what, head->failure[0] != '\0' ? head->failure :
		    curl_easy_strerror(code), request->tries + 1,
		    (double)delay / 1000);
}

/* Let it wait for its next try.  false: its budget is spent. */
static bool
again(struct rest *rest, struct rest_request *request, CURLcode code)
{
	const struct http_answer *head = &request->head;
	int64_t now = clock_monotonic_ms(), delay;

	if ((request->broken != NULL && request->broken(request->context,
	    !rest->late && refusal_is_slow(code, code == CURLE_OK ?
	    head->status : 0))) ||
	    request->failing_since == 0) {
		request->failing_since = now;
		request->tries = 0;
	}
	delay = retry_backoff_ms(request->tries++, RETRY_BASE_MS,
	    RETRY_CAP_MS);
	request->waited_for_ms = head->retry_after[0] == '\0' ? 0 :
	    retry_after_ms(head->retry_after, clock_wall_ms(), 0,
	    RETRY_AFTER_MAX_MS);
	if (request->waited_for_ms > 0)
		delay = request->waited_for_ms;
	if (now + delay - request->failing_since > rest->budget_ms)
		return false;
	tell_retry(rest, request, code, delay);
	request->state = REST_WAITING;
	request->ready_at = now + delay;
	return true;
}

static struct refusal_call
call(const struct rest *rest, const struct rest_request *request,
    const char *what)
{
	return (struct refusal_call){ .what = what, .auth = &rest->auth,
		.is_token = request->is_token, .tries = request->tries,
		.waited_for_ms = request->waited_for_ms };
}

static void
token_ended(struct rest *rest, CURLcode code, bool answered)
{
	struct rest_request *request = &rest->token;
	struct error *error = &rest->token_error;
	struct refusal_call what;
	int rc;

	if (!answered) {
		if (refusal_may_pass(code, request->head.status) &&
		    again(rest, request, code))
			return;
		what = call(rest, request, TOKEN);
		refusal_tried(&request->head, &what, code, error);
		auth_abandon(&rest->auth);
	} else if ((rc = auth_answer(&rest->auth, &request->head,
	    error)) != -1) {
		request->state = REST_IDLE;
		if (rc == 1)
			rest->token_at = clock_monotonic_ms() + AUTH_WAIT_MS;
		/* The handle has copies of what was sent. */
		rest_release(request);
		return;
	}
	request->state = REST_IDLE;
	end_ready(rest, error);
	request->waited_for_ms = 0;
}

/* Who can't be connected to isn't the stream. */
static const char *
culprit(const struct rest_request *request)
{
	return request->unreachable ? "oracle.url" : request->what;
}

/* Did the ERP look at it, and know who asks? */
static bool
took(const struct rest_request *request)
{
	long status = request->head.status;

	return request->judged && (request->accepted || (status >= 400 &&
	    status != 401 && !refusal_may_pass(CURLE_OK, status)));
}

static void
ended(struct rest *rest, struct rest_request *request, CURLcode code)
{
	struct http_answer *head = &request->head;
	struct refusal_call what;
	struct error error;

	rest_wire_judge(request);
	if (!request->is_token && took(request))
		auth_prove(&rest->auth, request->generation);
	if (!http_not_sent(request->curl, code))
		request->unreachable = false;
	halt(rest, request);
	if (request->fed != 0)
		end(rest, request, request->fed == 1 ? NULL :
		    &request->feed_error);
	else if (refusal_may_pass(code, head->status)) {
		if (request->is_token)
			token_ended(rest, code, false);
		else if (!again(rest, request, code)) {
			what = call(rest, request, culprit(request));
			refusal_tried(head, &what, code, &error);
			end(rest, request, &error);
		}
	} else if (request->is_token)
		token_ended(rest, code, code == CURLE_OK);
	else if (code != CURLE_OK) {
		what = call(rest, request, culprit(request));
		refusal_tried(head, &what, code, &error);
		end(rest, request, &error);
	} else if (request->accepted)
		end(rest, request, NULL);
	else if (head->status == 401 && auth_refused(&rest->auth,
	    request->generation, request->renewed)) {
		request->renewed = true;
		make_ready(rest, request);
	} else {
		what = call(rest, request, request->what);
		refusal_error(head, &what, rest->framework_version, &error);
		end(rest, request, &error);
	}
}

static struct rest_request *
first_ready(const struct rest *rest)
{
	struct rest_request *first = NULL;
	size_t i;

	for (i = 0; i < rest->count; i++)
		if (rest->list[i]->state == REST_READY && (first == NULL ||
		    rest->list[i]->order < first->order))
			first = rest->list[i];
	return first;
}

/* The right to ask for one is ours. */
static int
ask_token(struct rest *rest, struct error *error)
{
	rest->token.tries = 0;
	rest->token.failing_since = 0;
	return rest_wire_start(rest, &rest->token, error);
}

/* Of a credential that the ERP hasn't taken yet one call is enough: each may
 * count towards its user's lock. */
static bool
may_start(struct rest *rest)
{
	size_t i;

	for (i = 0; i < rest->count && !auth_is_proven(&rest->auth); i++)
		if (rest->list[i]->state == REST_RUNNING &&
		    took(rest->list[i]))
			auth_prove(&rest->auth, rest->list[i]->generation);
	return rest->running == 0 || auth_is_proven(&rest->auth);
}

/* Look for the token again later, unless that was done for long enough. */
static int
wait_token(struct rest *rest, struct error *why)
{
	int64_t now = clock_monotonic_ms();

	if (rest->token_since == 0) {
		rest->token_since = now;
		rest->token_told = false;
	}
	if (now - rest->token_since > rest->budget_ms) {
		rest->token_since = 0;
		return auth_give_up(&rest->auth, why);
	}
	if (rest->verbose && !rest->token_told &&
	    now - rest->token_since >= TELL_MS) {
		rest->token_told = true;
		log_info("%s; it is waited for", why->message);
	}
	rest->token_at = now + AUTH_WAIT_MS;
	return 0;
}

/* Give a token and a place to those that wait for them. */
static void
start_ready(struct rest *rest)
{
	struct rest_request *request;
	struct error error;
	int ready;

	while (rest->running < (size_t)rest->concurrency &&
	    (request = first_ready(rest)) != NULL) {
		if (rest->token.state != REST_IDLE || !may_start(rest) ||
		    clock_monotonic_ms() < rest->token_at)
			return;
		ready = auth_ready(&rest->auth, &error);
		if (ready == 2) {
			if (wait_token(rest, &error) == -1) {
				end_ready(rest, &error);
				return;
			}
			continue;
		}
		rest->token_since = 0;
		if (ready == 1) {
			if (rest_wire_start(rest, request, &error) == -1)
				end(rest, request, &error);
		} else if (ready == -1 || ask_token(rest, &error) == -1) {
			end_ready(rest, &error);
			return;
		}
	}
}

static void
wake(struct rest_request *request, int64_t now)
{
	if (request->state == REST_WAITING && request->ready_at <= now)
		request->state = REST_READY;
}

static int64_t
nearer(const struct rest_request *request, int64_t now, int64_t wait_ms)
{
	int64_t left = request->ready_at - now;

	return request->state == REST_WAITING && left < wait_ms ?
	    (left < 0 ? 0 : left) : wait_ms;
}

static int64_t
how_long(const struct rest *rest, int64_t wait_ms)
{
	int64_t now = clock_monotonic_ms();
	size_t i;

	for (i = 0; i < rest->count; i++)
		wait_ms = nearer(rest->list[i], now, wait_ms);
	wait_ms = nearer(&rest->token, now, wait_ms);
	if (rest->token_at > now && rest->token_at - now < wait_ms)
		wait_ms = rest->token_at - now;
	return wait_ms;
}

int
rest_turn(struct rest *rest, int64_t wait_ms, int wake_fd,
    struct error *error)
{
	struct curl_waitfd extra = { .fd = wake_fd, .events = CURL_WAIT_POLLIN };
	struct rest_request *request;
	int64_t now = clock_monotonic_ms();
	CURLMsg *message;
	CURLcode code;
	size_t i;
	int left;

	for (i = 0; i < rest->count; i++)
		wake(rest->list[i], now);
	wake(&rest->token, now);
	if (rest->token.state == REST_READY &&
	    rest_wire_start(rest, &rest->token, &rest->token_error) == -1) {
		rest->token.state = REST_IDLE;
		end_ready(rest, &rest->token_error);
	}
	start_ready(rest);
	if (curl_multi_perform(rest->multi, &left) != CURLM_OK)
		return error_set(error, EXIT_SYSTEM, "curl: out of memory");
	while ((message = curl_multi_info_read(rest->multi, &left)) != NULL)
		if (message->msg == CURLMSG_DONE) {
			code = message->data.result;
			curl_easy_getinfo(message->easy_handle,
			    CURLINFO_PRIVATE, &request);
			ended(rest, request, code);
			wait_ms = 0;
		}
	if (wait_ms > 0 && curl_multi_poll(rest->multi, wake_fd == -1 ? NULL :
	    &extra, wake_fd == -1 ? 0 : 1, (int)how_long(rest, wait_ms),
	    NULL) != CURLM_OK)
		return error_set(error, EXIT_SYSTEM, "curl: cannot wait");
	return 0;
}

bool
rest_is_asking(const struct rest *rest)
{
	return rest->token.state == REST_RUNNING;
}
