/*
 * page: the workspace as a person sees it in a browser: the channels, and of
 * the one that is chosen its messages with their threads, newest at the end.
 */
#ifndef SANDBOX_PAGE_H
#define SANDBOX_PAGE_H

#include "sandbox/channel.h"

/* One whole page, all channels in it.  It has no script and loads nothing. */
void page_write(struct buffer *html, const struct channels *channels);

#endif
