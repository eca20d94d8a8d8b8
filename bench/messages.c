/* SPDX-License-Identifier: MIT */
/*
 * messages: what transform would write: COUNT messages of 1.4 KB about one
 * record each, the channels taking turns, and a STATE behind every 500.
 *
 *   messages [-c CHANNELS] [-f FIRST] [-s STEP] [-p MS] COUNT
 *
 * -f: the number of the first record.  -s: from one record's number to the
 * next one's.  -p: a message every so many milliseconds, its text saying when
 * it was written (see mock).
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define GROUP 500

static const char message[] =
    "{\"type\":\"MESSAGE\",\"filter\":\"finance\",\"stream\":\"invoices\","
    "\"record_id\":\"300000%09ld\",\"record_version\":"
    "\"2026-11-24T02:57:11.042Z~0123456789abcdef\",\"position\":0,"
    "\"key\":\"finance:invoices:300000%09ld:#team%ld:"
    "2026-11-24T02:57:11.042Z~0123456789abcdef:0\",\"payload\":{"
    "\"channel\":\"#team%ld\",\"text\":\"%sInvoice %ld of Acme &amp; Sons: "
    "1,234,567.10 USD, due 2026-12-24\",\"blocks\":["
    "{\"type\":\"header\",\"text\":{\"type\":\"plain_text\",\"emoji\":false,"
    "\"text\":\"Invoice %ld\"}},{\"type\":\"section\",\"fields\":["
    "{\"type\":\"mrkdwn\",\"text\":\"*Supplier*\\nAcme &amp; Sons\"},"
    "{\"type\":\"mrkdwn\",\"text\":\"*Amount*\\n1,234,567.10 USD\"},"
    "{\"type\":\"mrkdwn\",\"text\":\"*Business unit*\\nUS1 Business Unit\"},"
    "{\"type\":\"mrkdwn\",\"text\":\"*Due*\\n2026-12-24\"},"
    "{\"type\":\"mrkdwn\",\"text\":\"*Status*\\nNeeds revalidation\"},"
    "{\"type\":\"mrkdwn\",\"text\":\"*Created by*\\nCALVIN.ROTH\"}]},"
    "{\"type\":\"section\",\"text\":{\"type\":\"mrkdwn\",\"text\":"
    "\"1. Item, 1,000,000.00 USD: office furniture, second floor\\n"
    "2. Freight, 200,000.00 USD: by sea, via Rotterdam\\n"
    "3. Tax, 34,567.10 USD: 2.9 %% of the items\"}},"
    "{\"type\":\"context\",\"elements\":[{\"type\":\"mrkdwn\",\"text\":"
    "\"Changed 2026-11-24 02:57 UTC by CALVIN.ROTH\"}]},"
    "{\"type\":\"actions\",\"elements\":["
    "{\"type\":\"button\",\"action_id\":\"approve\",\"style\":\"primary\","
    "\"text\":{\"type\":\"plain_text\",\"text\":\"Approve\"},"
    "\"value\":\"300000%09ld\"},{\"type\":\"button\",\"action_id\":\"open\","
    "\"text\":{\"type\":\"plain_text\",\"text\":\"Open in Fusion\"},"
    "\"url\":\"https://acme.fa.us2.oraclecloud.com/fscmUI/faces/deeplink?"
    "objType=AP_VIEWINVOICE&objKey=InvoiceId=300000%09ld\"}]}]}}\n";
static const char seen[] =
    "{\"type\":\"SEEN\",\"stream\":\"invoices\",\"record_id\":"
    "\"300000%09ld\",\"record_version\":"
    "\"2026-11-24T02:57:11.042Z~0123456789abcdef\",\"amount\":"
    "\"1234567.10\",\"currency\":\"USD\",\"messages\":{\"finance\":1}}\n";
static const char state[] =
    "{\"type\":\"STATE\",\"value\":{\"bookmarks\":{\"invoices\":{"
    "\"replication_key\":\"LastUpdateDate\",\"replication_key_value\":"
    "\"2026-11-24T02:57:11.042Z\"}}},\"stats\":{\"records\":%ld}}\n";

static void
write_record(long number, long channel, const char *mark)
{
	printf(message, number, number, channel, channel, mark, number, number,
	    number, number);
	printf(seen, number);
}

static void
wait_and_mark(long pace_ms, char mark[64])
{
	struct timespec span = { pace_ms / 1000, pace_ms % 1000 * 1000000 };
	struct timespec now;

	nanosleep(&span, NULL);
	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(mark, 64, "at %lld ", (long long)now.tv_sec * 1000000 +
	    now.tv_nsec / 1000);
}

int
main(int argc, char **argv)
{
	long channels = 1, first = 0, step = 1, pace_ms = 0, count, i;
	long group = 0;
	char mark[64] = "";
	int option;

	while ((option = getopt(argc, argv, "c:f:s:p:")) != -1)
		if (option == 'c')
			channels = atol(optarg);
		else if (option == 'f')
			first = atol(optarg);
		else if (option == 's')
			step = atol(optarg);
		else if (option == 'p')
			pace_ms = atol(optarg);
		else
			return 64;
	if (optind + 1 != argc || channels < 1)
		return 64;
	count = atol(argv[optind]);
	for (i = 0; i < count; i++) {
		if (pace_ms > 0)
			wait_and_mark(pace_ms, mark);
		write_record(first + i * step, i % channels, mark);
		if (++group == GROUP || i + 1 == count) {
			printf(state, group);
			group = 0;
		}
		if (pace_ms > 0)
			fflush(stdout);
	}
	return fclose(stdout) == 0 ? 0 : 74;
}
