/* SPDX-License-Identifier: ISC */
/* Salts travel as hex. The first process that needs a day's salt makes it; all others take that one. */
#include "config.h"

#include "store/views/address_salt_store.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "domain/address.h"
#include "store/views/ingest_store.h"
#include "store/engine/statement.h"

#define DAY_SECONDS INT64_C(86400)
#define DAY_US      (DAY_SECONDS * 1000000)

#define SQL_DAY(parameter) "(date '1970-01-01' + " parameter "::int4)"

static struct address_salt read_salt(struct rows *rows) {
  struct address_salt salt = {.day = rows_i64(rows)};
  rows_bytes(rows, salt.salt, sizeof salt.salt);
  return salt;
}

/* ERROR_NOT_FOUND: nobody made it yet. */
static enum error find_salt(struct database *database, int64_t day, struct address_salt *ret_salt) {
  struct parameters parameters = {0};
  parameters_i64(&parameters, day);
  struct rows row = statement_row(
      database, "select day - date '1970-01-01', encode(salt, 'hex') from address_salt where day = " SQL_DAY("$1"),
      STATEMENT_REPEATABLE, &parameters);
  struct address_salt salt = read_salt(&row);
  return rows_close_into(&row, ret_salt, &salt, sizeof salt);
}

static enum error make_salt(struct database *database, int64_t day) {
  unsigned char salt[ADDRESS_SALT_SIZE];
  random_bytes(salt, sizeof salt);
  struct parameters parameters = {0};
  parameters_i64(&parameters, day);
  parameters_hash(&parameters, salt);
  return statement_execute(database,
                           "insert into address_salt (day, salt) values (" SQL_DAY("$1") ", $2) on conflict do nothing",
                           STATEMENT_REPEATABLE, &parameters, NULL);
}

/* Salts of an earlier connection: the database of this one may have others, when it went back in time. */
static void forget_others(struct address_salts *salts, const struct database *database) {
  if (salts->generation != database_generation(database)) {
    explicit_bzero(salts->items, sizeof salts->items);
    salts->count = 0;
    salts->generation = database_generation(database);
  }
}

enum error address_salts_get(struct address_salts *salts, struct database *database, int64_t granted_us,
                             const unsigned char **ret_salt) {
  const size_t room = sizeof salts->items / sizeof salts->items[0];
  int64_t day = granted_us / DAY_US;
  forget_others(salts, database);
  for (size_t i = 0; i < salts->count; i++) {
    if (salts->items[i].day == day) {
      *ret_salt = salts->items[i].salt;
      return ERROR_NONE;
    }
  }
  struct address_salt salt;
  enum error error = find_salt(database, day, &salt);
  if (error == ERROR_NOT_FOUND) {
    error = make_salt(database, day);
    error = error == ERROR_NONE ? find_salt(database, day, &salt) : error;
  }
  if (error != ERROR_NONE) {
    return error == ERROR_NOT_FOUND ? ERROR_UNAVAILABLE : error; /* made and expired at once: try again */
  }
  forget_others(salts, database); /* asking may have connected anew */
  if (salts->count == room) {
    salts->count = 0;
  }
  salts->items[salts->count] = salt;
  *ret_salt = salts->items[salts->count++].salt;
  return ERROR_NONE;
}

static void forget_days_before(struct address_salts *salts, int64_t day) {
  size_t kept = 0;
  for (size_t i = 0; i < salts->count; i++) {
    if (salts->items[i].day >= day) {
      salts->items[kept++] = salts->items[i];
    }
  }
  explicit_bzero(&salts->items[kept], (salts->count - kept) * sizeof salts->items[0]);
  salts->count = kept;
}

void address_salts_forget(struct address_salts *salts, int64_t before_us) {
  forget_days_before(salts, before_us / DAY_US);
}

enum error address_salts_expire(struct address_salts *salts, struct database *database, int64_t keep_seconds,
                                int64_t *ret_destroyed) {
  int64_t oldest = (clock_now_seconds() - keep_seconds) / DAY_SECONDS; /* the day that is kept yet */
  forget_days_before(salts, oldest);
  struct parameters parameters = {0};
  parameters_i64(&parameters, oldest);
  parameters_i64(&parameters, keep_seconds);
  /* A node that was not heard of may have all that was delivered since. */
  return statement_change(
      database,
      "delete from address_salt where day < least(" SQL_DAY(
          "$1") ", (select ((min(seen_at - unread_seconds"
                " * interval '1 second') - $2::int8 * interval '1 second') at time zone 'UTC')::date from ingest_node"
                " where seen_at > now() - interval '" INGEST_NODE_KEPT "'))",
      STATEMENT_REPEATABLE, &parameters, ret_destroyed);
}

enum error address_salt_store_list(struct database *database, struct address_salt **ret_salts, size_t *ret_count) {
  struct rows rows;
  enum error error =
      statement_execute(database, "select day - date '1970-01-01', encode(salt, 'hex') from address_salt order by day",
                        STATEMENT_REPEATABLE, NULL, &rows);
  if (error != ERROR_NONE) {
    return error;
  }
  struct address_salt *salts = calloc(rows_count(&rows) + 1, sizeof *salts);
  size_t count = 0;
  while (salts != NULL && rows_next(&rows)) {
    salts[count++] = read_salt(&rows);
  }
  error = rows_close(&rows);
  error = salts == NULL ? ERROR_MEMORY : error;
  if (error != ERROR_NONE) {
    free(salts);
    return error;
  }
  *ret_salts = salts;
  *ret_count = count;
  return ERROR_NONE;
}
