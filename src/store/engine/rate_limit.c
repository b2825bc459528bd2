/* SPDX-License-Identifier: ISC */
/*
 * A fixed window per key. The first attempt opens it, the row is replaced when it has ended: nobody is ever locked out
 * for good, and attempts above the limit cost one upsert. Or the attempts of each of the last seconds, which add up to
 * those of any minute.
 */
#include "config.h"

#include "store/engine/rate_limit.h"

#include "store/engine/statement.h"
#include "store/engine/rate_limit_minute.sql.h"

/* Of kind $1 and key $2; a kind holds no blank. */
#define KEY "sha256(convert_to($1::text || ' ' || $2::text, 'UTF8'))"

/* Counters need not reach the disk before the answer: a crash of the machine forgives a few attempts. As a part of a
 * statement this holds for that transaction only, through a transaction pooler too; who does more in it sets it back.
 */
#define LAZILY "(select set_config('synchronous_commit', 'off', true)) lazily"

static void add_key(struct parameters *parameters, const char *kind, const char *key) {
  parameters_text(parameters, kind);
  parameters_text(parameters, key);
}

/* Runs what returns `attempts`, `retry_after`. */
static enum error count(struct database *database, const char *sql, enum statement_repeat repeat,
                        const struct parameters *parameters, int64_t limit, int64_t *ret_retry_after) {
  struct rows row = statement_row(database, sql, repeat, parameters);
  int64_t attempts = rows_i64(&row);
  int64_t retry_after = rows_i64(&row);
  enum error error = rows_close(&row);
  if (error == ERROR_NONE && attempts > limit) {
    *ret_retry_after = retry_after;
    error = ERROR_LIMITED;
  }
  return error;
}

/* Repeatable: an attempt counted twice after a broken connection errs on the safe side. */
enum error rate_limit_count(struct database *database, const char *kind, const char *key, int64_t limit,
                            int64_t window_seconds, int64_t *ret_retry_after) {
  static const char *const upsert =
      "insert into rate_limit as r (key, attempts, window_ends_at)"
      " select " KEY ", 1, now() + $3::int8 * interval '1 second' from " LAZILY " on conflict (key) do update set"
      "  attempts = case when r.window_ends_at <= now() then 1 else r.attempts + 1 end,"
      "  window_ends_at = case when r.window_ends_at <= now() then excluded.window_ends_at else r.window_ends_at end"
      " returning attempts, greatest(1, ceil(extract(epoch from window_ends_at - now())))::int8";
  struct parameters parameters = {0};
  add_key(&parameters, kind, key);
  parameters_i64(&parameters, window_seconds);
  return count(database, upsert, STATEMENT_REPEATABLE, &parameters, limit, ret_retry_after);
}

enum error rate_limit_count_minute(struct database *database, const char *kind, const char *key, int64_t limit,
                                   int64_t *ret_retry_after) {
  static const char *const upsert = RATE_LIMIT_MINUTE_SQL(LAZILY);
  struct parameters parameters = {0};
  add_key(&parameters, kind, key);
  parameters_i64(&parameters, limit);
  return count(database, upsert, STATEMENT_ONCE, &parameters, limit, ret_retry_after);
}

enum error rate_limit_give_back(struct database *database, const char *kind, const char *key) {
  struct parameters parameters = {0};
  add_key(&parameters, kind, key);
  return statement_change(
      database, "update rate_limit set attempts = attempts - 1 from " LAZILY " where key = " KEY " and attempts > 0",
      STATEMENT_ONCE, &parameters, NULL);
}

enum error rate_limit_reset(struct database *database, const char *kind, const char *key) {
  struct parameters parameters = {0};
  add_key(&parameters, kind, key);
  return statement_change(database, "delete from rate_limit using " LAZILY " where key = " KEY, STATEMENT_REPEATABLE,
                          &parameters, NULL);
}
