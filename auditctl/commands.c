/* SPDX-License-Identifier: MIT */
/* The commands, in the order of auditctl --help. */
#include <stddef.h>

#include "auditctl/auditctl.h"

const struct command commands[] = {
	{ "init", NULL, "[--passphrase]",
	    "make the ledger and its master key", NULL, DB_CREATE, false },
	{ "vault", "set", "NAME [--fd N]",
	    "keep a secret; its value comes from stdin or\n"
	    "descriptor N", vault_set_command, DB_WRITE, true },
	{ "vault", "list", "",
	    "names and ages, never values", vault_list_command, DB_READ,
	    false },
	{ "vault", "rm", "NAME",
	    "forget a secret", vault_rm_command, DB_WRITE, true },
	{ "vault", "rekey", "[--passphrase | --verify]",
	    "another master key; --verify: all can be read with\n"
	    "it, retire the old one", vault_rekey_command, DB_WRITE,
	    false },
	{ "login", "oracle", "[--no-browser] [--port N] [--timeout SPAN]",
	    "log in to the ERP with a browser, and keep the\n"
	    "refresh token", NULL, DB_WRITE, false },
	{ "login", "slack", "",
	    "install the app with a browser, and keep the\n"
	    "bot's token", NULL, DB_WRITE, false },
	{ "bookmark", "list", "",
	    "how far each stream was read", bookmark_list_command, DB_READ,
	    false },
	{ "bookmark", "set", "STREAM VALUE [OPTIONS]",
	    "read a stream from an earlier time again, or with\n"
	    "--skip from a later one on: --pipeline --key\n"
	    "--reason", bookmark_set_command, DB_WRITE, false },
	{ "bookmark", "reset", "STREAM [--pipeline NAME] [--reason TEXT]",
	    "read a stream from its start again",
	    bookmark_reset_command, DB_WRITE, false },
	{ "anchor", NULL, "",
	    "sign where the audit log ends; keep it elsewhere",
	    anchor_command, DB_WRITE, false },
	{ "check", NULL, "[--rows] [--anchor FILE] [--archive FILE]...",
	    "is the audit log what was written?", check_command, DB_READ,
	    false },
	{ "prune", NULL, "--older-than SPAN|TIME [--reason TEXT] [--dry-run]",
	    "remove the payloads of sent and cancelled messages;\n"
	    "--rows (--archive FILE | --no-archive): remove events\n"
	    "of the audit log, and attempts",
	    prune_command, DB_WRITE, false },
	{ "balance", NULL, "[--from TIME] [--to TIME] [--stream STREAM]",
	    "is every record that was read accounted for?",
	    balance_command, DB_READ, false },
	{ "list", NULL, "[OPTIONS]",
	    "messages, the newest first: --state --channel\n"
	    "--stream --filter --record --since --until\n"
	    "--text --before --limit", list_command, DB_READ, false },
	{ "tail", NULL, "[-n LINES] [-f] [OPTIONS]",
	    "what happened to messages last, -f: and as it\n"
	    "happens; --state --channel --stream --filter\n"
	    "--record --since --until", tail_command, DB_READ, false },
	{ "show", NULL, "ID",
	    "a message as it looks, its attempts and events", show_command,
	    DB_READ, false },
	{ "why", NULL, "RECORD [--stream STREAM]",
	    "what became of a record: read when, sent where,\n"
	    "or why not", why_command, DB_READ, false },
	{ "queue", NULL, "",
	    "how long messages wait, by channel",
	    queue_command, DB_READ, false },
	{ "stats", NULL, "[--since TIME] [--until TIME]",
	    "messages by state and channel, and how long they\n"
	    "took to Slack, of the last 24 hours", stats_command,
	    DB_READ, false },
	{ "replay", NULL, "[OPTIONS] ID... | - | QUERY",
	    "queue messages again; what may be in Slack is looked\n"
	    "up there, with --resend not; --again sends sent ones\n"
	    "as new messages, --to CHANNEL any to another channel,\n"
	    "--reformat as today's filters have it; --reason\n"
	    "--dry-run; QUERY: --state --channel --stream\n"
	    "--filter --record --since --until",
	    replay_command, DB_WRITE, true },
	{ "hold", NULL, "[--reason TEXT] [--dry-run] ID... | - | QUERY",
	    "keep queued messages back; - reads ids, or objects\n"
	    "with an id, from stdin", hold_command, DB_WRITE, true },
	{ "release", NULL, "[--reason TEXT] [--dry-run] ID... | - | QUERY",
	    "queue held messages", release_command, DB_WRITE, true },
	{ "cancel", NULL, "[--reason TEXT] [--dry-run] ID... | - | QUERY",
	    "never send queued, held or dead messages",
	    cancel_command, DB_WRITE, true },
	{ "settle", NULL, "[--reason TEXT] [--dry-run] ID sent|unsent "
	    "[--ts TS --channel-id C]",
	    "say whether a message in doubt, or held since it\n"
	    "was, is in Slack", settle_command, DB_WRITE, true },
	{ "events", NULL, "[--team TEAM]",
	    "take verify's EVENT lines from stdin: who acknowledged\n"
	    "a message, and whether the app was removed",
	    events_command, DB_WRITE, true },
	{ NULL, NULL, NULL, NULL, NULL, DB_READ, false }
};
