/* SPDX-License-Identifier: ISC */
/*
 * A turn of work, and the way of one delivery through it.
 */
#include "config.h"

#include "notify/notifier.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "notify/attempt_schedule.h"
#include "notify/request_sender.h"
#include "security/webhook_signature.h"
#include "store/events/delivery_queue.h"

#define GIVE_OUT_MAX  1000
#define EACH_MAX      4  /* requests to one webhook at once: a slow one takes no more places */
#define LEASE_SECONDS 30 /* twice the longest that a request takes */
#define LOOK_MS       500
#define HEADER_SIZE   160

struct notifier {
  struct notifier_options options;
  struct request_sender *sender;
  int64_t under_way;
  int64_t look_at_ms; /* when to look for work again */
  enum error error;   /* of what was settled last */
};

struct attempt { /* a delivery that is being sent */
  struct notifier *notifier;
  int64_t id, webhook_id;
  char claim[UUID_SIZE], event_id[UUID_SIZE];
  int attempts;
};

/* --- the end of an attempt ---------------------------------------------------------------------- */

static void settle(struct notifier *notifier, const struct attempt *attempt, const struct request_outcome *outcome) {
  bool good = outcome->status >= 200 && outcome->status <= 299, gone = outcome->status == 410;
  char error[240] = "";
  if (!good) {
    if (outcome->status != 0) {
      snprintf(error, sizeof error, "the receiver answered %d", outcome->status);
    } else {
      snprintf(error, sizeof error, "%s", outcome->error);
    }
  }
  const struct delivery_outcome row = {
      .id = attempt->id,
      .claim = attempt->claim,
      .status = outcome->status,
      .latency_ms = outcome->latency_ms,
      .error = good ? NULL : error,
      .retry_seconds = gone ? -1 : attempt_schedule_next(attempt->attempts, outcome->retry_after_seconds, random_u32()),
      .gone = gone,
  };
  log_event(good ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO, good ? "webhook_delivered" : "webhook_failed",
            LOG_I64("webhook_id", attempt->webhook_id), LOG_STR("event_id", attempt->event_id),
            LOG_I64("attempt", attempt->attempts), LOG_I64("status", outcome->status),
            LOG_I64("latency_ms", outcome->latency_ms), LOG_STR("error", error),
            LOG_I64("retry_seconds", good ? 0 : row.retry_seconds));
  notifier->error = delivery_queue_settle(notifier->options.database, &row);
}

static void on_done(void *context, const struct request_outcome *outcome) {
  struct attempt *attempt = context;
  struct notifier *notifier = attempt->notifier;
  notifier->under_way--;
  notifier->look_at_ms = 0; /* a place is free */
  settle(notifier, attempt, outcome);
  free(attempt);
}

/* --- its beginning ------------------------------------------------------------------------------ */

static enum error append_signature(const struct notifier *notifier, const struct webhook_delivery *delivery,
                                   int64_t version, int64_t now, char *header, size_t size) {
  unsigned char secret[DIGEST_SIZE];
  char signature[WEBHOOK_SIGNATURE_SIZE];
  enum error error = webhook_secret_derive(notifier->options.key, delivery->salt, version, secret);
  if (error == ERROR_NONE) {
    error = webhook_sign(secret, delivery->event_id, now, delivery->body, signature);
  }
  explicit_bzero(secret, sizeof secret);
  if (error == ERROR_NONE) {
    size_t length = strlen(header);
    snprintf(header + length, size - length, " %s", signature);
  }
  return error;
}

static enum error send_delivery(struct notifier *notifier, const struct webhook_delivery *delivery,
                                struct attempt *attempt) {
  const int64_t now = clock_now_seconds();
  char id[HEADER_SIZE], timestamp[HEADER_SIZE], signature[HEADER_SIZE] = "webhook-signature:";
  const char *const headers[] = {"Content-Type: application/json", "Expect:", id, timestamp, signature};
  snprintf(id, sizeof id, "webhook-id: %s", delivery->event_id);
  snprintf(timestamp, sizeof timestamp, "webhook-timestamp: %" PRId64, now);
  enum error error = append_signature(notifier, delivery, delivery->secret_version, now, signature, sizeof signature);
  if (error == ERROR_NONE && delivery->sign_previous) {
    error = append_signature(notifier, delivery, delivery->secret_version - 1, now, signature, sizeof signature);
  }
  return error == ERROR_NONE ? request_sender_begin(notifier->sender, delivery->url, headers,
                                                    sizeof headers / sizeof headers[0], delivery->body, attempt)
                             : error;
}

static void on_claimed(void *context, const struct webhook_delivery *delivery) {
  struct notifier *notifier = context;
  struct attempt *attempt = calloc(1, sizeof *attempt);
  if (attempt == NULL) {
    return; /* the lease ends */
  }
  *attempt = (struct attempt){
      .notifier = notifier, .id = delivery->id, .webhook_id = delivery->webhook_id, .attempts = delivery->attempts};
  memcpy(attempt->claim, delivery->claim, sizeof attempt->claim);
  memcpy(attempt->event_id, delivery->event_id, sizeof attempt->event_id);
  enum error error = delivery->body == NULL ? ERROR_NOT_FOUND : send_delivery(notifier, delivery, attempt);
  if (error == ERROR_NONE) {
    notifier->under_way++;
    return;
  }
  if (error == ERROR_NOT_FOUND) {
    attempt->attempts = INT_MAX; /* no more */
    settle(notifier, attempt, &(struct request_outcome){.error = "the event is older than event_retention"});
  } else {
    log_event(LOG_LEVEL_WARNING, "webhook_not_sent", LOG_I64("webhook_id", delivery->webhook_id),
              LOG_STR("event_id", delivery->event_id), LOG_ERROR_FIELD(error),
              LOG_STR("meaning", "it is tried again when its lease is over"));
  }
  free(attempt);
}

/* --- a turn ------------------------------------------------------------------------------------- */

static enum error look_for_work(struct notifier *notifier) {
  const struct notifier_options *options = &notifier->options;
  int64_t given = GIVE_OUT_MAX;
  enum error error = ERROR_NONE;
  while (error == ERROR_NONE && given == GIVE_OUT_MAX) {
    error = delivery_queue_give_out(options->database, GIVE_OUT_MAX, &given);
  }
  int64_t free_places = options->connections - notifier->under_way;
  if (error == ERROR_NONE && free_places > 0) {
    error = delivery_queue_claim(options->database, free_places, EACH_MAX, LEASE_SECONDS, on_claimed, notifier);
  }
  notifier->look_at_ms = clock_monotonic_ms() + LOOK_MS;
  return error;
}

enum error notifier_run(struct notifier *notifier, int wait_ms) {
  enum error error = ERROR_NONE;
  notifier->error = ERROR_NONE;
  if (clock_monotonic_ms() >= notifier->look_at_ms) {
    error = look_for_work(notifier);
  }
  enum error sent = request_sender_run(notifier->sender, wait_ms);
  return error != ERROR_NONE ? error : sent != ERROR_NONE ? sent : notifier->error;
}

bool notifier_drain(struct notifier *notifier, int wait_ms) {
  return notifier->under_way == 0 || request_sender_run(notifier->sender, wait_ms) != ERROR_NONE ||
         notifier->under_way == 0;
}

enum error notifier_new(const struct notifier_options *options, struct notifier **ret_notifier) {
  const struct request_sender_options sender = {
      .http = options->http, .allowed = options->allowed, .allowed_count = options->allowed_count};
  struct notifier *notifier = calloc(1, sizeof *notifier);
  if (notifier == NULL) {
    return ERROR_MEMORY;
  }
  notifier->options = *options;
  enum error error = request_sender_new(&sender, on_done, &notifier->sender);
  if (error != ERROR_NONE) {
    notifier_free(notifier);
    return error;
  }
  *ret_notifier = notifier;
  return ERROR_NONE;
}

void notifier_free(struct notifier *notifier) {
  if (notifier != NULL) {
    request_sender_free(notifier->sender);
    free(notifier);
  }
}
