/* SPDX-License-Identifier: MIT */
#include "deliver/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "deliver/ask.h"
#include "deliver/routes.h"
#include "log.h"
#include "nearest.h"
#include "words.h"

#define NAMES_MAX ((size_t)64 << 20)
#define PAGES_MAX 1000
#define PUT_TOKEN "put the app's Bot User OAuth Token (xoxb-...) into the " \
	"vault with auditctl vault set slack.bot_token"

struct check {
	struct ask ask;
	struct routes routes;
	char scopes[HTTP_SCOPES_MAX]; /* "": Slack doesn't tell */
	struct buffer names;          /* of all channels, each ends in NUL */
	bool listed;                  /* all that we may see were */
	bool hides;                   /* private ones can't be among them */
	size_t open, hidden, direct;  /* routes of each kind */
	size_t good;
	int rc;                       /* the worst of the findings */
};

static void finding(struct check *, enum exitcode, const char *, ...)
    __attribute__((format(printf, 3, 4)));

static void
finding(struct check *check, enum exitcode code, const char *format, ...)
{
	char text[ERROR_MESSAGE_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	log_error("%s", text);
	check->rc = exitcode_worse(check->rc, (int)code);
}

/* ---- the token --------------------------------------------------------- */

/* -1: nothing more can be asked. */
static int
check_token(struct check *check, struct error *error)
{
	struct json *json = &check->ask.json;
	char *bot, *user, *team;
	struct buffer form;
	int rc;

	buffer_init(&form, 1);
	rc = ask_slack(&check->ask, "auth.test", &form, error);
	if (rc == -1)
		finding(check, error->code, "%s", error->message);
	if (rc == 1)
		finding(check, EXIT_NOAUTH, "Slack refuses the token: %s: "
		    PUT_TOKEN, check->ask.word);
	if (rc != 0)
		return -1;
	snprintf(check->scopes, sizeof(check->scopes), "%s",
	    check->ask.scopes);
	bot = json_dup(json, json_member(json, 0, "bot_id"));
	user = json_dup(json, json_member(json, 0, "user"));
	team = json_dup(json, json_member(json, 0, "team"));
	if (bot == NULL)
		finding(check, EXIT_NOAUTH, "the token is that of the user "
		    "%.80s, and not a bot's: " PUT_TOKEN,
		    user != NULL ? user : "?");
	else
		log_info("ok: the token is that of the bot %.80s (%.40s) in "
		    "the workspace %.80s", user != NULL ? user : "?", bot,
		    team != NULL ? team : "?");
	free(bot);
	free(user);
	free(team);
	return 0;
}

static void
check_renewal(struct check *check, struct renewal *renewal)
{
	char until[CLOCK_TEXT];
	struct error error;

	if (!renewal->token.rotates)
		return;
	clock_format(renewal->token.expires_ms, until);
	if (renewal_can(renewal, &error) == -1)
		finding(check, error.code, "the token ends, at the latest at "
		    "%s, and can't be renewed: %s", until, error.message);
	else
		log_info("ok: the token is good until %s, and is renewed "
		    "before", until);
}

/* When Slack doesn't tell, everything may be allowed. */
static bool
may(const struct check *check, const char *scope)
{
	return *check->scopes == '\0' || words_have(check->scopes, ", ", scope,
	    strlen(scope));
}

static void
check_scopes(struct check *check)
{
	if (*check->scopes == '\0')
		log_warning("Slack doesn't say which scopes the token has; "
		    "they are not checked");
	else if (!may(check, "chat:write"))
		finding(check, EXIT_NOAUTH, "the token lacks the scope "
		    "chat:write: nothing can be posted: add it and install "
		    "the app anew");
	else
		log_info("ok: the token may post");
}

/* Without history a message in doubt can't be settled. */
static void
check_history(const struct check *check)
{
	const struct {
		const char *scope, *where;
		size_t count;
	} kinds[] = {
		{ "channels:history", "public channels", check->open },
		{ "groups:history", "private channels", check->hidden },
		{ "im:history", "direct messages", check->direct },
	};
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].count > 0 && !may(check, kinds[i].scope))
			log_warning("the token lacks the scope %s: when the "
			    "answer to a post in %s is lost, it can't be "
			    "looked up there, and the message is held for a "
			    "person: add the scope and install the app anew",
			    kinds[i].scope, kinds[i].where);
}

/* ---- the channels that there are --------------------------------------- */

/* A route is found by the id that its messages will be posted to, or else by
 * its name. */
static void
match(struct route *route, const char *id, const char *name,
    const struct json *json, json_node channel)
{
	bool exact = strcmp(route->name, id) == 0 ||
	    strcmp(route->slack, id) == 0;

	if (!exact && (strcmp(route->name + (*route->name == '#'), name) != 0 ||
	    (route->found && strcmp(route->slack, route->id) == 0)))
		return;
	snprintf(route->id, sizeof(route->id), "%s", id);
	snprintf(route->called, sizeof(route->called), "%s", name);
	route->found = true;
	route->archived = json_type(json, json_member(json, channel,
	    "is_archived")) == JSON_TRUE;
	route->hidden = json_type(json, json_member(json, channel,
	    "is_private")) == JSON_TRUE;
	route->member = json_type(json, json_member(json, channel,
	    "is_member")) == JSON_TRUE;
}

/* Keep what the routes need of a page. */
static int
take_page(struct check *check, struct error *error)
{
	const struct json *json = &check->ask.json;
	json_node node = json_first(json, json_member(json, 0, "channels"));
	char *id, *name;
	size_t i;

	for (; node != JSON_NONE; node = json_next(json, node)) {
		id = json_dup(json, json_member(json, node, "id"));
		name = json_dup(json, json_member(json, node, "name"));
		for (i = 0; id != NULL && name != NULL &&
		    i < check->routes.count; i++)
			match(&check->routes.list[i], id, name, json, node);
		if (name != NULL) {
			buffer_puts(&check->names, "#");
			buffer_append(&check->names, name, strlen(name) + 1);
		}
		free(id);
		free(name);
	}
	return check->names.failed ? error_set(error, EXIT_SYSTEM,
	    "there are too many channels") : 0;
}

/* 1: Slack refused it. */
static int
list_channels(struct check *check, const char *types, struct error *error)
{
	char *cursor = NULL;
	struct buffer form;
	int rc, pages = 0;

	buffer_init(&form, 65536);
	do {
		buffer_clear(&form);
		form_field(&form, "types", types);
		form_field(&form, "limit", "1000");
		if (cursor != NULL)
			form_field(&form, "cursor", cursor);
		free(cursor);
		cursor = NULL;
		if ((rc = ask_slack(&check->ask, "conversations.list", &form,
		    error)) != 0 || (rc = take_page(check, error)) != 0)
			break;
		cursor = json_dup(&check->ask.json, json_path(
		    &check->ask.json, "response_metadata.next_cursor"));
	} while (cursor != NULL && *cursor != '\0' && ++pages < PAGES_MAX);
	free(cursor);
	buffer_free(&form);
	return rc;
}

/* -1: nothing more can be asked. */
static int
look_for_channels(struct check *check, struct error *error)
{
	bool open = may(check, "channels:read");
	bool hidden = may(check, "groups:read");
	int rc;

	check->hides = !hidden;
	if (!open)
		log_warning("the token lacks the scope channels:read: channels "
		    "are not checked, and a message in doubt in one that was "
		    "never posted to is held for a person: add the scope and "
		    "install the app anew");
	if (!open || check->routes.count == 0)
		return 0;
	rc = list_channels(check, hidden ? "public_channel,private_channel" :
	    "public_channel", error);
	if (rc == 1)
		log_warning("Slack doesn't list its channels: %s; they are "
		    "not checked", check->ask.word);
	if (rc == -1)
		finding(check, error->code, "%s", error->message);
	check->listed = rc == 0;
	return rc == -1 ? -1 : 0;
}

/* ---- the routes -------------------------------------------------------- */

/* Who sends messages there. */
static const char *
reason(const struct route *route, char text[128])
{
	if (route->filter != NULL)
		snprintf(text, 128, "filter %.80s", route->filter);
	else if (route->waiting > 0)
		snprintf(text, 128, "%lld waiting messages",
		    (long long)route->waiting);
	else
		snprintf(text, 128, "messages of the last %d days",
		    ROUTES_DAYS);
	return text;
}

static void
tell_unknown(struct check *check, const struct route *route, const char *why)
{
	struct nearest nearest;
	const char *name = buffer_text(&check->names);
	const char *end = name + check->names.length;

	nearest_start(&nearest, route->name);
	for (; *route->name == '#' && name < end; name += strlen(name) + 1)
		nearest_try(&nearest, name);
	finding(check, EXIT_CONFIG, "channel %.80s (%s): there is none%s%s%s; "
	    "correct its name, or create it%s", route->name, why,
	    nearest.found != NULL ? "; is it " : "",
	    nearest.found != NULL ? nearest.found : "",
	    nearest.found != NULL ? "?" : "", check->hides ?
	    "; if it is private, add the scope groups:read, install the app "
	    "anew and invite it" : "; if it is private, invite the app");
}

static void
check_membership(struct check *check, const struct route *route,
    const char *why)
{
	const char *name = route->name;

	if (route->member)
		log_info("ok: channel %.80s (%s): %s", name, why, route->id);
	else if (route->hidden || !may(check, "chat:write.public")) {
		finding(check, EXIT_NOAUTH, "channel %.80s (%s): the app is no "
		    "member%s: invite it to the channel%s", name, why,
		    route->hidden ? "" : " and lacks the scope "
		    "chat:write.public", route->hidden ? "" : ", or add the "
		    "scope and install the app anew");
		return;
	} else
		log_warning("channel %.80s (%s): it can be posted to, but the "
		    "app is no member: when an answer is lost, the message "
		    "can't be looked up and is held for a person: invite the "
		    "app", name, why);
	check->good++;
}

static void
check_found(struct check *check, const struct route *route, const char *why)
{
	check->open += !route->hidden;
	check->hidden += route->hidden;
	if (!slack_is_id(route->name) && strcmp(route->name + 1,
	    route->called) != 0)
		log_warning("channel %.80s (%s): it is called #%.80s now, and "
		    "messages go there: correct its name", route->name, why,
		    route->called);
	if (route->archived)
		finding(check, EXIT_CONFIG, "channel %.80s (%s): it is "
		    "archived: unarchive it, or name another", route->name,
		    why);
	else
		check_membership(check, route, why);
}

static void
check_route(struct check *check, const struct route *route)
{
	bool person = *route->name == '@' || (slack_is_id(route->name) &&
	    strchr("UD", *route->name) != NULL);
	char text[128];
	const char *why = reason(route, text);

	check->direct += person;
	if (person)
		log_warning("%.80s (%s): a direct message, whose reader can't "
		    "be checked%s", route->name, why, *route->name == '@' ?
		    "; Slack wants the id of a user, not a name" : "");
	else if (!check->listed)
		return;
	else if (route->found)
		check_found(check, route, why);
	else if (check->hides && *route->slack != '\0')
		log_warning("channel %.80s (%s): it can't be checked: it may "
		    "be private, and the token lacks the scope groups:read",
		    route->name, why);
	else
		tell_unknown(check, route, why);
}

int
check_run(const struct check_setup *setup, struct error *error)
{
	struct check check = { 0 };
	size_t i;

	ask_open(&check.ask, setup->client, setup->budget_ms);
	buffer_init(&check.names, NAMES_MAX);
	if (routes_read(&check.routes, setup->config, setup->ledger,
	    error) == -1) {
		check.rc = log_failure(error);
		goto out;
	}
	if (check_token(&check, error) == -1)
		goto out;
	check_renewal(&check, setup->renewal);
	check_scopes(&check);
	if (look_for_channels(&check, error) == 0) {
		for (i = 0; i < check.routes.count; i++)
			check_route(&check, &check.routes.list[i]);
		check_history(&check);
	}
	if (check.listed)
		log_info("%zu of %zu channels take messages%s", check.good,
		    check.routes.count - check.direct,
		    check.rc == EXIT_DONE ? "" :
		    exitcode_is_transient(check.rc) ? "; try later" :
		    "; mend what is said above");
	else
		log_info("the channels were not looked at");
out:
	routes_free(&check.routes);
	buffer_free(&check.names);
	ask_close(&check.ask);
	return check.rc;
}
