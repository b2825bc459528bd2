/* SPDX-License-Identifier: ISC */
/*
 * Where questions about views are asked: at the standby of analytics_database where there is one that keeps up, else at
 * the primary.
 */
#ifndef MEDIAGATE_API_VIEWS_VIEW_SOURCE_H
#define MEDIAGATE_API_VIEWS_VIEW_SOURCE_H

#include <stdbool.h>

#include "api/call.h"
#include "base/error.h"
#include "store/engine/database.h"

/* Reads and writes nothing in the database. On an error the context is as before. */
typedef enum error view_source_read(struct database *database, void *context);

struct view_source {
  struct call *call;
  bool told; /* the answer says that a standby gave it, and how old it may be: Analytics-Lag */
};

/* An error of the standby is the primary's to judge: what it does not have yet is not missing. */
enum error view_source_ask(struct view_source *source, view_source_read *read, void *context) MUST_CHECK;

#endif
