/* SPDX-License-Identifier: MIT */
#include "fetch/url.h"

#include <curl/curl.h>
#include <string.h>
#include <strings.h>

int
url_parameter(struct buffer *url, const char *name, const char *text)
{
	char *escaped = curl_easy_escape(NULL, text, 0);
	int rc = escaped == NULL ? -1 : buffer_printf(url, "&%s=%s", name,
	    escaped);

	if (escaped == NULL)
		url->failed = true;
	curl_free(escaped);
	return rc;
}

/* Scheme, host and port of a URL; *path: what follows. */
static size_t
origin(const char *url, const char **path)
{
	const char *host = strstr(url, "://");
	size_t length;

	if (host == NULL) {
		*path = url;
		return 0;
	}
	length = (size_t)(host - url) + 3;
	length += strcspn(url + length, "/?#");
	*path = url + length;
	if (strncasecmp(url, "https://", 8) == 0 && length > 4 &&
	    strncmp(url + length - 4, ":443", 4) == 0)
		length -= 4;
	else if (strncasecmp(url, "http://", 7) == 0 && length > 3 &&
	    strncmp(url + length - 3, ":80", 3) == 0)
		length -= 3;
	return length;
}

const char *
url_path_on(const char *base, const char *href)
{
	const char *path, *ignored;
	size_t length = origin(href, &path), own = origin(base, &ignored);

	if (length == 0 || length != own || *path != '/' ||
	    strncasecmp(href, base, length) != 0)
		return NULL;
	return path;
}
