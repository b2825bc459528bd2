/* SPDX-License-Identifier: ISC */
/* Login sessions and their refresh tokens (one family a session). */
#ifndef MEDIAGATE_STORE_ACCOUNTS_SESSION_STORE_H
#define MEDIAGATE_STORE_ACCOUNTS_SESSION_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "domain/address.h"
#include "domain/digest.h"
#include "store/accounts/account_store.h"
#include "store/engine/database.h"

/* How long tokens live, in seconds. */
struct session_lives {
  int64_t token;        /* a refresh token, from its issue */
  int64_t session;      /* a session, from its login: no token of it lives longer */
  int64_t reuse_window; /* how long a spent token still gives its successor */
};

/* From where a session is used. */
struct session_origin {
  const char *address; /* masked; "" for none */
  const char *client;  /* a User-Agent, "" for none; what is behind SESSION_CLIENT_MAX bytes, or no UTF-8, is cut off */
};
#define SESSION_CLIENT_SIZE 513

/* A new session with its first refresh token (stored as SHA-256). ret_session_id is a UUID. ERROR_DENIED when the
 * account was disabled or its token epoch is another by now: what was verified before then opens no session. */
enum error session_store_create(struct database *database, int64_t account_id, int64_t token_epoch,
                                const unsigned char token_hash[DIGEST_SIZE], const struct session_lives *lives,
                                const struct session_origin *origin, char ret_session_id[UUID_SIZE]) MUST_CHECK;

struct rotation { /* of a refresh token */
  unsigned char old_hash[DIGEST_SIZE];
  unsigned char new_hash[DIGEST_SIZE];
  unsigned char new_sealed[DIGEST_SIZE]; /* see secret_token_seal */
};
struct rotated {
  struct account account;
  char session_id[UUID_SIZE];
  unsigned char sealed[DIGEST_SIZE]; /* the successor of the old token: the new one, or the one that it has already */
  int64_t seconds_left;              /* until the session ends */
};
/* Spends old_hash and stores new_hash in its family. A reuse within the window stores nothing and gets the successor of
 * the first use, so a family never branches. ERROR_DENIED: unknown, expired, of a session that ended or is too old, of
 * a disabled account, or reused past the window (then the whole family ends). */
enum error session_store_rotate(struct database *database, const struct rotation *rotation,
                                const struct session_lives *lives, const struct session_origin *origin,
                                struct rotated *ret_rotated) MUST_CHECK;
/* Ends the family of this token. ERROR_NOT_FOUND: no such token, or its session ended before. */
enum error session_store_end(struct database *database, const unsigned char token_hash[DIGEST_SIZE],
                             int64_t *ret_account_id) MUST_CHECK;
/* Ends this session of the account. ERROR_NOT_FOUND: it has no such session, or it is over. ERROR_INVALID: not an id.
 */
enum error session_store_end_one(struct database *database, int64_t account_id, const char *session_id) MUST_CHECK;
/* Ends all sessions of the account but this one; *ret_ended of them. */
enum error session_store_end_others(struct database *database, int64_t account_id, const char *session_id,
                                    int64_t *ret_ended) MUST_CHECK;

struct session {
  char id[UUID_SIZE];
  int64_t number; /* orders the sessions of one moment */
  int64_t created_at_us;
  int64_t last_used_at_us;
  int64_t expires_at_us;
  char address[ADDRESS_TEXT_SIZE]; /* "" where it is not kept */
  char client[SESSION_CLIENT_SIZE];
};
struct session_filter {
  int64_t account_id;
  int64_t max_seconds;                         /* session_lives.session */
  int64_t before_created_at_us, before_number; /* the cursor; 0, 0 for the first page */
  int limit;
};
/* Calls `row` for the sessions that are not over, newest first. */
enum error session_store_list(struct database *database, const struct session_filter *filter,
                              void (*row)(void *context, const struct session *session), void *context) MUST_CHECK;
/* Was this session ended, by logout, a password change or a refresh token used twice? ERROR_NOT_FOUND: there is none.
 */
enum error session_store_is_ended(struct database *database, const char *session_id, bool *ret_ended) MUST_CHECK;
/* Deletes what is long expired, at most `batch` rows of each table, so that no transaction is long; *ret_deleted rows
 * in all. *ret_more: there is more to delete. */
enum error session_store_sweep(struct database *database, int64_t batch, int64_t *ret_deleted,
                               bool *ret_more) MUST_CHECK;

#endif
