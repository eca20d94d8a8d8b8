/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"

#define CONFIG_BYTES_MAX ((size_t)1 << 20)

#define LIST (JSON_NULL + 1) /* a string, or an array of them */
#define BOOLEAN (LIST + 1)

/* Every key there is; '*' stands for any name.  A key that stands in no row's
 * path is unknown. */
static const struct known {
	const char *path;
	int type; /* enum json_type, LIST or BOOLEAN */
} known[] = {
	{ "pipeline", JSON_STRING },
	{ "ledger", JSON_STRING },
	{ "key_file", JSON_STRING },
	{ "keep_records", BOOLEAN },
	{ "oracle", JSON_OBJECT },
	{ "oracle.url", JSON_STRING },
	{ "oracle.auth", JSON_STRING },
	{ "oracle.token_url", JSON_STRING },
	{ "oracle.authorize_url", JSON_STRING },
	{ "oracle.redirect_port", JSON_NUMBER },
	{ "oracle.client_id", JSON_STRING },
	{ "oracle.client_auth", JSON_STRING },
	{ "oracle.user", JSON_STRING },
	{ "oracle.issuer", JSON_STRING },
	{ "oracle.audience", JSON_STRING },
	{ "oracle.key_id", JSON_STRING },
	{ "oracle.certificate", JSON_STRING },
	{ "oracle.scope", JSON_STRING },
	{ "oracle.ca_file", JSON_STRING },
	{ "oracle.page_size", JSON_NUMBER },
	{ "oracle.overlap", JSON_STRING },
	{ "oracle.timeout", JSON_STRING },
	{ "oracle.connect_timeout", JSON_STRING },
	{ "oracle.stall_timeout", JSON_STRING },
	{ "oracle.retry_budget", JSON_STRING },
	{ "oracle.concurrency", JSON_NUMBER },
	{ "oracle.rest_version", JSON_STRING },
	{ "oracle.framework_version", JSON_NUMBER },
	{ "oracle.streams", JSON_OBJECT },
	{ "oracle.streams.*", JSON_OBJECT },
	{ "oracle.streams.*.path", JSON_STRING },
	{ "oracle.streams.*.key", LIST },
	{ "oracle.streams.*.cursor", JSON_STRING },
	{ "oracle.streams.*.scan", JSON_STRING },
	{ "oracle.streams.*.expand", LIST },
	{ "oracle.streams.*.fields", LIST },
	{ "oracle.streams.*.filter", JSON_STRING },
	{ "oracle.streams.*.business_unit", LIST },
	{ "oracle.streams.*.business_unit_attribute", JSON_STRING },
	{ "oracle.streams.*.amount", JSON_STRING },
	{ "oracle.streams.*.currency", JSON_STRING },
	{ "oracle.streams.*.page_size", JSON_NUMBER },
	{ "oracle.streams.*.overlap", JSON_STRING },
	{ "slack", JSON_OBJECT },
	{ "slack.url", JSON_STRING },
	{ "slack.ca_file", JSON_STRING },
	{ "slack.client_id", JSON_STRING },
	{ "slack.redirect_url", JSON_STRING },
	{ "slack.workspace_url", JSON_STRING },
	{ "slack.workspace_rate", JSON_NUMBER },
	{ "slack.channel_interval", JSON_STRING },
	{ "slack.settle_delay", JSON_STRING },
	{ "slack.timeout", JSON_STRING },
	{ "slack.max_attempts", JSON_NUMBER },
	{ "slack.max_backlog", JSON_NUMBER },
	{ "slack.retry_budget", JSON_STRING },
	{ "transform", JSON_OBJECT },
	{ "transform.workers", JSON_NUMBER },
	{ "transform.cpu", JSON_STRING },
	{ "transform.memory", JSON_NUMBER },
	{ "filters", JSON_OBJECT },
	{ "filters.*", JSON_OBJECT },
	{ "filters.*.file", JSON_STRING },
	{ "filters.*.config", JSON_OBJECT },
	{ "filters.*.on_invalid", JSON_STRING },
};

/* Where somebody might put a secret, and the vault's name for it. */
static const char *const secrets[] = { "client_secret", "password",
	"private_key", "refresh_token", "bot_token", "signing_secret",
	"access_token", "token", "secret" };

static const char *const types[] = { "", "an object", "an array", "a string",
	"a number", "true", "false", "null",
	"a string or an array of strings", "true or false" };

static bool
matches(const char *pattern, const char *path)
{
	size_t p, q;

	for (;;) {
		p = strcspn(pattern, ".");
		q = strcspn(path, ".");
		if (!(p == 1 && *pattern == '*') &&
		    (p != q || memcmp(pattern, path, p) != 0))
			return false;
		pattern += p;
		path += q;
		if (*pattern == '\0' || *path == '\0')
			return *pattern == *path;
		pattern++;
		path++;
	}
}

static const struct known *
find(const char *path)
{
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (matches(known[i].path, path))
			return &known[i];
	return NULL;
}

static int
refuse(const struct config *config, const char *path, struct error *error)
{
	const char *name = strrchr(path, '.') != NULL ?
	    strrchr(path, '.') + 1 : path;
	size_t i;

	for (i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++)
		if (strcmp(name, secrets[i]) == 0)
			return error_set(error, EXIT_CONFIG, "'%s' holds the "
			    "secret '%.200s': take it out and put it into the "
			    "vault with auditctl vault set %.200s",
			    config->path, path, path);
	return error_set(error, EXIT_CONFIG, "'%s' has the unknown key "
	    "'%.200s': correct its name or remove it", config->path, path);
}

static bool
fits(const struct json *json, json_node node, int type)
{
	json_node element;

	if (type == BOOLEAN)
		return json_type(json, node) == JSON_TRUE ||
		    json_type(json, node) == JSON_FALSE;
	if (type != LIST || json_type(json, node) != JSON_ARRAY)
		return (int)json_type(json, node) ==
		    (type == LIST ? JSON_STRING : type);
	for (element = json_first(json, node); element != JSON_NONE;
	    element = json_next(json, element))
		if (json_type(json, element) != JSON_STRING)
			return false;
	return true;
}

/* Look at the members of object, whose own path stands in *path. */
static int
check(const struct config *config, json_node object, struct buffer *path,
    struct error *error)
{
	size_t length = path->length;
	const struct known *row;
	json_node node;

	for (node = json_first(&config->json, object); node != JSON_NONE;
	    node = json_next(&config->json, node)) {
		path->length = length;
		if (length > 0)
			buffer_puts(path, ".");
		json_decode_name(&config->json, node, path);
		if (path->failed)
			return error_set(error, EXIT_CONFIG,
			    "'%s' has a key that is too long", config->path);
		if ((row = find(path->data)) == NULL)
			return refuse(config, path->data, error);
		if (!fits(&config->json, node, row->type))
			return error_set(error, EXIT_CONFIG, "'%s': '%s' must "
			    "be %s", config->path, path->data,
			    types[row->type]);
		if (strcmp(row->path, "filters.*.config") != 0 &&
		    row->type == JSON_OBJECT &&
		    check(config, node, path, error) == -1)
			return -1;
	}
	return 0;
}

#define LOCAL_FILE "ledgerpipe.json"
#define SYSTEM_FILE "/etc/ledgerpipe/ledgerpipe.json"

static const char *
choose(const char *path)
{
	const char *environment = getenv("LEDGERPIPE_CONFIG");

	if (path != NULL)
		return path;
	if (environment != NULL && *environment != '\0')
		return environment;
	if (access(LOCAL_FILE, F_OK) == 0)
		return LOCAL_FILE;
	return SYSTEM_FILE;
}

/* A file that merely lies in the current folder says where our credentials
 * go: it must be ours or root's, and nobody else's to write. */
static int
check_owner(const struct config *config, int fd, struct error *error)
{
	struct stat status;

	if (fstat(fd, &status) == -1)
		return error_errno(error, EXIT_CONFIG,
		    "cannot look at the configuration '%s'", config->path);
	if ((status.st_uid != 0 && status.st_uid != geteuid()) ||
	    (status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return error_set(error, EXIT_CONFIG, "the configuration '%s' "
		    "in this folder belongs to another user or others may "
		    "write it: mend that (chmod go-w), or name it with "
		    "--config", config->path);
	return 0;
}

static int
read_file(struct config *config, bool found, struct error *error)
{
	int fd, rc = -1;

	if ((fd = open(config->path, O_RDONLY | O_CLOEXEC)) == -1)
		return error_errno(error, EXIT_CONFIG,
		    "cannot open the configuration '%s': name one with "
		    "--config", config->path);
	if (found && check_owner(config, fd, error) == -1) {
		close(fd);
		return -1;
	}
	if (buffer_read(&config->text, fd) == -1)
		error_errno(error, EXIT_CONFIG,
		    "cannot read the configuration '%s'", config->path);
	else if (config->text.failed)
		error_set(error, EXIT_CONFIG, "the configuration '%s' is "
		    "larger than %zu bytes", config->path, CONFIG_BYTES_MAX);
	else
		rc = 0;
	close(fd);
	return rc;
}

bool
config_present(const char *path)
{
	const char *chosen = choose(path);

	return path != NULL || strcmp(chosen, SYSTEM_FILE) != 0 ||
	    access(chosen, F_OK) == 0;
}

static char *
directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return strdup(".");
	return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

int
config_open(struct config *config, const char *path, struct error *error)
{
	struct error parse;
	struct buffer key;
	int rc;

	*config = (struct config){ 0 };
	buffer_init(&config->text, CONFIG_BYTES_MAX);
	config->path = strdup(choose(path));
	if (config->path == NULL ||
	    (config->directory = directory_of(config->path)) == NULL) {
		error_set(error, EXIT_SYSTEM, "out of memory");
		goto fail;
	}
	if (read_file(config, path == NULL && strcmp(config->path,
	    LOCAL_FILE) == 0, error) == -1)
		goto fail;
	if (json_parse(&config->json, buffer_text(&config->text),
	    config->text.length, &parse) == -1) {
		error_set(error, EXIT_CONFIG, "the configuration '%s' is %.300s",
		    config->path, parse.message);
		goto fail;
	}
	if (json_type(&config->json, 0) != JSON_OBJECT) {
		error_set(error, EXIT_CONFIG, "the configuration '%s' is not "
		    "a JSON object", config->path);
		goto fail;
	}
	buffer_init(&key, 1024);
	rc = check(config, 0, &key, error);
	buffer_free(&key);
	if (rc == 0)
		return 0;
fail:
	config_close(config);
	return -1;
}

void
config_close(struct config *config)
{
	json_free(&config->json);
	buffer_free(&config->text);
	free(config->path);
	free(config->directory);
	*config = (struct config){ 0 };
}

char *
config_string(const struct config *config, const char *path,
    const char *fallback)
{
	char *value = json_dup(&config->json, json_path(&config->json, path));

	return value != NULL || fallback == NULL ? value : strdup(fallback);
}

char *
config_need(const struct config *config, const char *path, struct error *error)
{
	char *value = config_string(config, path, NULL);

	if (value == NULL)
		error_set(error, EXIT_CONFIG, "'%s' lacks the key '%s': add it",
		    config->path, path);
	return value;
}

char *
config_relative(const struct config *config, const char *path)
{
	struct buffer out;

	/* What systemd keeps for a service is no file of ours. */
	if (path[0] == '/' || strncmp(path, "credential:", 11) == 0)
		return strdup(path);
	buffer_init(&out, 65536);
	buffer_printf(&out, "%s/%s", config->directory, path);
	return out.data;
}

char *
config_file(const struct config *config, const char *path,
    const char *fallback)
{
	char *value = config_string(config, path, fallback), *file;

	if (value == NULL)
		return NULL;
	file = config_relative(config, value);
	free(value);
	return file;
}

bool
config_is_true(const struct config *config, const char *path)
{
	return json_type(&config->json, json_path(&config->json, path)) ==
	    JSON_TRUE;
}

int
config_integer(const struct config *config, const char *path,
    int64_t fallback, int64_t low, int64_t high, int64_t *value,
    struct error *error)
{
	json_node node = json_path(&config->json, path);

	*value = fallback;
	if (node != JSON_NONE && (!json_integer(&config->json, node, value) ||
	    *value < low || *value > high))
		return error_set(error, EXIT_CONFIG, "'%s': '%s' must be an "
		    "integer from %lld to %lld", config->path, path,
		    (long long)low, (long long)high);
	return 0;
}

int
config_span(const struct config *config, const char *path, int64_t fallback,
    int64_t low, int64_t high, int64_t *value, struct error *error)
{
	char *text = config_string(config, path, NULL);
	int rc = 0;

	*value = fallback;
	if (text != NULL && (clock_parse_span(text, value) == -1 ||
	    *value < low || *value > high))
		rc = error_set(error, EXIT_CONFIG, "'%s': '%s' must be a span "
		    "such as \"500ms\", \"10s\", \"5m\", \"2h\" or \"1d\", from "
		    "%lld to %lld ms", config->path, path, (long long)low,
		    (long long)high);
	free(text);
	return rc;
}

/* http is for this machine alone: elsewhere it would show the token. */
static bool
is_safe_url(const char *url)
{
	static const char *const here[] = { "http://127.0.0.1",
		"http://localhost", "http://[::1]" };
	size_t i, length;

	if (strncmp(url, "https://", 8) == 0)
		return url[8] != '\0' && strchr(url, '@') == NULL;
	for (i = 0; i < sizeof(here) / sizeof(here[0]); i++) {
		length = strlen(here[i]);
		if (strncmp(url, here[i], length) == 0 &&
		    strchr(":/", url[length]) != NULL)
			return strchr(url, '@') == NULL;
	}
	return false;
}

char *
config_url(const struct config *config, const char *path,
    const char *fallback, struct error *error)
{
	char *url = fallback != NULL ? config_string(config, path, fallback) :
	    config_need(config, path, error);
	size_t length;

	if (url == NULL) {
		if (fallback != NULL)
			error_set(error, EXIT_SYSTEM, "out of memory");
		return NULL;
	}
	for (length = strlen(url); length > 0 && url[length - 1] == '/';)
		url[--length] = '\0';
	if (!is_safe_url(url)) {
		error_set(error, EXIT_CONFIG, "'%s': '%s' must be an https URL "
		    "(http is for this machine alone)", config->path, path);
		free(url);
		return NULL;
	}
	return url;
}
