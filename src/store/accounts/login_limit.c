/* SPDX-License-Identifier: ISC */
/* The counters are rows of rate_limit; where an account is used from are rows of login_place. */
#include "config.h"

#include "store/accounts/login_limit.h"

#include <stdbool.h>
#include <stdio.h>

#include "base/text.h"
#include "store/engine/rate_limit.h"
#include "store/engine/statement.h"

/* The hash of a place of account `account`, so that no address is stored. */
#define PLACE(account, kind, value) "sha256(convert_to(" account " || ' " kind " ' || " value "::text, 'UTF8'))"

#define REPORT_PLACE_SIZE 96 /* an id and a network */

static enum error find_standing(struct database *database, const struct login_attempt *attempt, int64_t known_seconds,
                                enum login_standing *ret_standing) {
  static const char *const select = "select coalesce(bool_or(p.place = " PLACE(
      "a.id", "address", "$2") "), false), count(*) > 0"
                               " from admin_user a join login_place p on p.account_id = a.id"
                               " and p.place in (" PLACE("a.id", "address", "$2") ", " PLACE(
                                   "a.id", "network",
                                   "$3") ")"
                                         " where a.email = $1 and p.seen_at > now() - $4::int8 * interval '1 second'";
  struct parameters parameters = {0};
  parameters_text(&parameters, attempt->email);
  parameters_text(&parameters, attempt->address);
  parameters_text(&parameters, attempt->network);
  parameters_i64(&parameters, known_seconds);
  struct rows row = statement_row(database, select, STATEMENT_REPEATABLE, &parameters);
  bool address = rows_bool(&row);
  bool known = rows_bool(&row);
  enum login_standing standing = address ? LOGIN_KNOWN_ADDRESS : known ? LOGIN_KNOWN_NETWORK : LOGIN_STRANGER;
  return rows_close_into(&row, ret_standing, &standing, sizeof standing);
}

/* One account from one place. A place that is known has counters that a stranger's attempts never touch, and an address
 * that is known one that others of its network do not touch. E-mail addresses hold no blank. */
static const char *place_kind(enum login_standing standing) {
  return standing == LOGIN_STRANGER ? "login-place" : "login-known";
}

static enum error add_place(struct text *key, const struct login_attempt *attempt, enum login_standing standing) {
  text_append(key, attempt->email);
  text_append(key, standing == LOGIN_KNOWN_ADDRESS ? " address " : " network ");
  text_append(key, standing == LOGIN_KNOWN_ADDRESS ? attempt->address : attempt->network);
  return key->failed ? ERROR_MEMORY : ERROR_NONE;
}

/* The narrow ones come first: what is above one of them no longer counts in the wider, so that nobody can fill those
 * from one place. */
enum error login_limit_count(struct database *database, const struct login_attempt *attempt,
                             const struct login_limits *limits, enum login_standing *ret_standing,
                             int64_t *ret_retry_after) {
  const int64_t window = limits->window_seconds, anywhere = limits->account * LOGIN_LIMIT_ANYWHERE;
  struct text place = {.data = NULL};
  enum login_standing standing = LOGIN_STRANGER;
  enum error error =
      rate_limit_count(database, "login-address", attempt->address, limits->address, window, ret_retry_after);
  if (error == ERROR_NONE) {
    error = find_standing(database, attempt, limits->known_seconds, &standing);
  }
  if (error == ERROR_NONE) {
    error = add_place(&place, attempt, standing);
  }
  if (error == ERROR_NONE) {
    error = rate_limit_count(database, place_kind(standing), place.data, limits->account, window, ret_retry_after);
  }
  if (error == ERROR_NONE && standing == LOGIN_STRANGER) {
    error = rate_limit_count(database, "login-account", attempt->email, anywhere, window, ret_retry_after);
  }
  text_free(&place);
  if (error == ERROR_NONE) {
    *ret_standing = standing;
  }
  return error;
}

enum error login_limit_forgive(struct database *database, const struct login_attempt *attempt,
                               enum login_standing standing) {
  struct text place = {.data = NULL};
  enum error error = add_place(&place, attempt, standing);
  if (error == ERROR_NONE) {
    error = rate_limit_reset(database, place_kind(standing), place.data);
  }
  if (error == ERROR_NONE && standing == LOGIN_STRANGER) {
    error = rate_limit_give_back(database, "login-account", attempt->email);
  }
  text_free(&place);
  return error == ERROR_NONE ? rate_limit_give_back(database, "login-address", attempt->address) : error;
}

/* A row is written at most hourly. */
enum error login_limit_remember(struct database *database, int64_t account_id, const char *address,
                                const char *network) {
  static const char *const upsert =
      "insert into login_place as p (account_id, place) values"
      " ($1, " PLACE("$1::int8", "address", "$2") "), ($1, " PLACE(
          "$1::int8", "network", "$3") ")"
                                       " on conflict (account_id, place) do update set seen_at = now() where p.seen_at "
                                       "< now() - interval '1 hour'";
  struct parameters parameters = {0};
  parameters_i64(&parameters, account_id);
  parameters_text(&parameters, address);
  parameters_text(&parameters, network);
  return statement_change(database, upsert, STATEMENT_REPEATABLE, &parameters, NULL);
}

static void id_key(int64_t account_id, char ret_key[24]) {
  (void)snprintf(ret_key, 24, "%lld", (long long)account_id);
}

enum error code_limit_count(struct database *database, int64_t account_id, const struct login_limits *limits,
                            int64_t *ret_retry_after) {
  char key[24];
  id_key(account_id, key);
  return rate_limit_count(database, "login-code", key, limits->account, limits->window_seconds, ret_retry_after);
}

enum error code_limit_give_back(struct database *database, int64_t account_id) {
  char key[24];
  id_key(account_id, key);
  return rate_limit_give_back(database, "login-code", key);
}

enum error password_change_limit_count(struct database *database, int64_t account_id, const struct login_limits *limits,
                                       int64_t *ret_retry_after) {
  char key[24];
  id_key(account_id, key);
  return rate_limit_count(database, "password-change", key, limits->account, limits->window_seconds, ret_retry_after);
}

enum error password_change_limit_forgive(struct database *database, int64_t account_id) {
  char key[24];
  id_key(account_id, key);
  return rate_limit_reset(database, "password-change", key);
}

static void report_place_key(int64_t report_id, const char *network, char ret_key[REPORT_PLACE_SIZE]) {
  (void)snprintf(ret_key, REPORT_PLACE_SIZE, "%lld network %s", (long long)report_id, network);
}

enum error report_limit_count(struct database *database, int64_t report_id, const struct login_attempt *attempt,
                              const struct login_limits *limits, int64_t *ret_retry_after) {
  const int64_t window = limits->window_seconds, anywhere = limits->account * LOGIN_LIMIT_ANYWHERE;
  char key[24], place[REPORT_PLACE_SIZE];
  id_key(report_id, key);
  report_place_key(report_id, attempt->network, place);
  enum error error =
      rate_limit_count(database, "login-address", attempt->address, limits->address, window, ret_retry_after);
  if (error == ERROR_NONE) {
    error = rate_limit_count(database, "report-place", place, limits->account, window, ret_retry_after);
  }
  return error == ERROR_NONE ? rate_limit_count(database, "report", key, anywhere, window, ret_retry_after) : error;
}

enum error report_limit_forgive(struct database *database, int64_t report_id, const struct login_attempt *attempt) {
  char key[24], place[REPORT_PLACE_SIZE];
  id_key(report_id, key);
  report_place_key(report_id, attempt->network, place);
  enum error error = rate_limit_reset(database, "report-place", place);
  if (error == ERROR_NONE) {
    error = rate_limit_give_back(database, "report", key);
  }
  return error == ERROR_NONE ? rate_limit_give_back(database, "login-address", attempt->address) : error;
}

enum error signup_limit_count(struct database *database, const char *address, const struct signup_limits *limits,
                              int64_t *ret_retry_after) {
  const int64_t window = limits->window_seconds;
  enum error error = rate_limit_count(database, "signup-address", address, limits->address, window, ret_retry_after);
  return error == ERROR_NONE ? rate_limit_count(database, "signup", "", limits->all, window, ret_retry_after) : error;
}
