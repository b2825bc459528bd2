/* SPDX-License-Identifier: ISC */
/* API keys (table api_key). Only the SHA-256 of a key's secret is stored. A revoked key keeps its row. */
#ifndef MEDIAGATE_STORE_ACCOUNTS_KEY_STORE_H
#define MEDIAGATE_STORE_ACCOUNTS_KEY_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "domain/digest.h"
#include "domain/network.h"
#include "store/engine/database.h"

#define API_KEY_NAME_MAX      100 /* code points */
#define API_KEY_NAME_SIZE     401
#define API_KEY_NETWORKS_MAX  16
#define API_KEY_NETWORKS_SIZE (API_KEY_NETWORKS_MAX * NETWORK_TEXT_SIZE)

struct api_key {
  int64_t id;
  char name[API_KEY_NAME_SIZE];
  int64_t account_id;     /* who made it, and for whom it acts */
  int64_t created_by_key; /* that account's key that made it; 0: a person did */
  uint32_t scopes;
  unsigned char hash[DIGEST_SIZE];
  unsigned char previous_hash[DIGEST_SIZE]; /* good until previous_expires_at_us */
  int64_t previous_expires_at_us;           /* 0: there is none */
  int64_t expires_at_us;                    /* 0: never */
  struct network networks[API_KEY_NETWORKS_MAX];
  size_t network_count;    /* 0: any */
  int64_t max_ttl_seconds; /* of its stream URLs; 0: as the settings say */
  bool require_viewer;
  uint32_t issuer_tag; /* random, unique; the tail of every grant that the key issues */
  int64_t created_at_us;
  int64_t last_used_at_us; /* 0: never */
};

/* Reads name, account (which must be there), who made it, scopes, hash, expiry, networks and restrictions of `key`. */
enum error key_store_create(struct database *database, const struct api_key *key, struct api_key *ret_key) MUST_CHECK;
/* ERROR_NOT_FOUND: no such key, or it was revoked; so with all that follows but the last. */
enum error key_store_find(struct database *database, int64_t id, struct api_key *ret_key) MUST_CHECK;
/* account_id: only a key of this account; 0: of any. */
enum error key_store_revoke(struct database *database, int64_t id, int64_t account_id) MUST_CHECK;
/* A new secret. The old one is good for so many seconds more. */
enum error key_store_rotate(struct database *database, int64_t id, const unsigned char hash[DIGEST_SIZE],
                            int64_t overlap_seconds, struct api_key *ret_key) MUST_CHECK;
/* Notes that the key is used, unless that was noted within the last hour. Waits for no lock. */
enum error key_store_touch(struct database *database, int64_t id) MUST_CHECK;

struct key_list {
  int64_t before;     /* only keys with smaller ids; 0: all */
  int64_t account_id; /* only keys of this account; 0: of any */
  int limit;
};
/* Calls `row` for each key that was not revoked, newest first. */
enum error key_store_list(struct database *database, const struct key_list *list,
                          void (*row)(void *context, const struct api_key *key), void *context) MUST_CHECK;
/* Gives the key, revoked or not, a new issuer tag and records the old one as revoked until `expires_at_us`; returns the
 * old tag. account_id: as above. */
enum error key_store_replace_issuer_tag(struct database *database, int64_t id, int64_t account_id,
                                        int64_t expires_at_us, uint32_t *ret_old_tag) MUST_CHECK;

#endif
