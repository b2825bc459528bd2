/* SPDX-License-Identifier: ISC */
/*
 * URLs that take one file each from whoever has them (rows of table upload with a capability), and the list of an
 * account's uploads.
 */
#ifndef MEDIAGATE_STORE_MEDIA_UPLOAD_URL_STORE_H
#define MEDIAGATE_STORE_MEDIA_UPLOAD_URL_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "domain/digest.h"
#include "store/engine/database.h"
#include "store/media/upload_store.h"

#define UPLOAD_ORIGIN_SIZE 301

struct upload_url {
  char id[UNIQUE_NAME_SIZE]; /* of the upload */
  int64_t account_id;
  int64_t key_id; /* the API key that asked for it; 0: none. The URL ends with it */
  unsigned char capability_hash[DIGEST_SIZE];
  char title[1201]; /* "" when media_id is told */
  enum media_type type;
  int64_t media_id; /* 0: a medium is to be made */
  int64_t max_bytes, max_duration_seconds;
  char cors_origin[UPLOAD_ORIGIN_SIZE]; /* "" for none */
  bool package;
  int64_t created_at_us, expires_at_us;
};

/* Stores what is told and sets the times. ERROR_NOT_FOUND: there is no such medium. */
enum error upload_url_store_create(struct database *database, int64_t ttl_seconds, struct upload_url *url) MUST_CHECK;

/* Whose is a capability, and which upload is it for? */
struct upload_capability {
  char upload_id[UNIQUE_NAME_SIZE];
  int64_t account_id;
  char cors_origin[UPLOAD_ORIGIN_SIZE]; /* "" for none */
};
enum error upload_url_store_find(struct database *database, const unsigned char capability_hash[DIGEST_SIZE],
                                 struct upload_capability *ret_capability) MUST_CHECK;

/* One of the list. */
struct upload_item {
  struct upload_url url; /* without the hash */
  bool delegated;        /* to whoever has its URL */
  char state[12];        /* "waiting", "receiving", "stored", "refused", "expired" */
  int64_t length;        /* UPLOAD_LENGTH_UNKNOWN */
  int64_t offset;
  char refusal[MEDIUM_REASON_SIZE];
  int64_t number; /* with created_at_us, the cursor */
};
struct upload_filter {
  int64_t account_id;
  const char *state;                           /* NULL: any */
  int64_t before_created_at_us, before_number; /* 0, 0 for the first page */
  int limit;
};
/* Newest first; the caller frees the array. */
enum error upload_url_store_list(struct database *database, const struct upload_filter *filter,
                                 struct upload_item **ret_items, size_t *ret_count) MUST_CHECK;

#endif
