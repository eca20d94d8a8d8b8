/* SPDX-License-Identifier: MIT */
#include "auditctl/permalink.h"

#include <stdlib.h>
#include <string.h>

static char *workspace; /* it lives for ever */

int
permalink_configure(const struct config *config, struct error *error)
{
	const char *key = "slack.workspace_url";
	char *url;

	if (json_path(&config->json, key) == JSON_NONE)
		return 0;
	if ((url = config_url(config, key, NULL, error)) == NULL)
		return -1;
	if (strpbrk(url, "?# ") == NULL) {
		workspace = url;
		return 0;
	}
	free(url);
	return error_set(error, EXIT_CONFIG, "'%s': '%s' must be the address "
	    "of the workspace alone, such as https://acme.slack.com",
	    config->path, key);
}

const char *
permalink_workspace(void)
{
	return workspace;
}
