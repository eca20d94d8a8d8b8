/*
 * auth: how a request to the ERP proves who asks.
 *
 * oracle.auth names the way: with client_credentials, jwt_assertion,
 * user_assertion and authorization_code an access token is asked for at
 * oracle.token_url; with self_signed and basic the proof is made here.
 *
 * A token is kept in the vault as oracle.access_token, bound to all that it
 * was asked for with, and used until a minute before it expires (half its
 * life, when that is short).  Of several processes one asks at a time: it
 * holds a lock on the file LEDGER.token-lock, which ends with the process.
 *
 * This module waits for nothing and speaks to nobody; the caller's loop does:
 *
 *   auth_ready    1: auth_header, and send the call
 *                 2: look again in AUTH_WAIT_MS, or auth_give_up
 *                 0: auth_prepare, perform (again, if need be), and then
 *                    auth_answer, or auth_abandon when no answer came
 *
 * A refusal stands: auth_ready gives its error, and nothing is sent, until the
 * vault's secrets change; one that can lock nobody out for a minute at most.
 * Of several calls with a credential that is made here one goes first, until
 * auth_is_proven.
 *
 * A refresh token that was given, and can't be stored, is kept here and stored
 * later: the old one may be spent.  That a ledger can be written is tried
 * before one is sent.
 *
 * Errors: EXIT_NOAUTH a credential is missing or refused, EXIT_CONFIG,
 * EXIT_PROTOCOL an answer that is none, those of db.h, EXIT_CANTCREATE the
 * lock's file.  They name the key or the vault's name to mend, never a secret.
 */
#ifndef LEDGERPIPE_FETCH_AUTH_H
#define LEDGERPIPE_FETCH_AUTH_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "http.h"
#include "ledger.h"

#define AUTH_WAIT_MS 100
#define AUTH_MARK_BYTES 32

enum auth_grant {
	AUTH_CLIENT_CREDENTIALS, /* jwt_assertion too */
	AUTH_USER_ASSERTION,
	AUTH_AUTHORIZATION_CODE,
	AUTH_SELF_SIGNED, /* from here on without a token endpoint */
	AUTH_BASIC
};

enum auth_client { /* how the client proves itself to the token endpoint */
	AUTH_CLIENT_BASIC,
	AUTH_CLIENT_BODY,
	AUTH_CLIENT_ASSERTION,
	AUTH_CLIENT_NONE
};

/* What a login brings for its first token; see login.h. */
struct auth_code {
	const char *code, *verifier, *redirect_uri;
};

/* A token that was given and isn't stored yet, with its refresh token. */
struct auth_given {
	struct secret token, refresh;
	int64_t use_until;
	struct error failure;         /* to store them */
};

struct auth {
	struct ledger *ledger;
	enum auth_grant grant;
	enum auth_client client;
	char *token_url, *client_id, *scope, *user, *issuer, *audience;
	char *key_id, *certificate, *ca_file, *ledger_path, *lock_path;
	char *purpose;                /* all that the vault's token hangs on */
	const struct auth_code *code; /* of a login, else NULL */
	const char *scheme;           /* "Bearer" or "Basic" */
	struct secret credential;
	int64_t use_until;            /* wall clock, ms */
	uint64_t generation;
	struct secret refused;        /* by the ERP: not to be used again */
	bool proven;                  /* the ERP took this credential */
	bool doubted;                 /* and refused the one before */
	unsigned char mark[AUTH_MARK_BYTES]; /* of the secrets that were sent */
	struct error refusal;         /* that stands; EXIT_DONE: none */
	int64_t refused_until;        /* monotonic, ms */
	struct auth_given given;
	bool anew;                    /* the vault's token isn't wanted */
	bool locked;
	int lock;                     /* while locked */
	struct buffer form;           /* of the request under way, and what */
	struct secret sent[2];        /* secrets it carries */
};

/* ledger lives on.  Close after a failure too. */
int auth_open(struct auth *auth, const struct config *config,
    struct ledger *ledger, struct error *error);
void auth_close(struct auth *auth); /* zeroed or closed: fine */

/* Is there a credential?  1: yes, in memory, taken from the vault or made.
 * 0: a token must be asked for, and the right to do so is ours, until
 * auth_answer or auth_abandon.  2: another process is asking, or a token can't
 * be stored yet: *error says which.  -1: error. */
int auth_ready(struct auth *auth, struct error *error);
/* auth_ready gave 2 for too long: -1 and its error. */
int auth_give_up(struct auth *auth, struct error *error);
/* Append "Authorization: ..." for a call to the ERP, after auth_ready gave 1.
 * Wipe the buffer. */
int auth_header(const struct auth *auth, struct buffer *header,
    struct error *error);
/* Changes with each credential. */
uint64_t auth_generation(const struct auth *auth);
/* The ERP took a call made with that generation. */
void auth_prove(struct auth *auth, uint64_t generation);
/* May several calls be made with the credential at a time? */
bool auth_is_proven(const struct auth *auth);
/* The ERP answered 401 to a call made with that generation; renewed: not the
 * call's first.  true: ask auth_ready again.  false: it is final. */
bool auth_refused(struct auth *auth, uint64_t generation, bool renewed);
/* Does a refusal stand, so that no call has a chance? */
bool auth_is_refused(const struct auth *auth);
/* What to check when the ERP keeps answering 401, for an error's end. */
const char *auth_advice(const struct auth *auth);

/* Aim a handle at the token endpoint, after auth_ready gave 0; again for each
 * new try or once for all of them.  A failure gives the right to ask back. */
int auth_prepare(struct auth *auth, CURL *curl, struct http_answer *answer,
    long connect_ms, long total_ms, struct error *error);
/* The endpoint's answer, whatever its status.  0: the token is in the vault
 * and here, a new refresh token stored in the same transaction; the answer's
 * body is wiped.  -1: it was refused.  Gives the right to ask back.  1: it
 * can't be stored yet, and auth_ready will try again. */
int auth_answer(struct auth *auth, const struct http_answer *answer,
    struct error *error);
/* The endpoint's own words, of RFC 6749, appended: none of another body's. */
void auth_words(const struct auth *auth, const struct http_answer *answer,
    struct buffer *words);
/* Does a server's text hold a credential, or a part or another form of one? */
bool auth_conceals(const struct auth *auth, const char *text);
/* No answer came: give the right to ask back. */
void auth_abandon(struct auth *auth);
/* Don't use what is here or in the vault: the next credential is a new one. */
void auth_forget(struct auth *auth);

#endif
