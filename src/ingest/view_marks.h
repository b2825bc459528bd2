/* SPDX-License-Identifier: ISC */
/*
 * What is said of the viewers of a batch before it is stored: see audience/audience.h. Here salts meet the days of the
 * grants, so that a view that crosses midnight is one.
 */
#ifndef MEDIAGATE_INGEST_VIEW_MARKS_H
#define MEDIAGATE_INGEST_VIEW_MARKS_H

#include <stdint.h>

#include "audience/audience.h"
#include "base/error.h"
#include "store/views/address_salt_store.h"
#include "store/engine/database.h"
#include "store/views/view_writer.h"

/* The salts live in the database. Zero-initialise but for the first two. */
struct view_marks {
  struct audience *audience;
  struct database *database;
  struct address_salts salts;
};

/* Before each batch: looks for a new country database, and logs what is wrong with it. */
void view_marks_refresh(struct view_marks *marks);
/* Fills in address, key, hash, country, robot and internal of a view whose address is still the one that was delivered
 * to. Outside a transaction. */
enum error view_marks_fill(struct view_marks *marks, struct view_change *view) MUST_CHECK;

#endif
