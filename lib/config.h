/*
 * config: the one configuration file, JSON, shared by all tools.
 *
 * Found as: --config FILE, else $LEDGERPIPE_CONFIG, else ./ledgerpipe.json,
 * else /etc/ledgerpipe/ledgerpipe.json.
 * One that was found in the current folder must belong to us or to root, and be
 * nobody else's to write.  Every key is known (the table is in
 * config.c): an unknown one is an error that names it, and a credential is
 * refused with the word where it belongs.  Relative paths in it are relative
 * to the file.  All errors are EXIT_CONFIG.
 */
#ifndef LEDGERPIPE_CONFIG_H
#define LEDGERPIPE_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "json.h"

struct config {
	char *path;      /* as it was found */
	char *directory; /* of the file */
	struct buffer text;
	struct json json; /* look into it freely */
};

/* Is there one?  One that was named counts, whether it exists or not: it was
 * asked for. */
bool config_present(const char *path);
/* path: the value of --config, or NULL. */
int config_open(struct config *config, const char *path, struct error *error);
void config_close(struct config *config); /* zeroed or closed: fine */

/* A string; fallback (may be NULL) when it isn't there. The caller frees. */
char *config_string(const struct config *config, const char *path,
    const char *fallback);
/* A string that must be there: NULL and an error that names it. */
char *config_need(const struct config *config, const char *path,
    struct error *error);
/* A file's path, made relative to the file's folder. NULL when not there and
 * no fallback. */
char *config_file(const struct config *config, const char *path,
    const char *fallback);
/* One that is true or false; false when it isn't there. */
bool config_is_true(const struct config *config, const char *path);
/* An integer in [low, high]. */
int config_integer(const struct config *config, const char *path,
    int64_t fallback, int64_t low, int64_t high, int64_t *value,
    struct error *error);
/* A span such as "10m" or "1500ms", in ms, in [low, high]. */
int config_span(const struct config *config, const char *path,
    int64_t fallback, int64_t low, int64_t high, int64_t *value,
    struct error *error);
/* A base URL without its final '/': https, or http to this machine alone. */
char *config_url(const struct config *config, const char *path,
    const char *fallback, struct error *error);
/* path made relative to directory unless absolute, or a credential:NAME of
 * systemd; the caller frees. */
char *config_relative(const struct config *config, const char *path);

#endif
