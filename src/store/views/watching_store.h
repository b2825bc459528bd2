/* SPDX-License-Identifier: ISC */
/*
 * Who watches a long delivery just now (table view_watching): from the lines that nginx writes when one begins, until
 * that of its end. Views are not made of it, and it may be lost.
 */
#ifndef MEDIAGATE_STORE_VIEWS_WATCHING_STORE_H
#define MEDIAGATE_STORE_VIEWS_WATCHING_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"
#include "domain/digest.h"
#include "store/engine/database.h"
#include "store/views/view_writer.h"

struct watching_start {
  char request_id[REQUEST_ID_SIZE];
  struct view_change view; /* who watches what since when (started_us), with its marks */
};

struct watching_change {
  struct watching_start *starts;
  size_t start_count;
  struct text ended; /* an array of request ids (see array.h), not closed yet; those of deliveries that had no start do
                        no harm */
};

/* In a transaction that took its turn (view_writer_take_turn). Starts whose end is among `ended` do nothing, nor do
 * those of media that the database does not know. Closes the array. */
enum error watching_store_change(struct database *database, struct watching_change *change) MUST_CHECK;
/* Forgets who was not seen for two minutes, and deliveries without an end after twelve hours: nginx was killed. */
enum error watching_store_sweep(struct database *database) MUST_CHECK;

/* Which media are watched just now. */
struct watched_medium {
  int64_t media_id;
  char *title; /* malloc'd */
  int64_t watching;
};

struct watching_live {
  int64_t now_us;
  int64_t watching;             /* all of them */
  int64_t media;                /* so many media are watched */
  struct watched_medium *items; /* malloc'd; those that most watch */
  size_t count;
};

void watching_live_free(struct watching_live *live);
/* kinds: see view_kinds.h. A view is watched just now when one of its deliveries is still going on, or was within the
 * last minute. */
enum error watching_store_read(struct database *database, unsigned kinds, int limit,
                               struct watching_live *ret_live) MUST_CHECK;

#endif
