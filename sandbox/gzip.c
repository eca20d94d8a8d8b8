/* SPDX-License-Identifier: MIT */
#include "sandbox/gzip.h"

#include <string.h>
#include <strings.h>
#include <zlib.h>

#define CHUNK ((size_t)64 << 10)
#define GZIP_WINDOW (15 + 16) /* zlib's way to say: with gzip's header */

static bool
has_header(const struct response *response, const char *name)
{
	for (size_t i = 0; i < response->header_count; i++)
		if (strcasecmp(response->headers[i].name, name) == 0)
			return true;
	return false;
}

static int
compress_into(struct buffer *out, const struct buffer *in)
{
	z_stream stream = { 0 };
	unsigned char chunk[CHUNK];
	int rc;

	if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, GZIP_WINDOW, 8,
	    Z_DEFAULT_STRATEGY) != Z_OK)
		return -1;
	stream.next_in = (unsigned char *)in->data;
	stream.avail_in = (uInt)in->length;
	do {
		stream.next_out = chunk;
		stream.avail_out = sizeof(chunk);
		rc = deflate(&stream, Z_FINISH);
		buffer_append(out, chunk, sizeof(chunk) - stream.avail_out);
	} while (rc == Z_OK);
	deflateEnd(&stream);
	return rc == Z_STREAM_END && !out->failed ? 0 : -1;
}

bool
gzip_answer(const struct request *request, struct response *response)
{
	const char *accepted = request_header(request, "Accept-Encoding");
	struct buffer out;

	if (accepted == NULL || strstr(accepted, "gzip") == NULL ||
	    response->body.length <= GZIP_MIN || response->body.failed ||
	    has_header(response, "Content-Encoding"))
		return false;
	buffer_init(&out, response->body.ceiling);
	if (compress_into(&out, &response->body) == -1) {
		buffer_free(&out);
		return false;
	}
	buffer_free(&response->body);
	response->body = out;
	response_header(response, "Content-Encoding", "gzip");
	return true;
}
