/* SPDX-License-Identifier: ISC */
/*
 * SQL that the stores of views share. Not for anybody above them.
 */
#ifndef MEDIAGATE_STORE_VIEWS_VIEW_SQL_H
#define MEDIAGATE_STORE_VIEWS_VIEW_SQL_H

/* All who count, or change what was counted, take turns: first statement of their transaction. So nothing that one of
 * them has read is changed by another before it commits. Reported views, rows of their own, need not. Of a machine that
 * lost its power in between the database may hear nothing for hours: it is not waited for. */
#define SQL_TAKE_TURN                                                                                                  \
  "select pg_advisory_xact_lock(7235412097710211329), set_config('idle_in_transaction_session_timeout', '30s', true)"

/* A table to select media_view_log_partition() from: it writes a month's bounds as the database shows times, of which
 * only the ISO style tells the zone beyond doubt. */
#define SQL_ISO_DATES "set_config('datestyle', 'ISO', true) iso_dates"

/* clang-format off */

/* Adds differences to the sums of their quarter hour, day and month, of their medium and of all. `differences` is a
 * query's name with columns media_id, "timestamp", bot, views, bytes_sent, seconds, points, points_views. The last
 * statement of its transaction, since everybody's meet in the rows of all media; in one order, so that nobody
 * waits in a circle. */
#define SQL_ADD_TO_ROLLUPS(differences)                                                                                \
  " insert into view_rollup as r (grain, media_id, start, bot, views, bytes_sent, seconds, points, points_views)"      \
  " select g.grain, m.media_id, case g.grain when 'quarter' then q.quarter else date_trunc(g.grain, q.quarter, 'UTC') end," \
  " q.bot, sum(q.views), sum(q.bytes_sent), sum(q.seconds), sum(q.points), sum(q.points_views)"                        \
  " from (select media_id, date_bin('15 minutes', \"timestamp\", '2000-01-01Z') as quarter, bot, sum(views) as views," \
  "  sum(bytes_sent) as bytes_sent, sum(seconds) as seconds, sum(points) as points, sum(points_views) as points_views" \
  "  from " differences " group by 1, 2, 3) q"                                                                         \
  " cross join (values ('quarter'), ('day'), ('month')) g (grain)"                                                     \
  " cross join lateral (values (q.media_id), (0)) m (media_id)"                                                        \
  " group by 1, 2, 3, 4 order by 2, 3, 1, 4"                                                                           \
  " on conflict (grain, media_id, start, bot) do update set views = r.views + excluded.views,"                         \
  " bytes_sent = r.bytes_sent + excluded.bytes_sent, seconds = r.seconds + excluded.seconds,"                          \
  " points = r.points + excluded.points, points_views = r.points_views + excluded.points_views"

/* clang-format on */

#endif
