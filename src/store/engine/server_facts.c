/* SPDX-License-Identifier: ISC */
/* See server_facts.h. */
#include "config.h"

#include "store/engine/server_facts.h"

#include "store/engine/statement.h"

enum error server_facts_read(struct database *database, struct server_facts *ret_facts) {
  static const char *const select =
      "select current_setting('server_version_num')::int8, current_setting('fsync')::bool,"
      " current_setting('full_page_writes')::bool, current_setting('autovacuum')::bool,"
      " current_setting('track_counts')::bool, exists (select from pg_timezone_names where name = 'Europe/Berlin'),"
      " current_setting('is_superuser')::bool, current_setting('max_connections')::int8";
  struct rows row = statement_row(database, select, STATEMENT_REPEATABLE, NULL);
  struct server_facts facts;
  facts.version = rows_i64(&row);
  facts.fsync = rows_bool(&row);
  facts.full_page_writes = rows_bool(&row);
  facts.autovacuum = rows_bool(&row);
  facts.track_counts = rows_bool(&row);
  facts.knows_time_zones = rows_bool(&row);
  facts.is_superuser = rows_bool(&row);
  facts.max_connections = rows_i64(&row);
  return rows_close_into(&row, ret_facts, &facts, sizeof facts);
}
