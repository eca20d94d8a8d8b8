/* SPDX-License-Identifier: MIT */
/* auditctl vault rekey */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "auditctl/auditctl.h"
#include "log.h"
#include "passphrase.h"
#include "rekey.h"

/* The key before the one that was just seen to open everything. */
static int
remove_old(struct ledger *ledger, struct error *error)
{
	char old[MASTER_PATH_MAX], id[MASTER_ID_MAX];
	struct error ignored;

	if (master_beside(ledger->key_file, ".old", old, error) == -1)
		return -1;
	/* A copy of the key that is in use is none of ours. */
	if (access(old, F_OK) == -1 || master_id(old, id, &ignored) == -1 ||
	    strcmp(id, ledger->key_id) == 0)
		return 0;
	if (unlink(old) == -1)
		return error_errno(error, EXIT_CANTCREATE, "cannot remove the "
		    "old key '%s'", old);
	return master_sync_folder(old, error);
}

static int
verify(struct ledger *ledger, struct error *error)
{
	int64_t secrets;

	/* A rekey that was stopped may have left the new name in memory alone:
	 * the old key is given up when it is on the disk. */
	if (master_sync_folder(ledger->key_file, error) == -1 ||
	    rekey_retire(ledger, &secrets, error) == -1 ||
	    remove_old(ledger, error) == -1)
		return -1;
	printf("{\"key_id\":\"%s\",\"secrets\":%" PRId64 ",\"keys\":1}\n",
	    ledger->key_id, secrets);
	return 0;
}

static int
add(struct ledger *ledger, bool wants_passphrase, struct error *error)
{
	struct secret passphrase = { 0 };
	struct master master = { 0 };
	char file[MASTER_PATH_MAX];
	int rc = -1;

	if (master_beside(ledger->key_file, ".new", file, error) == 0 &&
	    (!wants_passphrase || passphrase_get_new(&passphrase, NULL,
	    error) == 0) && master_make(&master, wants_passphrase ?
	    &passphrase : NULL, error) == 0 &&
	    rekey_share(ledger, &master, file, error) == 0)
		rc = rekey_install(ledger, error);
	master_free(&master);
	secret_free(&passphrase);
	return rc;
}

int
vault_rekey_command(struct ledger *ledger, int argc, char **argv)
{
	static const struct option table[] = {
		{ "verify", no_argument, NULL, 'v' },
		{ "passphrase", no_argument, NULL, 'p' },
		{ NULL, 0, NULL, 0 }
	};
	bool wants_verify = false, wants_passphrase = false;
	struct rekey_state state;
	struct error error;
	int option, rc;

	optind = 0;
	while ((option = getopt_long(argc, argv, "", table, NULL)) != -1) {
		wants_verify = wants_verify || option == 'v';
		wants_passphrase = wants_passphrase || option == 'p';
		if (option == '?')
			break;
	}
	if (option == '?' || optind != argc ||
	    (wants_verify && wants_passphrase)) {
		log_error("vault rekey takes --passphrase or --verify alone");
		return EXIT_USAGE;
	}
	if (credential_named(ledger->key_file)) {
		log_error("vault rekey changes a key file, and '%s' is a "
		    "credential: name its file with --key-file",
		    ledger->key_file);
		return EXIT_USAGE;
	}
	/* What a run that was stopped left to do. */
	if ((rc = rekey_install(ledger, &error)) == -1 ||
	    rekey_look(ledger, &state, &error) == -1)
		return log_failure(&error);
	if (rc == 1 && wants_verify) {
		log_error("the new key took its place only now: run vault "
		    "rekey --verify again");
		return EXIT_TEMPFAIL;
	}
	if (wants_verify)
		rc = verify(ledger, &error);
	else if (rc == 0)
		rc = add(ledger, wants_passphrase, &error);
	if (rc == -1)
		return log_failure(&error);
	if (!wants_verify)
		log_info("the key in '%s' is a new one: copy it to a safe "
		    "place; the old one opens the ledger until auditctl vault "
		    "rekey --verify", ledger->key_file);
	return EXIT_DONE;
}
