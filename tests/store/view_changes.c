/* SPDX-License-Identifier: ISC */
/*
 * Views of an invented log, whose id begins with 7.
 */
#include "config.h"

#include "view_changes.h"

#include <stdio.h>
#include <string.h>

#include "fixture.h"

struct view_change *view_changes_add(struct view_changes *changes, int64_t media_id, const char *grant,
                                     const char *address, int second, int64_t bytes) {
  struct view_change *view = &changes->views[changes->count++];
  *view = (struct view_change){.media_id = media_id,
                               .address_hash = 7,
                               .granted_us = INT64_C(0x019355000000) * 1000,
                               .started_us = START + second * INT64_C(1000000),
                               .ended_us = START + (second + 1) * INT64_C(1000000),
                               .bytes_sent = bytes,
                               .lines = 1,
                               .viewer = "u-1"};
  snprintf(view->grant_id, sizeof view->grant_id, "%s", grant);
  snprintf(view->address, sizeof view->address, "%s", address);
  memcpy(view->address_key, address, strnlen(address, sizeof view->address_key));
  view->user_agent = strdup(second == 0 ? "Odd \"{player}\", \\ of NULL\nZ\xc3\xbcrich" : "Later");
  return view;
}

enum error view_changes_commit(struct database *database, struct view_changes *changes, int64_t from, int64_t to) {
  const struct delivery_log log = {.id = {7}, .position = from};
  const struct delivery_batch batch = {.play_rule = {.min_seconds = 3},
                                       .lines = (int64_t)changes->count,
                                       .views = changes->views,
                                       .view_count = changes->count};
  enum error error = delivery_store_commit(database, &log, to, &batch);
  for (size_t i = 0; i < changes->count; i++) {
    view_change_free(&changes->views[i]);
  }
  changes->count = 0;
  return error;
}

int64_t view_changes_wrong_rollups(void) {
  return fixture_sql(
      "with raw as (select g.grain, m.media_id, case g.grain when 'quarter' then date_bin('15 minutes', "
      "v.\"timestamp\","
      " '2000-01-01Z') else date_trunc(g.grain, v.\"timestamp\", 'UTC') end as start, v.bot, count(*)::int8 as views,"
      " count(*) filter (where v.played)::int8 as plays, sum(coalesce(v.bytes_sent, 0))::int8 as bytes_sent,"
      " sum(coalesce(v.seconds, 0))::int8 as seconds, sum(coalesce(v.watched_seconds, 0))::int8 as watched_seconds,"
      " sum(coalesce(v.delivered_points, 0))::int8 as points, count(v.delivered_points)::int8 as points_views, "
      "v.internal"
      " from media_view_log v, (values ('quarter'), ('day'), ('month')) g (grain),"
      " lateral (values (v.media_id), (0)) m (media_id) group by 1, 2, 3, v.bot, v.internal)"
      " select count(*) from ((select * from raw except all select * from view_rollup) union all"
      " (select * from view_rollup except all select * from raw)) d");
}
