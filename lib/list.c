/* SPDX-License-Identifier: MIT */
#include "list.h"

#include <stdlib.h>

void *
list_grow(void *list, size_t count, size_t *capacity, size_t size)
{
	size_t more = *capacity > 0 ? *capacity * 2 : 16;

	if (count < *capacity)
		return list;
	if ((list = realloc(list, more * size)) != NULL)
		*capacity = more;
	return list;
}
