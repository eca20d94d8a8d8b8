/*
 * quirk: ways in which pods are known, or feared, to misbehave, switched on
 * by a test; of a stream, or of all; for good, or for so many answers.
 *
 *   hasmore_lies      hasMore is true on the last page too; with 2 also on
 *                     empty ones
 *   hasmore_early     a page that isn't the last has half its rows, or value
 *                     of them if that is more than 1, and says hasMore false
 *   hasmore_missing   no hasMore
 *   items_missing     no items when there are none
 *   page_cap          pages have at most value rows, and say so
 *   short_pages       pages have at most value rows, and don't say so
 *   ignore_offset     all pages are the first
 *   unsorted          of each two rows in order the second comes first
 *   totalresults_500  totalResults=true is answered with 500
 *   totalresults_wrong  it is answered with the number value
 *   fields_500        fields that name the attribute value are answered with
 *                     500
 *   no_role           200, and no rows
 *   forbidden         403
 *   date_skew         the Date header is value seconds ahead
 *   version           whatever is asked for, the answers are of framework
 *                     version value, and say so; from 9 on ids are strings
 *                     and links stand in @context; absent: they don't say so
 *   whole_seconds     q compares the seconds of times alone
 *   opaque_keys       hrefs have opaque keys that hold the day; with 2 they
 *                     differ in each answer; paths take them in any case
 *   link_host         hrefs lead to the host value
 *   describe_refs     describe only refers to the children's
 *   no_gzip           answers are not compressed
 */
#ifndef SANDBOX_QUIRK_H
#define SANDBOX_QUIRK_H

#include <stdbool.h>
#include <stdint.h>

#include "sandbox/data.h"

#define QUIRK_TEXT 96

enum quirk { HASMORE_LIES, HASMORE_EARLY, HASMORE_MISSING, ITEMS_MISSING,
    PAGE_CAP, SHORT_PAGES, IGNORE_OFFSET, UNSORTED, TOTALRESULTS_500,
    TOTALRESULTS_WRONG, FIELDS_500, NO_ROLE, FORBIDDEN, DATE_SKEW, VERSION_OTHER, WHOLE_SECONDS,
    OPAQUE_KEYS, LINK_HOST, DESCRIBE_REFS, NO_GZIP, QUIRK_COUNT };

struct quirk_setting {
	char text[QUIRK_TEXT]; /* "": off */
	int64_t count;         /* answers left; -1: for good */
};

struct quirks {
	struct quirk_setting of[STREAM_COUNT][QUIRK_COUNT];
};

/* Set one; stream -1: of all.  value NULL is "1", "" or "0" switch it off;
 * count <= 0 is for good.  false: there is no such name. */
bool quirk_set(struct quirks *quirks, const char *name, int stream,
    const char *value, int64_t count);
/* Its value if it is on, else NULL; and one answer less is left. */
const char *quirk_use(struct quirks *quirks, enum quirk quirk, int stream);
/* The same as a number, 0 when it is off. */
int64_t quirk_number(struct quirks *quirks, enum quirk quirk, int stream);

#endif
