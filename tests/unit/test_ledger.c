/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger.h"
#include "rekey.h"
#include "tap.h"

static char directory[] = "/tmp/ledgerpipe-test-XXXXXX";
static char path[64], key_file[64], other_key[64];
static struct error error;

static bool
run(struct ledger *ledger, const char *sql)
{
	return db_execute(ledger->db, sql, &error) == 0;
}

static void
test_vault(struct ledger *ledger)
{
	const struct vault_item two[] = { { "one", "1", 1 }, { "two", "2", 1 } };
	struct secret secret;

	ok(run(ledger, "CREATE TRIGGER no BEFORE INSERT ON vault WHEN "
	    "new.name = 'two' BEGIN SELECT RAISE(ABORT, 'no'); END") &&
	    vault_set_all(ledger, two, 2, &error) == -1 &&
	    vault_get(ledger, "one", &secret, &error) == 1,
	    "of several secrets none is kept where one can't be");
	ok(run(ledger, "DROP TRIGGER no") &&
	    vault_set_all(ledger, two, 2, &error) == 0 &&
	    vault_remove(ledger, "one", &error) == 0 &&
	    vault_remove(ledger, "two", &error) == 0, "else all are");
	ok(vault_set(ledger, "slack.bot_token", "xoxb-1", 6, &error) == 0,
	    "a secret is kept");
	ok(vault_set(ledger, "slack.bot_token", "xoxb-2", 6, &error) == 0,
	    "and rotated");
	ok(vault_get(ledger, "slack.bot_token", &secret, &error) == 0 &&
	    strcmp(secret.text, "xoxb-2") == 0, "and read");
	secret_free(&secret);
	ok(vault_get(ledger, "nothing", &secret, &error) == 1, "a missing one");
	ok(vault_need(ledger, "nothing", &secret, &error) == -1 &&
	    error.code == EXIT_NOAUTH, "a missing one that is needed");
	ok(vault_set(ledger, "Bad Name", "x", 1, &error) == -1 &&
	    error.code == EXIT_USAGE, "a bad name is refused");
	ok(run(ledger, "INSERT INTO vault SELECT 'moved', key_id, nonce, "
	    "ciphertext, created_at, NULL FROM vault") &&
	    vault_get(ledger, "moved", &secret, &error) == -1 &&
	    error.code == EXIT_DATA, "a row under another name does not open");
	ok(vault_remove(ledger, "moved", &error) == 0 &&
	    vault_remove(ledger, "moved", &error) == 1, "removed once");
}

static void
test_audit(struct ledger *ledger)
{
	int64_t sequence;

	ok(audit_verify(ledger, &sequence, &error) == 0 && sequence >= 4,
	    "the chain is whole");
	ok(!run(ledger, "UPDATE audit SET actor = 'x'"), "no update");
	ok(!run(ledger, "DELETE FROM audit"), "no deletion");
	ok(run(ledger, "DROP TRIGGER audit_no_update; "
	    "UPDATE audit SET subject = 'y' WHERE seq = 3") &&
	    audit_verify(ledger, &sequence, &error) == 1 && sequence == 3,
	    "an edit is found where it is");
	ok(run(ledger, "DROP TRIGGER audit_no_delete; "
	    "DELETE FROM audit WHERE seq = 2") &&
	    audit_verify(ledger, &sequence, &error) == 1,
	    "a deletion is found");
}

static void
test_bookmarks(struct ledger *ledger)
{
	char *value;

	ok(bookmark_get(ledger, "p", "invoices", &value, NULL, &error) == 0 &&
	    value == NULL, "no bookmark yet");
	ok(bookmark_set(ledger, "p", "invoices", "LastUpdateDate", "a",
	    &error) == 0 && bookmark_set(ledger, "p", "invoices",
	    "LastUpdateDate", "b", &error) == 0, "it is set and moved");
	ok(bookmark_get(ledger, "p", "invoices", &value, NULL, &error) == 0 &&
	    value != NULL && strcmp(value, "b") == 0, "it is read");
	free(value);
}

static void
test_open(void)
{
	struct ledger ledger;
	struct stat st;

	ok(ledger_create(path, key_file, NULL, "test", &error) == -1 &&
	    error.code == EXIT_CANTCREATE, "a ledger is never overwritten");
	ok(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600 &&
	    stat(key_file, &st) == 0 && (st.st_mode & 0777) == 0600,
	    "only the owner may read it");
	ok(link(key_file, other_key) == 0 && unlink(key_file) == 0 &&
	    ledger_open(&ledger, path, key_file, DB_WRITE, "test", &error) ==
	    -1 && error.code == EXIT_NOINPUT, "a lost key is told");
	ok(rename(other_key, key_file) == 0 && chmod(key_file, 0640) == 0 &&
	    ledger_open(&ledger, path, key_file, DB_WRITE, "test", &error) ==
	    -1 && error.code == EXIT_CONFIG, "a loose key file is refused");
	ok(chmod(key_file, 0600) == 0, "it is repaired");
}

/* ledger was opened before, and goes on. */
static void
test_rekey(struct ledger *ledger)
{
	struct ledger other = { 0 };
	struct master master = { 0 };
	struct secret secret = { 0 };
	char new[72], token[33], same[33];
	int64_t count, sequence;

	snprintf(new, sizeof(new), "%s.new", key_file);
	ledger_message_token(ledger, "x", 1, token);
	ok(ledger_open(&other, path, key_file, DB_WRITE, "test", &error) == 0 &&
	    master_make(&master, NULL, &error) == 0 && rekey_share(&other,
	    &master, new, &error) == 0 && rekey_install(&other, &error) == 1,
	    "a new key takes the place of the old one");
	ledger_close(&other);
	ok(ledger_open(&other, path, key_file, DB_WRITE, "test", &error) == 0 &&
	    rekey_retire(&other, &count, &error) == 0 && count == 1,
	    "and retires it");
	ledger_close(&other);
	master_free(&master);
	ok(db_begin(ledger->db, &error) == 0 && audit_append(ledger, "event",
	    "x", NULL, &error) == 0 && db_commit(ledger->db, &error) == 0 &&
	    audit_verify(ledger, &sequence, &error) == 0,
	    "who had the ledger open appends with the new key");
	ok(vault_get(ledger, "slack.bot_token", &secret, &error) == 0 &&
	    strcmp(secret.text, "xoxb-2") == 0, "and reads the vault");
	secret_free(&secret);
	ledger_message_token(ledger, "x", 1, same);
	ok(strcmp(token, same) == 0, "messages keep their opaque names");
	snprintf(new, sizeof(new), "%s.old", key_file);
	unlink(new);
}

int
main(void)
{
	struct ledger ledger = { 0 };

	if (mkdtemp(directory) == NULL || secret_start(&error) == -1)
		return 1;
	snprintf(path, sizeof(path), "%s/ledger.db", directory);
	snprintf(key_file, sizeof(key_file), "%s/ledger.key", directory);
	snprintf(other_key, sizeof(other_key), "%s/other.key", directory);
	ok(ledger_create(path, key_file, NULL, "test", &error) == 0, "a ledger is made");
	test_open();
	ok(ledger_open(&ledger, path, key_file, DB_WRITE, "test", &error) == 0,
	    "it opens");
	if (ledger.db != NULL) {
		test_vault(&ledger);
		test_bookmarks(&ledger);
		test_rekey(&ledger);
		test_audit(&ledger);
	}
	ledger_close(&ledger);
	unlink(key_file);
	ok(ledger_create(other_key, key_file, NULL, "test", &error) == 0 &&
	    ledger_open(&ledger, path, key_file, DB_WRITE, "test", &error) ==
	    -1 && error.code == EXIT_NOAUTH, "another key is refused");
	unlink(path);
	unlink(key_file);
	unlink(other_key);
	rmdir(directory);
	return tap_end();
}
