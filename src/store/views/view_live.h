/* SPDX-License-Identifier: ISC */
/* Which media are watched just now. */
#ifndef MEDIAGATE_STORE_VIEWS_VIEW_LIVE_H
#define MEDIAGATE_STORE_VIEWS_VIEW_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "store/engine/database.h"

struct view_watched {
  int64_t media_id;
  char *title; /* malloc'd */
  int64_t watching;
};

struct view_live {
  int64_t now_us;
  int64_t watching;           /* all of them */
  int64_t media;              /* so many media are watched */
  struct view_watched *items; /* malloc'd; those that most watch */
  size_t count;
};

void view_live_free(struct view_live *live);
/* A view is watched just now when one of its deliveries is still going on, or was within the last minute. */
enum error view_live_read(struct database *database, bool bots, int limit, struct view_live *ret_live) MUST_CHECK;

#endif
