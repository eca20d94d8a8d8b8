/* SPDX-License-Identifier: MIT */
/* What a path names. */
#include <stdio.h>
#include <string.h>

#include "sandbox/call.h"

/* One step along the path: an item of the collection, or a child of the
 * item.  false: there is none. */
static bool
target_step(struct target *target, const char **path)
{
	size_t length;
	int child;

	if (target->item == NULL) {
		length = strcspn(*path, "/");
		target->item = compose_find(target->list, *path, length);
		*path += length;
		return target->item != NULL;
	}
	if (strncmp(*path, "child/", 6) != 0)
		return false;
	*path += 6;
	length = strcspn(*path, "/");
	child = kind_child(target->kind, *path, length);
	if (child == -1)
		return false;
	*path += length;
	target->kind = target->kind->children[child];
	target->list = &target->item->children[child];
	target->item = NULL;
	target->top = false;
	return true;
}

/* resource{/anything/child/child}/describe; path is behind the resource. */
static bool
target_describe(struct target *target, const char *path)
{
	const struct kind *kind = target->kind;
	size_t length;
	int child;

	while (strcmp(path, "/describe") != 0) {
		if (*path != '/')
			return false;
		path += 1 + strcspn(path + 1, "/");
		if (strncmp(path, "/child/", 7) != 0)
			return false;
		path += 7;
		length = strcspn(path, "/");
		child = kind_child(kind, path, length);
		if (child == -1)
			return false;
		kind = kind->children[child];
		path += length;
	}
	target->kind = kind;
	target->describe = true;
	return true;
}

static bool
href_write(struct call *call, const char *application, const char *path)
{
	struct target *target = &call->target;
	const char *host = quirk_use(&call->pod->quirks, LINK_HOST,
	    target->stream);

	if (host == NULL)
		host = request_header(call->request, "Host");
	if (host == NULL || strspn(host, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:-[]") != strlen(host))
		host = "127.0.0.1";
	return snprintf(target->href, HREF_MAX, "http://%s/%s/resources/"
	    "11.13.18.05/%s", host, application, path) < HREF_MAX / 2;
}

bool
target_find(struct call *call, const char *application, const char *path)
{
	struct target *target = &call->target;
	const char *resource;
	size_t length;
	int stream;

	if (strncmp(path, "/11.13.18.05/", 13) == 0)
		resource = path + 13;
	else if (strncmp(path, "/latest/", 8) == 0)
		resource = path + 8;
	else
		return false;
	length = strcspn(resource, "/");
	stream = stream_find(resource, length);
	if (stream == -1 || strcmp(application,
	    stream_application((enum stream)stream)) != 0)
		return false;
	target->stream = (enum stream)stream;
	target->top = true;
	target->kind = stream_kinds[stream];
	target->list = &call->pod->data.lists[stream];
	if (!href_write(call, application, resource))
		return false;
	path = resource + length;
	if (target_describe(target, path))
		return true;
	while (*path == '/') {
		path++;
		if (!target_step(target, &path))
			return false;
	}
	return *path == '\0';
}
