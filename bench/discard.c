/* SPDX-License-Identifier: MIT */
/*
 * discard: get the addresses on standard input, one a line, over one
 * connection and as fetch does, and throw the bodies away: what is left of the
 * work when nothing is done with them.
 *
 *   discard [-s] [-z] USER:PASSWORD
 *
 * -s: cut the rows out and look for "links" in each, the least that a reader
 * of rows must do.  -z: ask for gzip.
 */
#define _GNU_SOURCE /* memmem */
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fetch/splitter.h"
#include "log.h"

#define CEILING ((size_t)1 << 30)
#define ADDRESS_MAX 65536

struct counts {
	struct splitter splitter;
	bool split;
	size_t bytes, rows, links;
};

static size_t
on_body(char *bytes, size_t size, size_t count, void *context)
{
	struct counts *counts = context;
	struct error error;
	const char *row;
	size_t length;

	counts->bytes += size * count;
	if (!counts->split)
		return size * count;
	if (splitter_feed(&counts->splitter, bytes, size * count) == -1)
		return 0;
	while (splitter_next(&counts->splitter, &row, &length, &error) ==
	    SPLITTER_ROW) {
		counts->rows++;
		counts->links += memmem(row, length, "\"links\"", 7) != NULL;
	}
	return size * count;
}

static CURLcode
get(CURL *curl, struct counts *counts, size_t *wire)
{
	curl_off_t bytes = 0;
	CURLcode rc;

	splitter_reset(&counts->splitter);
	rc = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_SIZE_DOWNLOAD_T, &bytes);
	*wire += (size_t)bytes;
	return rc;
}

int
main(int argc, char **argv)
{
	struct curl_slist *headers;
	struct counts counts = { 0 };
	char address[ADDRESS_MAX];
	CURLcode rc = CURLE_OK;
	size_t wire = 0;
	CURL *curl;
	int option;

	log_open("discard", NULL);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	curl = curl_easy_init();
	splitter_open(&counts.splitter, CEILING);
	headers = curl_slist_append(NULL, "REST-Framework-Version: 4");
	while ((option = getopt(argc, argv, "sz")) != -1)
		if (option == 's')
			counts.split = true;
		else if (option == 'z')
			curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "gzip");
		else
			return EXIT_USAGE;
	if (optind + 1 != argc || curl == NULL)
		return EXIT_USAGE;
	curl_easy_setopt(curl, CURLOPT_USERPWD, argv[optind]);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, 256L << 10);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &counts);
	while (rc == CURLE_OK && fgets(address, ADDRESS_MAX, stdin) != NULL) {
		address[strcspn(address, "\n")] = '\0';
		curl_easy_setopt(curl, CURLOPT_URL, address);
		rc = get(curl, &counts, &wire);
	}
	printf("%zu bytes, %zu on the wire, %zu rows, %zu with links\n",
	    counts.bytes, wire, counts.rows, counts.links);
	if (rc != CURLE_OK)
		log_error("%s", curl_easy_strerror(rc));
	splitter_close(&counts.splitter);
	curl_slist_free_all(headers);
	curl_easy_cleanup(curl);
	curl_global_cleanup();
	return rc == CURLE_OK ? EXIT_DONE : EXIT_UNAVAILABLE;
}
