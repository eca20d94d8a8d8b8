/* SPDX-License-Identifier: MIT */
#include "actor.h"

#include <ctype.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define NAME_MAX_BYTES 64

/* " key=name"; what would look like another word of it is replaced. */
static void
add(char *text, size_t size, const char *key, const char *name)
{
	size_t length = strlen(text);
	char *c;

	if (name == NULL || *name == '\0')
		return;
	snprintf(text + length, size - length, " %s=%.*s", key,
	    NAME_MAX_BYTES, name);
	for (c = text + length + strlen(key) + 2; *c != '\0'; c++)
		if (!isgraph((unsigned char)*c) || *c == '=')
			*c = '?';
}

static const char *
user_name(uid_t uid)
{
	const struct passwd *user = getpwuid(uid);

	return user != NULL ? user->pw_name : NULL;
}

/* Who logged in: set once by PAM, and inherited (proc(5)).  (uid_t)-1: nobody
 * did. */
static uid_t
login_uid(void)
{
	FILE *file = fopen("/proc/self/loginuid", "re");
	unsigned long uid;
	bool known = file != NULL && fscanf(file, "%lu", &uid) == 1;

	if (file != NULL)
		fclose(file);
	return known ? (uid_t)uid : (uid_t)-1;
}

const char *
actor_name(const char *tool)
{
	static char text[512];
	uid_t login = login_uid();

	snprintf(text, sizeof(text), "%s uid=%lu", tool,
	    (unsigned long)getuid());
	add(text, sizeof(text), "user", user_name(getuid()));
	if (login != (uid_t)-1)
		add(text, sizeof(text), "login", user_name(login));
	add(text, sizeof(text), "sudo", getenv("SUDO_USER"));
	return text;
}
