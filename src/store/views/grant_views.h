/* SPDX-License-Identifier: ISC */
/* The views of one grant as the database has them, for whoever holds them against the delivery log. */
#ifndef MEDIAGATE_STORE_VIEWS_GRANT_VIEWS_H
#define MEDIAGATE_STORE_VIEWS_GRANT_VIEWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "domain/address.h"
#include "domain/grant.h"
#include "store/engine/database.h"

struct grant_view {
  int64_t id;
  int64_t media_id;
  int64_t timestamp_us;
  int64_t last_seen_us;
  int64_t bytes_sent;
  int64_t seconds;
  int64_t delivered_points; /* hundredths of a percent; -1 unknown */
  bool bot;
  char viewed_by_ip[ADDRESS_TEXT_SIZE]; /* as view_ip shows it */
  char viewer[VIEWER_SIZE];             /* "" for none */
  char country[COUNTRY_SIZE];           /* "" unknown */
};

/* Oldest first. grant_id: 32 hex digits. The caller frees *ret_views. */
enum error grant_views_read(struct database *database, const char *grant_id, struct grant_view **ret_views,
                            size_t *ret_count) MUST_CHECK;

#endif
