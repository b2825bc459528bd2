/* SPDX-License-Identifier: ISC */
/*
 * Tells webhooks of events: gives events out, claims what is due, sends it, notes what came of it. May be killed at any
 * time: what it had under way is sent again, with the same id, when its lease is over.
 */
#ifndef MEDIAGATE_NOTIFY_NOTIFIER_H
#define MEDIAGATE_NOTIFY_NOTIFIER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "domain/network.h"
#include "security/keyring.h"
#include "store/engine/database.h"

struct notifier_options {
  struct database *database;
  const struct keyring_key *key; /* the secrets of webhooks are derived from it */
  bool http;
  const struct network *allowed;
  size_t allowed_count;
  int64_t connections; /* requests under way at once */
};

struct notifier;

/* Options are copied; what they point to outlives the notifier. ERROR_MEMORY. */
enum error notifier_new(const struct notifier_options *options, struct notifier **ret_notifier) MUST_CHECK;
void notifier_free(struct notifier *notifier);
/* A turn: takes up to wait_ms, longer only where the database is slow. Errors are the database's. */
enum error notifier_run(struct notifier *notifier, int wait_ms) MUST_CHECK;
/* No more is claimed; what is under way goes on. True: nothing is. */
bool notifier_drain(struct notifier *notifier, int wait_ms);

#endif
