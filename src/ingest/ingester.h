/* SPDX-License-Identifier: ISC */
/*
 * Reads what is new in the delivery logs and counts it: batches of whole lines, each stored in one transaction with the
 * position that it was read up to. So it may be killed at any moment, and several may run: each line counts once.
 */
#ifndef MEDIAGATE_INGEST_INGESTER_H
#define MEDIAGATE_INGEST_INGESTER_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audience/audience.h"
#include "base/error.h"
#include "ingest/log_follower.h"
#include "store/engine/database.h"
#include "store/views/view_writer.h"

#define DELIVERY_LOG_NAME "view.log"

struct ingester_options {
  struct database *database;
  const char *log_dir;      /* of nginx's delivery logs */
  const char *rejects_path; /* see reject_file.h */
  size_t batch_lines;       /* at most, in one transaction */
  int64_t view_retention;   /* months; 0: views are kept for ever */
  struct play_rule play_rule;
  bool commit_locally;       /* see struct delivery_batch */
  struct audience *audience; /* what is said of viewers; may be NULL where nothing is counted */
  /* Called between two batches, for what must not wait until a backlog is worked off; it may ask for the lag. May be
   * NULL. */
  void (*between_batches)(void *context);
  void *context;
};

struct ingester;

/* The options' texts, database and audience are not copied: they outlive the ingester. */
enum error ingester_open(const struct ingester_options *options, struct ingester **ret_ingester) MUST_CHECK;
void ingester_close(struct ingester *ingester);
/* Stores all that is new, batch by batch, until nothing is left or *stop is set. After an error what was stored
 * stays stored; call again later. */
enum error ingester_run(struct ingester *ingester, const volatile sig_atomic_t *stop) MUST_CHECK;

struct ingest_import {
  int64_t began_at; /* where reading went on: what lies before was counted earlier */
  int64_t position; /* up to where it is counted now */
  int64_t size_bytes;
};
/* The same for one file, wherever it lies; again and again changes nothing. `progress` is called after each batch. */
enum error ingester_import(struct ingester *ingester, const struct log_file *file, const volatile sig_atomic_t *stop,
                           void (*progress)(void *context, int64_t position, int64_t size_bytes), void *context,
                           struct ingest_import *ret_import) MUST_CHECK;

struct ingest_lag {
  int64_t logs;
  int64_t unreadable_logs; /* beside these; of what they hold nothing is known */
  int64_t unread_bytes;
  int64_t seconds; /* the age of the oldest line that is not counted yet; 0 for none */
};
/* Destroys the address salts of days whose grants cannot play any more, those that ended more than keep_seconds ago. */
enum error ingester_expire_salts(struct ingester *ingester, int64_t keep_seconds, int64_t *ret_destroyed) MUST_CHECK;

enum error ingester_lag(struct ingester *ingester, struct ingest_lag *ret_lag) MUST_CHECK;

#endif
