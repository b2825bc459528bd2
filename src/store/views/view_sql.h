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

#endif
