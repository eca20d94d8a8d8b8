/* SPDX-License-Identifier: MIT */
#include "nearest.h"

#include <ctype.h>
#include <string.h>

void
nearest_start(struct nearest *nearest, const char *wanted)
{
	size_t third = strlen(wanted) / 3;

	*nearest = (struct nearest){ .wanted = wanted,
		.distance = (third > 2 ? third : 2) + 1 };
}

/* Levenshtein's: the fewest letters to insert, remove or change. */
static size_t
distance(const char *a, const char *b)
{
	size_t row[NEAREST_NAME_MAX + 1], length = strlen(b), i, diagonal, up;

	for (i = 0; i <= length; i++)
		row[i] = i;
	for (; *a != '\0'; a++) {
		diagonal = row[0]++;
		for (i = 1; i <= length; i++) {
			up = row[i];
			row[i] = diagonal + (tolower((unsigned char)*a) !=
			    tolower((unsigned char)b[i - 1]));
			if (up + 1 < row[i])
				row[i] = up + 1;
			if (row[i - 1] + 1 < row[i])
				row[i] = row[i - 1] + 1;
			diagonal = up;
		}
	}
	return row[length];
}

void
nearest_try(struct nearest *nearest, const char *candidate)
{
	size_t found;

	if (strlen(candidate) > NEAREST_NAME_MAX ||
	    strlen(nearest->wanted) > NEAREST_NAME_MAX)
		return;
	found = distance(nearest->wanted, candidate);
	if (found < nearest->distance) {
		nearest->distance = found;
		nearest->found = candidate;
	}
}
