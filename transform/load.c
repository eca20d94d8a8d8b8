/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* environ */
#include "transform/load.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "transform/jvtext.h"

#define SUFFIX ".jq"

struct loader {
	const struct load *load;
	struct run *run;
	struct config config; /* zeroed: there is none */
	jv search;
	load_report report;
	void *context;
	size_t count; /* of filters, also of those that don't compile */
};

static int
add_folder(struct loader *loader, const char *path)
{
	char *absolute = realpath(path, NULL);

	if (absolute == NULL)
		return -1;
	loader->search = jv_array_append(loader->search, jv_string(absolute));
	free(absolute);
	return 0;
}

static int
module_search(struct loader *loader, struct error *error)
{
	char path[PATH_MAX + 32];
	ssize_t length;
	size_t i;

	loader->search = jv_array();
	for (i = 0; i < loader->load->modules_count; i++)
		if (add_folder(loader, loader->load->modules[i]) == -1)
			return error_errno(error, EXIT_CONFIG,
			    "cannot find the modules' folder '%s'",
			    loader->load->modules[i]);
	length = readlink("/proc/self/exe", path, PATH_MAX);
	if (length > 0) {
		path[length] = '\0';
		strcpy(strrchr(path, '/') + 1, "../share/jq");
		add_folder(loader, path);
	}
	add_folder(loader, DATADIR "/jq");
	return 0;
}

/* $config of a filter. */
static jv
settings(const struct loader *loader, const char *name)
{
	const struct json *json = &loader->config.json;
	json_node node = json_member(json, json_member(json,
	    json_member(json, 0, "filters"), name), "config");

	return node != JSON_NONE ? jvtext_read(json, node, JVTEXT_PLAIN) :
	    jv_object();
}

/* Is an output that breaks a limit trimmed?  -1: neither yes nor no. */
static int
trims(const struct loader *loader, const char *name)
{
	const struct json *json = &loader->config.json;
	json_node node = json_member(json, json_member(json,
	    json_member(json, 0, "filters"), name), "on_invalid");

	if (loader->load->on_invalid != NULL)
		return strcmp(loader->load->on_invalid, "trim") == 0;
	return json_is(json, node, "trim") ? 1 :
	    node == JSON_NONE || json_is(json, node, "reject") ? 0 : -1;
}

static bool
is_taken(const struct run *run, const char *name)
{
	size_t i;

	for (i = 0; i < run->count; i++)
		if (strcmp(run->filters[i].name, name) == 0)
			return true;
	return false;
}

static int
open_filter(struct loader *loader, const char *name, const char *path,
    struct error *error)
{
	struct run *run = loader->run;
	struct filter *filter = &run->filters[run->count];
	jv config;
	int trim;

	if (!filter_is_name(name))
		return error_set(error, EXIT_CONFIG, "'%.100s' is no name for "
		    "a filter: take 1 to %d letters, digits, '_' and '-'",
		    name, FILTER_NAME_MAX);
	if (is_taken(run, name))
		return error_set(error, EXIT_CONFIG,
		    "there are two filters '%s': rename one", name);
	if (run->count == RUN_FILTERS_MAX)
		return error_set(error, EXIT_CONFIG, "there are more than %d "
		    "filters", RUN_FILTERS_MAX);
	if ((trim = trims(loader, name)) == -1)
		return error_set(error, EXIT_CONFIG, "'%s': filters.%s."
		    "on_invalid must be reject or trim", loader->config.path,
		    name);
	config = settings(loader, name);
	if (!jv_is_valid(config)) {
		jv_free(config);
		return error_set(error, EXIT_SYSTEM, "out of memory");
	}
	if (filter_open(filter, name, path, config, jv_copy(loader->search),
	    error) == -1)
		return -1;
	filter->trims = trim == 1;
	run->wants_raw |= filter->wants_raw;
	run->count++;
	return 0;
}

/* One that doesn't compile keeps none of the others from it: who mends them
 * wants to know of all. */
static void
add_filter(struct loader *loader, const char *name, const char *path)
{
	struct error error;
	int rc;

	loader->count++;
	loader->report(loader->context, name, path, LOAD_COMPILING, NULL);
	rc = open_filter(loader, name, path, &error);
	loader->report(loader->context, name, path,
	    rc == 0 ? LOAD_COMPILED : LOAD_FAILED, rc == 0 ? NULL : &error);
}

static void
add_named(struct loader *loader, const char *option)
{
	const char *equals = strchr(option, '=');
	char name[FILTER_NAME_MAX + 2];
	size_t length = (size_t)(equals - option);

	if (length >= sizeof(name))
		length = sizeof(name) - 1; /* add_filter refuses it */
	memcpy(name, option, length);
	name[length] = '\0';
	add_filter(loader, name, equals + 1);
}

static int
is_program(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return entry->d_name[0] != '.' && length > strlen(SUFFIX) &&
	    strcmp(entry->d_name + length - strlen(SUFFIX), SUFFIX) == 0;
}

/* In the order of their bytes, whatever the locale. */
static int
by_name(const struct dirent **one, const struct dirent **other)
{
	return strcmp((*one)->d_name, (*other)->d_name);
}

static int
add_all_of(struct loader *loader, const char *folder, struct error *error)
{
	struct dirent **entries;
	struct buffer path;
	char *name;
	int count, i;

	if ((count = scandir(folder, &entries, is_program, by_name)) == -1)
		return error_errno(error, EXIT_CONFIG,
		    "cannot read the filters' folder '%s'", folder);
	buffer_init(&path, PATH_MAX);
	for (i = 0; i < count; i++) {
		name = entries[i]->d_name;
		buffer_clear(&path);
		buffer_printf(&path, "%s/%s", folder, name);
		name[strlen(name) - strlen(SUFFIX)] = '\0';
		add_filter(loader, name, buffer_text(&path));
		free(entries[i]);
	}
	free(entries);
	buffer_free(&path);
	return 0;
}

static int
add_configured(struct loader *loader, struct error *error)
{
	const struct json *json = &loader->config.json;
	struct buffer name;
	char *file, *path;
	json_node node;
	int rc = 0;

	buffer_init(&name, 256);
	for (node = json_first(json, json_member(json, 0, "filters"));
	    node != JSON_NONE && rc == 0; node = json_next(json, node)) {
		buffer_clear(&name);
		json_decode_name(json, node, &name);
		file = json_dup(json, json_member(json, node, "file"));
		path = file != NULL ? config_relative(&loader->config, file) :
		    NULL;
		if (path != NULL)
			add_filter(loader, buffer_text(&name), path);
		else
			rc = error_set(error, EXIT_CONFIG, "'%s' lacks the "
			    "key 'filters.%s.file': add it",
			    loader->config.path, buffer_text(&name));
		free(file);
		free(path);
	}
	buffer_free(&name);
	return rc;
}

static int
no_filter(bool configured, struct error *error)
{
	return error_set(error, EXIT_CONFIG, "there is no filter%s: name one "
	    "with -f NAME=FILE, a folder of them with -d, or 'filters' in the "
	    "configuration", configured ? "" : ", and no configuration, "
	    "neither ./ledgerpipe.json nor /etc/ledgerpipe/ledgerpipe.json");
}

static int
add_filters(struct loader *loader, struct error *error)
{
	const struct load *load = loader->load;
	size_t i;

	for (i = 0; i < load->named_count; i++)
		add_named(loader, load->named[i]);
	if (load->folder != NULL &&
	    add_all_of(loader, load->folder, error) == -1)
		return -1;
	if (load->named_count == 0 && load->folder == NULL &&
	    add_configured(loader, error) == -1)
		return -1;
	return loader->count > 0 ? 0 : no_filter(true, error);
}

/* libjq 1.6 writes to the stream stderr, past every call-back, what a program
 * gives to its stderr: payload.  The log doesn't use the stream. */
static int
silence(struct error *error)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC), high = -1;
	FILE *nowhere;

	/* Not in the place of a standard descriptor that was closed. */
	if (fd != -1) {
		high = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		close(fd);
	}
	if (high == -1 || (nowhere = fdopen(high, "w")) == NULL)
		return error_errno(error, EXIT_SYSTEM,
		    "cannot open '/dev/null'");
	stderr = nowhere;
	return 0;
}

int
load_filters(const struct load *load, struct run *run, load_report report,
    void *context, struct error *error)
{
	static char *nothing[] = { NULL };
	struct loader loader = { .load = load, .run = run, .report = report,
		.context = context };
	int rc = -1;

	if (config_present(load->config)) {
		if (config_open(&loader.config, load->config, error) == -1)
			return -1;
	} else if (load->named_count == 0 && load->folder == NULL)
		return no_filter(false, error);
	/* Not clearenv: libjq 1.6 reads through the pointer that it nulls. */
	environ = nothing;
	run->keeps = config_is_true(&loader.config, "keep_records");
	if (silence(error) == -1)
		goto out;
	if (module_search(&loader, error) == 0)
		rc = add_filters(&loader, error);
	jv_free(loader.search);
out:
	config_close(&loader.config);
	return rc;
}
