/* SPDX-License-Identifier: ISC */
/*
 * Webhooks: made, found, changed. Their deliveries are in delivery_queue.h.
 */
#ifndef MEDIAGATE_STORE_EVENTS_WEBHOOK_STORE_H
#define MEDIAGATE_STORE_EVENTS_WEBHOOK_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "domain/digest.h"
#include "store/engine/database.h"

#define WEBHOOK_URL_SIZE 2049

struct webhook {
  int64_t id;
  char url[WEBHOOK_URL_SIZE];
  char events[5000]; /* a JSON array of strings */
  char description[1201];
  char salt[UUID_SIZE];
  int64_t secret_version;
  int64_t previous_until_us; /* 0: the secret before is not used any more */
  int64_t created_by;        /* 0 unknown */
  int64_t created_at_us, updated_at_us;
  int64_t failing_since_us; /* 0: it does not fail */
  bool disabled;
  char disabled_reason[200]; /* "": a person disabled it */
};

struct webhook_change { /* NULL: leave as it is */
  const char *url;
  const char *events;      /* a JSON array */
  const char *description; /* "" takes it away */
  bool sets_disabled, disabled;
};

enum error webhook_store_create(struct database *database, const struct webhook_change *fields, int64_t created_by,
                                struct webhook *ret_webhook) MUST_CHECK;
enum error webhook_store_find(struct database *database, int64_t id, struct webhook *ret_webhook) MUST_CHECK;
/* Calls `row` for each, newest first, up to `limit`, behind before_id (0: from the newest). */
enum error webhook_store_page(struct database *database, int64_t before_id, int64_t limit,
                              void (*row)(void *context, const struct webhook *webhook), void *context) MUST_CHECK;
/* Enabling forgets the failures. Waiting deliveries of a webhook that is disabled wait on. ERROR_NOT_FOUND. */
enum error webhook_store_change(struct database *database, int64_t id, const struct webhook_change *change,
                                struct webhook *ret_webhook) MUST_CHECK;
/* With its deliveries. ERROR_NOT_FOUND. */
enum error webhook_store_delete(struct database *database, int64_t id) MUST_CHECK;
/* A new secret; the one before is used beside it for overlap_seconds. ERROR_NOT_FOUND. */
enum error webhook_store_rotate(struct database *database, int64_t id, int64_t overlap_seconds,
                                struct webhook *ret_webhook) MUST_CHECK;

#endif
