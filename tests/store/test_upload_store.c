/* SPDX-License-Identifier: ISC */
/*
 * Resumable uploads: quotas that hold among many, offsets that never go back, one medium an upload, late statements of
 * the dead.
 */
#include "config.h"

#include "domain/medium.h"
#include "store/media/upload_store.h"

#include <stdio.h>
#include <string.h>

#include "fixture.h"

static const struct upload_limits limits = {
    .account_uploads = 3, .account_bytes = 20000, .total_bytes = 10000, .unknown_length = 4000, .ttl_seconds = 3600};
static const struct media_file_facts facts = {.stored_name = "one.mp4", .size_bytes = 100, .content_type = "video/mp4"};

static struct upload_row upload_of(int number, int64_t length) {
  struct upload_row row = {.length = length, .title = "A film", .type = MEDIA_VIDEO, .metadata = "title QSBmaWxt"};
  snprintf(row.id, sizeof row.id, "%032x", (unsigned)number);
  return row;
}

static struct upload_row created(int64_t account, int number, int64_t length) {
  struct upload_row row = upload_of(number, length);
  enum error error = upload_store_create(fixture_database, account, &limits, &row);
  ck_assert_msg(error == ERROR_NONE, "%s %s", error_strerror(error), database_last_error(fixture_database));
  return row;
}

static struct upload_row taken(int64_t account, const char *id) {
  struct upload_row row;
  ck_assert_int_eq(upload_store_take(fixture_database, id, account, &row), ERROR_NONE);
  return row;
}

START_TEST(creates_and_finds_for_its_owner_only) {
  int64_t owner = fixture_account("a@example.org").id;
  int64_t other = fixture_account("b@example.org").id;
  struct upload_row row = upload_of(1, UPLOAD_LENGTH_UNKNOWN);
  snprintf(row.tail_boot, sizeof row.tail_boot, "%s", "01234567-89ab-cdef-0123-456789abcdef");
  ck_assert_int_eq(upload_store_create(fixture_database, owner, &limits, &row), ERROR_NONE);
  struct upload_row read = taken(owner, row.id);
  ck_assert_int_eq(read.length, UPLOAD_LENGTH_UNKNOWN);
  ck_assert_int_eq(read.offset, 0);
  ck_assert_str_eq(read.tail_boot, row.tail_boot);
  ck_assert_str_eq(read.metadata, row.metadata);
  ck_assert_str_eq(read.title, "A film");
  ck_assert_int_eq(read.expires_at_us, row.expires_at_us);
  ck_assert(!read.expired && !read.completed && read.refusal[0] == '\0' && read.media_id == 0);
  ck_assert_int_eq(upload_store_take(fixture_database, row.id, other, &read), ERROR_NOT_FOUND);
  read = taken(owner, row.id);
  ck_assert_int_eq(upload_store_set_length(fixture_database, &read, 50), ERROR_NONE);
  ck_assert_int_eq(upload_store_set_length(fixture_database, &read, 50), ERROR_NONE); /* the same again */
  ck_assert_int_eq(upload_store_set_length(fixture_database, &read, 51), ERROR_TIMEOUT);
  ck_assert_int_eq(upload_store_delete(fixture_database, row.id), ERROR_NONE);
  ck_assert_int_eq(upload_store_take(fixture_database, row.id, owner, &read), ERROR_NOT_FOUND);
}
END_TEST

START_TEST(an_offset_never_goes_back) {
  int64_t owner = fixture_account("a@example.org").id;
  struct upload_row row = created(owner, 1, 1000);
  int64_t expires_before = row.expires_at_us;
  int64_t expires = 0;
  row = taken(owner, row.id);
  ck_assert_int_eq(upload_store_advance(fixture_database, &row, 500, "aa", 7200, &expires), ERROR_NONE);
  ck_assert_int_gt(expires, expires_before);
  ck_assert_int_eq(upload_store_advance(fixture_database, &row, 400, "bb", 7200, &expires), ERROR_NONE);
  row = taken(owner, row.id);
  ck_assert_int_eq(row.offset, 500);
  ck_assert_str_eq(row.hash_state, "aa");
  ck_assert_int_eq(upload_store_advance(fixture_database, &row, 1001, "cc", 7200, &expires), ERROR_INVALID);
  ck_assert_int_eq(upload_store_set_tail(fixture_database, &row, ""), ERROR_NONE);
  ck_assert_str_eq(taken(owner, row.id).tail_boot, "");
}
END_TEST

START_TEST(quotas_count_what_is_under_way) {
  int64_t owner = fixture_account("a@example.org").id;
  int64_t other = fixture_account("b@example.org").id;
  struct upload_row first = created(owner, 1, 3000);
  created(owner, 2, UPLOAD_LENGTH_UNKNOWN); /* counts as 4000 */
  struct upload_row row = upload_of(3, 3001);
  ck_assert_int_eq(upload_store_create(fixture_database, owner, &limits, &row), ERROR_NO_SPACE);
  created(owner, 3, 1);
  row = upload_of(4, 1);
  ck_assert_int_eq(upload_store_create(fixture_database, owner, &limits, &row), ERROR_LIMITED);
  created(other, 4, 2999);
  row = upload_of(5, 1);
  ck_assert_int_eq(upload_store_create(fixture_database, other, &limits, &row), ERROR_NO_SPACE);
  first = taken(owner, first.id);
  ck_assert_int_eq(upload_store_refuse(fixture_database, &first, "no film"), ERROR_NONE);
  ck_assert_str_eq(taken(owner, first.id).refusal, "no film");
  created(other, 5, 3000); /* what is refused counts no more */
}
END_TEST

START_TEST(an_account_takes_its_share_only) {
  static const struct upload_limits shared = {
      .account_uploads = 100, .account_bytes = 8000, .total_bytes = 12000, .unknown_length = 4000, .ttl_seconds = 3600};
  int64_t owner = fixture_account("a@example.org").id;
  int64_t other = fixture_account("b@example.org").id;
  struct upload_row row = upload_of(1, UPLOAD_LENGTH_UNKNOWN);
  ck_assert_int_eq(upload_store_create(fixture_database, owner, &shared, &row), ERROR_NONE);
  row = upload_of(2, 4001);
  ck_assert_int_eq(upload_store_create(fixture_database, owner, &shared, &row), ERROR_LIMITED);
  row = upload_of(2, UPLOAD_LENGTH_UNKNOWN);
  ck_assert_int_eq(upload_store_create(fixture_database, owner, &shared, &row), ERROR_NONE);
  row = upload_of(3, 1);
  ck_assert_int_eq(upload_store_create(fixture_database, owner, &shared, &row), ERROR_LIMITED);
  ck_assert_int_eq(upload_store_create(fixture_database, other, &shared, &row), ERROR_NONE);
}
END_TEST

static int64_t racers[2];

static int create_one(struct database *database, int number) {
  struct upload_row row = upload_of(number + 1, 2500);
  return upload_store_create(database, racers[number % 2], &limits, &row) == ERROR_NONE ? 1 : 0;
}

START_TEST(parallel_creations_do_not_pass_the_quota) {
  racers[0] = fixture_account("a@example.org").id;
  racers[1] = fixture_account("b@example.org").id;
  ck_assert_int_eq(fixture_race(8, create_one), 4);
  ck_assert_int_eq(fixture_sql("select sum(length_bytes)::int8 from upload"), 10000);
}
END_TEST

START_TEST(a_worker_that_another_followed_changes_nothing) {
  int64_t owner = fixture_account("a@example.org").id;
  struct upload_row row = created(owner, 1, 1000);
  struct upload_row dead = taken(owner, row.id);
  struct upload_row alive = taken(owner, row.id);
  struct media media = {.id = 0};
  char old_name[MEDIUM_STORED_NAME_SIZE];
  int64_t number = 0;
  ck_assert_int_eq(upload_store_advance(fixture_database, &alive, 50, "aa", 60, &number), ERROR_NONE);
  ck_assert_int_eq(upload_store_advance(fixture_database, &dead, 100, "bb", 60, &number), ERROR_TIMEOUT);
  ck_assert_int_eq(upload_store_set_tail(fixture_database, &dead, "01234567-89ab-cdef-0123-456789abcdef"),
                   ERROR_TIMEOUT);
  ck_assert_int_eq(upload_store_set_length(fixture_database, &dead, 1000), ERROR_TIMEOUT);
  ck_assert_int_eq(upload_store_refuse(fixture_database, &dead, "no film"), ERROR_TIMEOUT);
  ck_assert_int_eq(upload_store_reserve_medium(fixture_database, &dead, &number), ERROR_TIMEOUT);
  ck_assert_int_eq(upload_store_complete(fixture_database, &dead, 1, &facts, &media, old_name), ERROR_TIMEOUT);
  row = taken(owner, row.id);
  ck_assert_int_eq(row.offset, 50);
  ck_assert_str_eq(row.hash_state, "aa");
  ck_assert_str_eq(row.tail_boot, "");
  ck_assert(!row.completed && row.refusal[0] == '\0' && row.media_id == 0);
}
END_TEST

START_TEST(makes_one_medium_and_completes_with_it) {
  int64_t owner = fixture_account("a@example.org").id;
  struct upload_row row = created(owner, 1, 100);
  struct media media = {.id = 0};
  struct upload_row other = created(owner, 2, 100);
  int64_t id = 0;
  int64_t again = 0;
  char old_name[MEDIUM_STORED_NAME_SIZE];
  row = taken(owner, row.id);
  ck_assert_int_eq(upload_store_reserve_medium(fixture_database, &row, &id), ERROR_NONE);
  row = taken(owner, row.id);
  ck_assert_int_eq(upload_store_reserve_medium(fixture_database, &row, &again), ERROR_NONE);
  ck_assert_int_eq(again, id);
  ck_assert_int_eq(fixture_sql("select count(*) from media_asset"), 0);
  other = taken(owner, other.id);
  ck_assert_int_eq(upload_store_complete(fixture_database, &other, id, &facts, &media, old_name), ERROR_INVALID);
  ck_assert(!taken(owner, other.id).completed); /* all or nothing */
  ck_assert_int_eq(upload_store_complete(fixture_database, &row, id, &facts, &media, old_name), ERROR_NONE);
  ck_assert_int_eq(media.id, id);
  ck_assert_str_eq(media.title, "A film");
  ck_assert_str_eq(media.file.stored_name, "one.mp4");
  ck_assert_int_eq(media.created_by, owner);
  media_free(&media);
  row = taken(owner, row.id);
  ck_assert(row.completed && row.media_id == id);
  row = upload_of(3, 100);
  row.media_id = 999;
  ck_assert_int_eq(upload_store_create(fixture_database, owner, &limits, &row), ERROR_NOT_FOUND);
  row.media_id = id; /* another file for the same */
  ck_assert_int_eq(upload_store_create(fixture_database, owner, &limits, &row), ERROR_NONE);
  row = taken(owner, row.id);
  ck_assert_int_eq(upload_store_complete(fixture_database, &row, id, &facts, &media, old_name), ERROR_NONE);
  ck_assert_str_eq(old_name, "one.mp4");
  ck_assert_int_eq(fixture_sql("select count(*) from media_asset"), 1);
  media_free(&media);
}
END_TEST

START_TEST(tells_what_the_sweep_may_take) {
  int64_t owner = fixture_account("a@example.org").id;
  struct upload_row row = created(owner, 1, 100);
  bool over = true;
  int64_t deleted = 0;
  ck_assert_int_eq(upload_store_is_over(fixture_database, row.id, &over), ERROR_NONE);
  ck_assert(!over);
  ck_assert_int_eq(upload_store_is_over(fixture_database, "none", &over), ERROR_NOT_FOUND);
  fixture_sql("update upload set expires_at = now() - interval '1 hour' returning 1");
  ck_assert(taken(owner, row.id).expired);
  ck_assert_int_eq(upload_store_is_over(fixture_database, row.id, &over), ERROR_NONE);
  ck_assert(over);
  ck_assert_int_eq(upload_store_sweep(fixture_database, 7200, &deleted), ERROR_NONE);
  ck_assert_int_eq(deleted, 0);
  ck_assert_int_eq(upload_store_sweep(fixture_database, 60, &deleted), ERROR_NONE);
  ck_assert_int_eq(deleted, 1);
}
END_TEST

FIXTURE_MAIN("upload_store", creates_and_finds_for_its_owner_only, an_offset_never_goes_back,
             a_worker_that_another_followed_changes_nothing, quotas_count_what_is_under_way,
             an_account_takes_its_share_only, parallel_creations_do_not_pass_the_quota,
             makes_one_medium_and_completes_with_it, tells_what_the_sweep_may_take)
