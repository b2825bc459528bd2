/* SPDX-License-Identifier: ISC */
/*
 * Deliveries of events to webhooks (table webhook_delivery). Events are given out once each, in their order; then any
 * notify on any node claims what is due, under a lease. Order of arrival is not promised; each is sent at least once.
 */
#ifndef MEDIAGATE_STORE_EVENTS_DELIVERY_QUEUE_H
#define MEDIAGATE_STORE_EVENTS_DELIVERY_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "domain/digest.h"
#include "store/engine/database.h"
#include "store/events/webhook_store.h"

/* Makes the deliveries of up to `limit` events that no webhook was given yet. Another notify at it: none. *ret_count:
 * so many events. */
enum error delivery_queue_give_out(struct database *database, int64_t limit, int64_t *ret_count) MUST_CHECK;

struct webhook_delivery {
  int64_t id;
  char claim[UUID_SIZE];
  int attempts; /* this one included */
  int64_t webhook_id;
  char url[WEBHOOK_URL_SIZE];
  char salt[UUID_SIZE];
  int64_t secret_version;
  bool sign_previous; /* by the secret before, too */
  char event_id[UUID_SIZE];
  char *body; /* what is sent; NULL: the event is not kept any more. Lives as long as the call of `row` */
};

/* Claims up to `limit` that are due, of each webhook so many that no more than `each` are under way. The lease lasts
 * lease_seconds. */
enum error delivery_queue_claim(struct database *database, int64_t limit, int64_t each, int64_t lease_seconds,
                                void (*row)(void *context, const struct webhook_delivery *delivery),
                                void *context) MUST_CHECK;

struct delivery_outcome {
  int64_t id;
  const char *claim;
  int status; /* 0: no answer */
  int64_t latency_ms;
  const char *error;     /* NULL: delivered */
  int64_t retry_seconds; /* until the next attempt; < 0: there is none */
  bool gone;             /* 410: the webhook is disabled */
};
/* Notes what came of an attempt. A webhook that fails for three days is disabled, with an event. An attempt that lost
 * its lease to another changes nothing. */
enum error delivery_queue_settle(struct database *database, const struct delivery_outcome *outcome) MUST_CHECK;
/* An event webhook.tested that only this webhook is given, whatever it subscribed to. ERROR_NOT_FOUND. */
enum error delivery_queue_test(struct database *database, int64_t webhook_id, int64_t *ret_id) MUST_CHECK;
/* Sends one again, at once and with all attempts. ERROR_NOT_FOUND. */
enum error delivery_queue_resend(struct database *database, int64_t webhook_id, int64_t id) MUST_CHECK;

struct delivery_row {
  int64_t id;
  char event_id[UUID_SIZE];
  char event_type[64];
  char state[12]; /* "waiting", "delivered", "failed" */
  int attempts;
  int64_t next_at_us; /* 0: none */
  int status;         /* 0: no answer */
  int64_t latency_ms; /* -1: not sent yet */
  char error[300];    /* "" for none */
  int64_t created_at_us, ended_at_us;
};
/* Newest first, behind before_id (0: from the newest). */
enum error delivery_queue_page(struct database *database, int64_t webhook_id, int64_t before_id, int64_t limit,
                               void (*row)(void *context, const struct delivery_row *delivery),
                               void *context) MUST_CHECK;
/* Deletes up to `limit` that ended longer ago. */
enum error delivery_queue_sweep(struct database *database, int64_t kept_seconds, int64_t limit,
                                int64_t *ret_deleted) MUST_CHECK;

#endif
