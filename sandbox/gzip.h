/*
 * gzip: answers compressed for those who take it.
 */
#ifndef SANDBOX_GZIP_H
#define SANDBOX_GZIP_H

#include "sandbox/server.h"

#define GZIP_MIN 1024 /* smaller ones stay as they are */

/* Compress the body if the client asks for it and it isn't yet; was it? */
bool gzip_answer(const struct request *request, struct response *response);

#endif
