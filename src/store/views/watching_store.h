/* SPDX-License-Identifier: ISC */
/*
 * Who watches a long delivery just now (table view_watching): from the lines that nginx writes when one begins, until
 * that of its end. Views are not made of it, and it may be lost.
 */
#ifndef MEDIAGATE_STORE_VIEWS_WATCHING_STORE_H
#define MEDIAGATE_STORE_VIEWS_WATCHING_STORE_H

#include <stddef.h>

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

#endif
