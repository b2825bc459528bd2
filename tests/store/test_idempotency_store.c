/* SPDX-License-Identifier: ISC */
/*
 * Requests with an Idempotency-Key: what they change is stored with their answer, or not at all, whatever transactions
 * run within; one at a time for each key.
 */
#include "config.h"

#include "store/engine/idempotency_store.h"

#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "store/media/media_store.h"

static const struct idempotent_request request = {.key = {1, 2, 3}, .request = {4}, .status = 201, .sealed = "k1.text"};

static void begin(bool expected_found, struct idempotent_request *found) {
  bool is_found = !expected_found;
  ck_assert_int_eq(idempotency_store_begin(fixture_database, request.key, &is_found, found), ERROR_NONE);
  ck_assert(is_found == expected_found);
}

static int64_t media(void) {
  return fixture_sql("select count(*) from media_asset");
}

START_TEST(an_answer_is_stored_with_what_was_changed) {
  struct idempotent_request found = {.status = 0};
  begin(false, &found);
  fixture_medium();
  idempotency_store_abandon(fixture_database);
  ck_assert_int_eq(media(), 0);
  begin(false, &found);
  fixture_medium();
  ck_assert_int_eq(idempotency_store_finish(fixture_database, &request), ERROR_NONE);
  ck_assert_int_eq(media(), 1);
  begin(true, &found);
  ck_assert_int_eq(found.status, 201);
  ck_assert_str_eq(found.sealed, "k1.text");
  ck_assert(memcmp(found.key, request.key, DIGEST_SIZE) == 0 &&
            memcmp(found.request, request.request, DIGEST_SIZE) == 0);
  idempotent_request_free(&found);
  fixture_medium(); /* nothing was begun */
  ck_assert_int_eq(media(), 2);
}
END_TEST

START_TEST(transactions_within_are_parts_of_the_whole) {
  struct idempotent_request found;
  begin(false, &found);
  ck_assert_int_eq(statement_begin(fixture_database), ERROR_NONE);
  fixture_medium();
  ck_assert_int_eq(statement_begin(fixture_database), ERROR_NONE);
  fixture_medium();
  ck_assert_int_eq(statement_change(fixture_database, "select 1 / 0", STATEMENT_ONCE, NULL, NULL), ERROR_INVALID);
  statement_rollback(fixture_database); /* the inner one alone, which failed */
  ck_assert_int_eq(statement_commit(fixture_database), ERROR_NONE);
  ck_assert_int_eq(media(), 0); /* nobody else sees it yet */
  ck_assert_int_eq(idempotency_store_finish(fixture_database, &request), ERROR_NONE);
  ck_assert_int_eq(media(), 1);
  begin(true, &found);
  idempotent_request_free(&found);
}
END_TEST

START_TEST(what_a_broken_transaction_leaves_open_is_taken_back) {
  struct idempotent_request found;
  begin(false, &found);
  ck_assert_int_eq(statement_begin(fixture_database), ERROR_NONE); /* and it is not ended */
  fixture_medium();
  idempotency_store_abandon(fixture_database);
  ck_assert_int_eq(media(), 0);
  begin(false, &found);
  fixture_medium();
  struct database *other = fixture_connect(fixture_connection_string, true);
  ck_assert_int_eq(statement_change(other,
                                    "select pg_terminate_backend(pid) from pg_stat_activity where pid <>"
                                    " pg_backend_pid() and datname = current_database()",
                                    STATEMENT_ONCE, NULL, NULL),
                   ERROR_NONE);
  ck_assert_int_ne(idempotency_store_finish(fixture_database, &request), ERROR_NONE);
  database_close(other);
  ck_assert_int_eq(media(), 0); /* and the connection works again */
}
END_TEST

START_TEST(one_request_of_a_key_runs_at_a_time) {
  struct database *other = fixture_connect(fixture_connection_string, true);
  struct idempotent_request found;
  bool is_found = false;
  begin(false, &found);
  ck_assert_int_eq(idempotency_store_begin(other, request.key, &is_found, &found), ERROR_CONFLICT);
  static const unsigned char other_key[DIGEST_SIZE] = {9};
  ck_assert_int_eq(idempotency_store_begin(other, other_key, &is_found, &found), ERROR_NONE);
  idempotency_store_abandon(other);
  ck_assert_int_eq(idempotency_store_finish(fixture_database, &request), ERROR_NONE);
  ck_assert_int_eq(idempotency_store_begin(other, request.key, &is_found, &found), ERROR_NONE);
  ck_assert(is_found);
  idempotent_request_free(&found);
  database_close(other);
}
END_TEST

/* Each tries until it has an answer, its own or another's. */
static int attempt(struct database *database, int number) {
  (void)number;
  enum error error;
  do {
    struct idempotent_request found = {.sealed = NULL};
    bool is_found = false;
    error = idempotency_store_begin(database, request.key, &is_found, &found);
    if (error == ERROR_NONE && !is_found) {
      struct media made;
      error = media_store_create(database, "film", MEDIA_VIDEO, NULL, 0, &made);
      media_free(&made);
      error = error == ERROR_NONE ? idempotency_store_finish(database, &request) : error;
    }
    idempotent_request_free(&found);
  } while (error == ERROR_CONFLICT);
  return error == ERROR_NONE ? 0 : 1;
}

START_TEST(of_many_at_once_one_changes_something) {
  ck_assert_int_eq(fixture_race(8, attempt), 0);
  ck_assert_int_eq(media(), 1);
}
END_TEST

START_TEST(old_answers_are_forgotten) {
  struct idempotent_request found;
  int64_t deleted = -1;
  begin(false, &found);
  ck_assert_int_eq(idempotency_store_finish(fixture_database, &request), ERROR_NONE);
  ck_assert_int_eq(idempotency_store_sweep(fixture_database, 86400, 10, &deleted), ERROR_NONE);
  ck_assert_int_eq(deleted, 0);
  fixture_sql("update idempotent_request set created_at = now() - interval '86401 seconds'");
  ck_assert_int_eq(idempotency_store_sweep(fixture_database, 86400, 10, &deleted), ERROR_NONE);
  ck_assert_int_eq(deleted, 1);
}
END_TEST

FIXTURE_MAIN("idempotency_store", an_answer_is_stored_with_what_was_changed, transactions_within_are_parts_of_the_whole,
             what_a_broken_transaction_leaves_open_is_taken_back, one_request_of_a_key_runs_at_a_time,
             of_many_at_once_one_changes_something, old_answers_are_forgotten)
