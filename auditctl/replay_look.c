/* SPDX-License-Identifier: MIT */
/* What is known of a message that is to be sent again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auditctl/replay.h"

/* A column's text, unless it is NULL; false: no memory. */
static bool
copy_text(char **copy, struct statement *row, int column)
{
	const char *text = db_text(row, column);

	*copy = text != NULL ? strdup(text) : NULL;
	return (*copy == NULL) == (text == NULL);
}

int
replay_look(struct replay *replay, int64_t id, struct replay_found *found,
    struct error *error)
{
	struct statement *row;
	int rc;

	*found = (struct replay_found){ .generation = 0 };
	if ((row = db_prepare(replay->acts.ledger->db, "SELECT state, key, "
	    "channel, generation, b.payload IS NOT NULL, "
	    "state = 'held' AND 'in_doubt' IS (SELECT a.outcome FROM "
	    "attempts a WHERE a.message = m.id AND a.generation = m.generation "
	    "ORDER BY a.number DESC LIMIT 1), "
	    "CASE WHEN instr(b.payload, 'thread_ts') > 0 "
	    "AND json_valid(b.payload) THEN "
	    "json_extract(b.payload, '$.thread_ts') IS NOT NULL ELSE 0 END, "
	    "filter, stream, record_id, record_version, payload_hash, "
	    "position, replays IS NOT NULL "
	    "FROM messages m LEFT JOIN bodies b ON b.message = m.id "
	    "WHERE m.id = ?1", error)) == NULL)
		return -1;
	db_bind_int(row, 1, id);
	if ((rc = db_step(row, error)) == 0)
		acts_refuse(&replay->acts, "that are not there",
		    "there is no message %lld", (long long)id);
	if (rc != 1)
		return rc;
	snprintf(found->state, sizeof(found->state), "%s", db_text(row, 0));
	found->generation = db_int(row, 3);
	found->payload = db_int(row, 4) != 0;
	found->doubt = db_int(row, 5) != 0;
	found->threads = db_int(row, 6) != 0;
	found->position = db_int(row, 12);
	found->copy = db_int(row, 13) != 0;
	if (!copy_text(&found->key, row, 1) ||
	    !copy_text(&found->channel, row, 2) ||
	    !copy_text(&found->filter, row, 7) ||
	    !copy_text(&found->stream, row, 8) ||
	    !copy_text(&found->record_id, row, 9) ||
	    !copy_text(&found->record_version, row, 10) ||
	    !copy_text(&found->hash, row, 11))
		rc = error_set(error, EXIT_SYSTEM, "out of memory");
	db_reset(row);
	if (rc == -1)
		replay_found_free(found);
	return rc;
}

bool
replay_repeats(struct replay *replay, int64_t id,
    const struct replay_found *found)
{
	if (!replay->acts.asks || !found->copy ||
	    (replay->to == NULL && strcmp(found->state, "sent") != 0))
		return false;
	acts_refuse(&replay->acts, "sending others again", "message %lld sends "
	    "another one again: give its id, if it is to be sent once more",
	    (long long)id);
	return true;
}

void
replay_found_free(struct replay_found *found)
{
	free(found->key);
	free(found->channel);
	free(found->filter);
	free(found->stream);
	free(found->record_id);
	free(found->record_version);
	free(found->hash);
}
