/* SPDX-License-Identifier: MIT */
#include "verify/guests.h"

#include <stdlib.h>
#include <sys/socket.h>

static void
append(struct guests *guests, struct guest *guest)
{
	guest->next = NULL;
	guest->previous = guests->last;
	*(guests->last != NULL ? &guests->last->next : &guests->first) = guest;
	guests->last = guest;
}

static void
take_out(struct guests *guests, struct guest *guest)
{
	*(guest->previous != NULL ? &guest->previous->next :
	    &guests->first) = guest->next;
	*(guest->next != NULL ? &guest->next->previous : &guests->last) =
	    guest->previous;
}

struct guest *
guests_add(struct guests *guests, int fd, int64_t now_ms)
{
	struct guest *guest = calloc(1, sizeof(*guest));

	if (guest == NULL)
		return NULL;
	guest->fd = fd;
	guest->since_ms = now_ms;
	append(guests, guest);
	guests->count++;
	return guest;
}

void
guests_remove(struct guests *guests, struct guest *guest)
{
	take_out(guests, guest);
	guests->count -= !guest->cut;
	free(guest);
}

void
guests_renew(struct guests *guests, struct guest *guest, int64_t now_ms)
{
	guest->since_ms = now_ms;
	guest->served = false;
	guest->sending = NULL;
	take_out(guests, guest);
	append(guests, guest);
}

static void
cut(struct guests *guests, struct guest *guest)
{
	if (guest->cut || guest->served)
		return;
	shutdown(guest->fd, SHUT_RDWR);
	guest->cut = true;
	guests->count--;
}

void
guests_cut(struct guests *guests, int64_t since_ms)
{
	struct guest *guest;

	for (guest = guests->first; guest != NULL &&
	    guest->since_ms <= since_ms; guest = guest->next)
		cut(guests, guest);
}

void
guests_make_room(struct guests *guests, unsigned int count)
{
	struct guest *guest;

	for (guest = guests->first; guest != NULL && guests->count > count;
	    guest = guest->next)
		cut(guests, guest);
}

struct guest *
guests_cut_sender(struct guests *guests)
{
	struct guest *guest = guests->first;

	while (guest != NULL && (guest->sending == NULL || guest->served))
		guest = guest->next;
	if (guest != NULL)
		cut(guests, guest);
	return guest;
}
