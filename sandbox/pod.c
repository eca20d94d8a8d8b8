/* SPDX-License-Identifier: MIT */
#include "sandbox/pod.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "sandbox/bulk.h"
#include "sandbox/call.h"
#include "sandbox/gzip.h"

#define RESOURCES "/resources"

static const char unauthorized[] =
    "<!DOCTYPE html PUBLIC \"-//W3C//DTD HTML 4.0 Draft//EN\">\n"
    "<html><head><title>Error 401--Unauthorized</title></head>\n"
    "<body bgcolor=\"white\"><h2>Error 401--Unauthorized</h2></body></html>\n";

static const char catalogue[] =
    "{\"items\":[{\"version\":\"11.13.18.05\",\"isLatest\":true,"
    "\"adf:extension\":{\"defaultFrameworkVersion\":\"1\","
    "\"allowedFrameworkVersions\":[\"1\",\"2\",\"3\",\"4\"]}}]}";

static const char *const applications[] = { "fscmRestApi", "hcmRestApi",
    "crmRestApi" };

struct pod *
pod_new(const struct pod_options *options)
{
	struct pod *pod = calloc(1, sizeof(*pod));

	if (pod == NULL)
		return NULL;
	pod->options = *options;
	pod->tokens = tokens_new(&options->tokens);
	if (pod->tokens == NULL || data_init(&pod->data, options->seed,
	    options->counts) == -1 || bulk_init(pod) == -1) {
		pod_free(pod);
		return NULL;
	}
	return pod;
}

void
pod_free(struct pod *pod)
{
	if (pod == NULL)
		return;
	changes_free(&pod->changes);
	list_free(&pod->bulk);
	data_free(&pod->data);
	tokens_free(pod->tokens);
	free(pod);
}

void
call_refuse(struct call *call, int status, const char *title,
    const char *detail)
{
	struct response *response = call->response;

	if (call->view.version < 4) {
		response_text(response, status, "text/plain", detail);
		return;
	}
	response_text(response, status,
	    "application/vnd.oracle.adf.error+json", "");
	buffer_puts(&response->body, "{");
	buffer_json_member(&response->body, "title", title);
	buffer_printf(&response->body, ",\"status\":\"%d\"", status);
	buffer_puts(&response->body, ",\"o:errorDetails\":[{");
	buffer_json_member(&response->body, "detail", detail);
	buffer_puts(&response->body, "}]}");
}

int
call_bad(struct call *call, const char *detail)
{
	call_refuse(call, 400, "Bad Request", detail);
	return -1;
}

static int
version_read(struct call *call)
{
	const char *text = request_header(call->request,
	    "REST-Framework-Version");

	call->view.version = 1;
	if (text == NULL)
		return 0;
	if (strlen(text) != 1 || *text < '1' || *text > '4')
		return call_bad(call, "The REST-Framework-Version isn't one "
		    "of 1, 2, 3, 4.");
	call->view.version = *text - '0';
	response_header(call->response, "REST-Framework-Version", text);
	return 0;
}

/* The quirks that hold whatever of the stream is asked for. */
static void
quirks_apply(struct call *call)
{
	struct quirks *quirks = &call->pod->quirks;
	enum stream stream = call->target.stream;
	const char *version = quirk_use(quirks, VERSION_OTHER, stream);
	const char *date = quirk_use(quirks, DATE_SKEW, stream);
	char text[64];
	struct tm tm;
	time_t at;

	if (version != NULL) {
		if (atoi(version) > 0)
			call->view.version = atoi(version);
		response_header(call->response, "REST-Framework-Version",
		    strcmp(version, "absent") == 0 ? NULL : version);
	}
	if (date == NULL)
		return;
	at = (time_t)(clock_wall_ms() / 1000 + strtoll(date, NULL, 10));
	strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT",
	    gmtime_r(&at, &tm));
	response_header(call->response, "Date", text);
}

static void
target_answer(struct call *call)
{
	quirks_apply(call);
	if (quirk_use(&call->pod->quirks, FORBIDDEN, call->target.stream) !=
	    NULL)
		call_refuse(call, 403, "Forbidden", "The user has no "
		    "privilege for this resource.");
	else if (call->target.describe)
		describe_answer(call);
	else {
		resource_answer(call);
		changes_answered(&call->pod->changes, &call->pod->data);
	}
}

/* path: what stands behind the application's name. */
static void
application_handle(struct pod *pod, const struct request *request,
    struct response *response, const char *application, const char *path)
{
	struct call call = { .pod = pod, .request = request,
	    .response = response };
	char ecid[64];

	view_init(&call.view);
	snprintf(ecid, sizeof(ecid), "006SANDBOX%06llu^SANDBOX000000^Nn000001",
	    (unsigned long long)++pod->answered);
	response_header(response, "X-ORACLE-DMS-ECID", ecid);
	response_header(response, "Cache-Control",
	    "no-cache, no-store, must-revalidate");
	response_header(response, "Content-Language", "en");
	if (!tokens_allow(pod->tokens, request)) {
		response_text(response, 401, "text/html", unauthorized);
		return;
	}
	if (version_read(&call) == -1)
		return;
	response_header(response, "Content-Type", "application/json");
	if (strcmp(request->method, "GET") != 0)
		call_refuse(&call, 405, "Method Not Allowed", "The sandbox "
		    "only reads its rows; change them under /_control/erp/.");
	else if (*path == '\0' || strcmp(path, "/") == 0)
		buffer_puts(&response->body, catalogue);
	else if (!target_find(&call, application, path))
		call_refuse(&call, 404, "Not Found", "Not Found");
	else
		target_answer(&call);
}

void
pod_handle(struct pod *pod, const struct request *request,
    struct response *response)
{
	size_t count = sizeof(applications) / sizeof(applications[0]);
	const char *path = request->path;

	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(applications[i]);

		if (strncmp(path + 1, applications[i], length) != 0 ||
		    strncmp(path + 1 + length, RESOURCES,
		    strlen(RESOURCES)) != 0)
			continue;
		application_handle(pod, request, response, applications[i],
		    path + 1 + length + strlen(RESOURCES));
		return;
	}
	if (!tokens_handle(pod->tokens, request, response))
		response_text(response, 404, "text/html",
		    "<html><body>Error 404--Not Found</body></html>\n");
}

void
pod_compress(struct pod *pod, const struct request *request,
    struct response *response)
{
	if (quirk_use(&pod->quirks, NO_GZIP, 0) == NULL &&
	    gzip_answer(request, response))
		pod->gzipped++;
}
