/* SPDX-License-Identifier: ISC */
/* Login sessions and their refresh tokens (one family a session). */
#ifndef MEDIAGATE_STORE_ACCOUNTS_SESSION_STORE_H
#define MEDIAGATE_STORE_ACCOUNTS_SESSION_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "domain/digest.h"
#include "store/accounts/account_store.h"
#include "store/engine/database.h"

/* A new session with its first refresh token (stored as SHA-256). ret_session_id is a UUID. ERROR_DENIED when the
 * account was disabled or its token epoch is another by now: what was verified before then opens no session. */
enum error session_store_create(struct database *database, int64_t account_id, int64_t token_epoch,
                                const unsigned char token_hash[DIGEST_SIZE], int64_t ttl_seconds,
                                char ret_session_id[UUID_SIZE]) MUST_CHECK;
/* Spends old_hash and stores new_hash in its family. ERROR_DENIED: unknown, expired, of an ended session or a disabled
 * account, or reused past the window (then the whole family ends). A reuse within reuse_window_seconds gets a new token
 * of the same family. */
enum error session_store_rotate(struct database *database, const unsigned char old_hash[DIGEST_SIZE],
                                const unsigned char new_hash[DIGEST_SIZE], int64_t ttl_seconds,
                                int64_t reuse_window_seconds, struct account *ret_account,
                                char ret_session_id[UUID_SIZE]) MUST_CHECK;
/* Ends the family of this token, when it belongs to the account; an unknown token is fine (ERROR_NONE). */
enum error session_store_end(struct database *database, int64_t account_id,
                             const unsigned char token_hash[DIGEST_SIZE]) MUST_CHECK;
/* Was this session ended, by logout, a password change or a refresh token used twice? ERROR_NOT_FOUND: there is none.
 */
enum error session_store_is_ended(struct database *database, const char *session_id, bool *ret_ended) MUST_CHECK;
/* Deletes what is long expired, at most `batch` rows of each table, so that no transaction is long; *ret_deleted rows
 * in all. *ret_more: there is more to delete. */
enum error session_store_sweep(struct database *database, int64_t batch, int64_t *ret_deleted,
                               bool *ret_more) MUST_CHECK;

#endif
