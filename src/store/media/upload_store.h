/* SPDX-License-Identifier: ISC */
/*
 * Resumable uploads (table upload). Who changes a row holds the lock of its file: see files/upload_file.h. A worker
 * that was killed may have a statement under way all the same, after the next one has the lock: so taking a row leaves
 * a mark in it, and what changes it later changes it only while it bears that mark. ERROR_TIMEOUT: it bears another by
 * now.
 */
#ifndef MEDIAGATE_STORE_MEDIA_UPLOAD_STORE_H
#define MEDIAGATE_STORE_MEDIA_UPLOAD_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "domain/digest.h"
#include "domain/medium.h"
#include "store/engine/database.h"
#include "store/media/media_store.h"

#define UPLOAD_METADATA_SIZE  8193
#define UPLOAD_LENGTH_UNKNOWN (-1)

struct upload_row {
  char id[UNIQUE_NAME_SIZE];
  int64_t length;            /* UPLOAD_LENGTH_UNKNOWN: not told yet */
  int64_t offset;            /* so many bytes are durable */
  char hash_state[256];      /* of these bytes; "" for none */
  char tail_boot[UUID_SIZE]; /* the run of the machine whose bytes behind the offset count; "": they do not */
  char metadata[UPLOAD_METADATA_SIZE];
  char title[1201];     /* of the medium to be made, "" when there is one */
  enum media_type type; /* as it was told; the content of the file decides */
  int64_t media_id;     /* 0: not made yet */
  int64_t expires_at_us;
  bool expired, completed;
  char writer[UNIQUE_NAME_SIZE];    /* the mark of who took it */
  char refusal[MEDIUM_REASON_SIZE]; /* "" for none */
  /* What an upload URL was made with, see upload_url_store.h. */
  bool begun;                   /* false: nobody has sent a file to it yet */
  int64_t max_bytes;            /* 0: as the settings say */
  int64_t max_duration_seconds; /* 0: any */
  bool package;                 /* the medium is to be packaged */
};

struct upload_limits {
  int64_t account_uploads; /* under way at once */
  int64_t account_bytes;   /* of those, as announced */
  int64_t total_bytes;     /* of all that are under way, as announced */
  int64_t unknown_length;  /* what one without a length counts as */
  int64_t ttl_seconds;     /* how long it lives without a byte */
};

/* Stores id, length, metadata, tail_boot and either media_id or title and type; sets expires_at_us.
 * ERROR_LIMITED: the account has as many, or as much, under way as it may. ERROR_NO_SPACE: there is no room left.
 * ERROR_NOT_FOUND: there is no such medium. */
enum error upload_store_create(struct database *database, int64_t account_id, const struct upload_limits *limits,
                               struct upload_row *upload) MUST_CHECK;
/* The file of an upload URL begins, or begins anew: stores length, metadata and tail_boot of a row that was taken, and
 * sets expires_at_us. Errors as above, and ERROR_TIMEOUT: it is complete or refused by now. */
enum error upload_store_begin(struct database *database, int64_t account_id, const struct upload_limits *limits,
                              struct upload_row *upload) MUST_CHECK;
/* Finds it, and marks it as the caller's. Of another account it is ERROR_NOT_FOUND too. */
enum error upload_store_take(struct database *database, const char *id, int64_t account_id,
                             struct upload_row *ret_upload) MUST_CHECK;
/* These change a row that was taken; they change `upload` itself only where they say so. */
enum error upload_store_set_length(struct database *database, const struct upload_row *upload,
                                   int64_t length) MUST_CHECK;
/* boot "": what is written from now on counts only when upload_store_advance says so. */
enum error upload_store_set_tail(struct database *database, const struct upload_row *upload,
                                 const char *boot) MUST_CHECK;
/* So many bytes are durable; never goes back. The upload lives ttl_seconds from now. */
enum error upload_store_advance(struct database *database, const struct upload_row *upload, int64_t offset,
                                const char *hash_state, int64_t ttl_seconds, int64_t *ret_expires_at_us) MUST_CHECK;
/* The id that the medium will have, the same each time; there is no such medium before upload_store_complete. */
enum error upload_store_reserve_medium(struct database *database, const struct upload_row *upload,
                                       int64_t *ret_media_id) MUST_CHECK;
/* As media_store_set_file, and in the same transaction the upload is complete, and its medium made when
 * upload->media_id is 0: then media_id is the one that was reserved. */
enum error upload_store_complete(struct database *database, const struct upload_row *upload, int64_t media_id,
                                 const struct media_file_facts *facts, struct media *ret_media,
                                 char ret_old_name[MEDIUM_STORED_NAME_SIZE]) MUST_CHECK;
enum error upload_store_refuse(struct database *database, const struct upload_row *upload,
                               const char *reason) MUST_CHECK;
enum error upload_store_delete(struct database *database, const char *id) MUST_CHECK;
/* For sweeping: does this upload need its file no more? ERROR_NOT_FOUND: there is no such upload. */
enum error upload_store_is_over(struct database *database, const char *id, bool *ret_over) MUST_CHECK;
/* Writes upload.expired for the uploads that expired since the last call. */
enum error upload_store_tell_expired(struct database *database) MUST_CHECK;
/* Forgets some of the uploads that expired so long ago that nobody asks for them. */
enum error upload_store_sweep(struct database *database, int64_t grace_seconds, int64_t *ret_deleted) MUST_CHECK;

#endif
