/* SPDX-License-Identifier: MIT */
#include "rekey.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ledger_keys.h"
#include "vault_part.h"

int
rekey_look(struct ledger *ledger, struct rekey_state *state,
    struct error *error)
{
	struct statement *row;
	int rc;

	*state = (struct rekey_state){ .keys = 1, .newest_loaded = true };
	memcpy(state->newest, ledger->key_id, MASTER_ID_MAX);
	if ((row = db_prepare(ledger->db, "SELECT key_id, master, (SELECT "
	    "count(DISTINCT key_id) FROM keys) FROM keys "
	    "ORDER BY master DESC LIMIT 1", error)) == NULL)
		return -1;
	if ((rc = db_step(row, error)) != 1)
		return rc;
	snprintf(state->newest, sizeof(state->newest), "%s", db_text(row, 0));
	state->number = db_int(row, 1);
	state->keys = db_int(row, 2);
	state->newest_loaded = strcmp(state->newest, ledger->key_id) == 0;
	db_reset(row);
	return 0;
}

/* In a transaction of our own: what is now, which stays so. */
static int
begin(struct ledger *ledger, struct rekey_state *state, struct error *error)
{
	if (db_begin(ledger->db, error) == -1)
		return -1;
	if (ledger_keys_current(ledger, error) == 0 &&
	    rekey_look(ledger, state, error) == 0)
		return 0;
	db_rollback(ledger->db);
	return -1;
}

static int
append(struct ledger *ledger, const char *event, const char *id,
    const char *member, const char *other, struct error *error)
{
	char detail[64];

	snprintf(detail, sizeof(detail), "{\"%s\":\"%s\"}", member, other);
	return audit_append(ledger, event, id, detail, error);
}

/* Write what is to take the place of the key file; what a run that was stopped
 * left in it opens nothing. */
static int
write_file(const struct ledger *ledger, const struct master *master,
    const char *file, struct error *error)
{
	char old[MASTER_PATH_MAX];

	if (master_beside(ledger->key_file, ".old", old, error) == -1)
		return -1;
	if (access(old, F_OK) == 0)
		return error_set(error, EXIT_CANTCREATE, "'%s' is in the way: "
		    "auditctl vault rekey --verify takes it away when an "
		    "earlier rekey left it", old);
	if (unlink(file) == -1 && errno != ENOENT)
		return error_errno(error, EXIT_CANTCREATE, "cannot remove "
		    "'%s'", file);
	return master_write(master, file, ledger->key_file, error);
}

int
rekey_share(struct ledger *ledger, const struct master *master,
    const char *file, struct error *error)
{
	struct rekey_state state;

	if (begin(ledger, &state, error) == -1)
		return -1;
	if (state.keys > 1)
		error_set(error, EXIT_TEMPFAIL, "two keys open the ledger "
		    "already: auditctl vault rekey --verify retires the older "
		    "one");
	else if (strcmp(master->id, ledger->key_id) == 0)
		error_set(error, EXIT_USAGE, "that is the ledger's key "
		    "already");
	else if ((file == NULL || write_file(ledger, master, file, error) ==
	    0) && ledger_keys_share(ledger, state.number == 0 ? 2 :
	    state.number + 1, master, error) == 0 && append(ledger,
	    "key.added", master->id, "beside", ledger->key_id, error) == 0 &&
	    db_commit(ledger->db, error) == 0)
		return 0;
	db_rollback(ledger->db);
	return -1;
}

int
rekey_install(struct ledger *ledger, struct error *error)
{
	char new[MASTER_PATH_MAX], here[MASTER_ID_MAX], there[MASTER_ID_MAX];
	const char *file = ledger->key_file;
	struct rekey_state state;
	struct error ignored;
	int rc = 0;

	if (master_beside(file, ".new", new, error) == -1 ||
	    begin(ledger, &state, error) == -1)
		return -1;
	if (access(new, F_OK) == 0 && master_id(file, here, &ignored) == 0 &&
	    master_id(new, there, &ignored) == 0 &&
	    strcmp(there, state.newest) == 0 && strcmp(here, there) != 0)
		rc = master_replace(file, error) == -1 ? -1 : 1;
	db_rollback(ledger->db);
	return rc;
}

/* The head of the log is ours until the end of the transaction. */
static int
retire(struct ledger *ledger, const struct vault_copy *copies, size_t count,
    struct error *error)
{
	char older[MASTER_ID_MAX] = "";
	struct statement *row;
	int64_t head;

	if ((row = db_prepare(ledger->db, "SELECT key_id FROM keys "
	    "WHERE key_id <> ?1 LIMIT 1", error)) == NULL)
		return -1;
	db_bind_text(row, 1, ledger->key_id);
	if (db_step(row, error) == -1)
		return -1;
	snprintf(older, sizeof(older), "%s", db_text(row, 0));
	db_reset(row);
	return db_number(ledger->db, "SELECT max(seq) FROM audit", NULL, &head,
	    error) == -1 ||
	    ledger_keys_retire(ledger, head + 1, error) == -1 ||
	    vault_seal_all(ledger, copies, count, error) == -1 ||
	    append(ledger, "key.retired", older, "by", ledger->key_id,
	    error) == -1 ? -1 : db_commit(ledger->db, error);
}

int
rekey_retire(struct ledger *ledger, int64_t *secrets, struct error *error)
{
	struct vault_copy *copies = NULL;
	struct rekey_state state;
	size_t count = 0;
	int rc = -1;

	if (begin(ledger, &state, error) == -1)
		return -1;
	if (!state.newest_loaded)
		error_set(error, EXIT_CONFIG, "the ledger was opened with its "
		    "older key (%s): put the newer one (%s) in its place first",
		    ledger->key_id, state.newest);
	else if (vault_copy_all(ledger, &copies, &count, error) == 0)
		rc = state.keys == 1 ? 0 : retire(ledger, copies, count, error);
	db_rollback(ledger->db); /* unless it is done */
	vault_copies_free(copies, count);
	*secrets = (int64_t)count;
	return rc;
}
