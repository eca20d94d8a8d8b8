/* SPDX-License-Identifier: MIT */
#include "record_key.h"

int
record_key_append(struct buffer *id, const char *part, size_t length,
    bool composite)
{
	unsigned char byte;
	size_t i;

	for (i = 0; i < length; i++) {
		byte = (unsigned char)part[i];
		if (byte < 0x20 || byte == 0x7f)
			return -1;
	}
	if (length == 0)
		return -1;
	if (!composite)
		return buffer_append(id, part, length);
	for (i = 0; i < length && !id->failed; i++) {
		if (part[i] == ':' || part[i] == '%')
			buffer_printf(id, "%%%02X", (unsigned)part[i]);
		else
			buffer_append(id, part + i, 1);
	}
	return id->failed ? -1 : 0;
}
