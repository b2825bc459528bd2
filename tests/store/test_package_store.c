/* SPDX-License-Identifier: ISC */
/*
 * Jobs that make packages: who gets one, who loses it, and what callers see meanwhile.
 */
#include "config.h"

#include "domain/digest.h"
#include "domain/medium.h"
#include "store/media/package_store.h"

#include <string.h>
#include <unistd.h>

#include "fixture.h"

#define PACKAGE_ONE "0198f0a27c5e7b3c9d4e5f60a1b2c3d4"
#define PACKAGE_TWO "0198f0a27c5e7b3c9d4e5f60a1b2c3d5"

static const struct media_file_facts film = {.stored_name = "one.mp4",
                                             .size_bytes = 1000,
                                             .content_type = "video/mp4",
                                             .duration_seconds = 60,
                                             .width = 1280,
                                             .height = 720,
                                             .audio_codec = "aac"};

static void set_file(int64_t id, const struct media_file_facts *facts) {
  struct media media;
  char old_name[MEDIUM_STORED_NAME_SIZE];
  ck_assert_int_eq(media_store_set_file(fixture_database, id, facts, NULL, &media, old_name), ERROR_NONE);
  ck_assert_str_eq(media.package.name, "");
  ck_assert_str_eq(media.package.state, "");
  media_free(&media);
}

static int64_t create(void) {
  struct media media;
  ck_assert_int_eq(media_store_create(fixture_database, "A film", MEDIA_VIDEO, NULL, 0, &media), ERROR_NONE);
  int64_t id = media.id;
  media_free(&media);
  return id;
}

static int64_t create_film(void) {
  int64_t id = create();
  set_file(id, &film);
  return id;
}

static struct media_package package_of(int64_t id) {
  struct media media;
  ck_assert_int_eq(media_store_find(fixture_database, id, &media), ERROR_NONE);
  struct media_package package = media.package;
  media_free(&media);
  return package;
}

static struct package_job claim(int64_t takeover_seconds) {
  struct package_job job;
  enum error error = package_store_claim(fixture_database, "node", takeover_seconds, &job);
  ck_assert_msg(error == ERROR_NONE, "%s: %s", error_strerror(error), database_last_error(fixture_database));
  return job;
}

static void finish(const struct package_job *job, const char *name, const char *expected_old) {
  const struct package_made made = {.name = name, .segments = 15, .has_poster = true};
  char old_name[UNIQUE_NAME_SIZE];
  ck_assert_int_eq(package_store_finish(fixture_database, job, &made, old_name), ERROR_NONE);
  ck_assert_str_eq(old_name, expected_old);
}

START_TEST(a_job_from_its_request_to_its_package) {
  int64_t id = create_film();
  struct package_job job;
  ck_assert_int_eq(package_store_claim(fixture_database, "node", 60, &job), ERROR_NOT_FOUND);
  ck_assert_int_eq(package_store_request(fixture_database, id, 0), ERROR_NONE);
  ck_assert_int_eq(package_store_request(fixture_database, id, 0), ERROR_NONE); /* one job, however often asked */
  ck_assert_str_eq(package_of(id).state, "queued");
  job = claim(60);
  ck_assert(job.media_id == id && job.attempts == 1 && !job.gone && job.size_bytes == 1000);
  ck_assert_str_eq(job.stored_name, "one.mp4");
  struct package_job another;
  ck_assert_int_eq(package_store_claim(fixture_database, "other", 60, &another), ERROR_NOT_FOUND);
  ck_assert_int_eq(package_store_beat(fixture_database, &job, 40, 90), ERROR_NONE);
  struct media_package package = package_of(id);
  ck_assert(strcmp(package.state, "running") == 0 && package.progress == 40 && package.seconds_left == 90);
  ck_assert_int_eq(package_store_beat(fixture_database, &job, 41, -1), ERROR_NONE);
  ck_assert_int_eq(package_of(id).seconds_left, -1);
  finish(&job, PACKAGE_ONE, "");
  package = package_of(id);
  ck_assert(strcmp(package.state, "ready") == 0 && package.progress == 100 && package.segments == 15);
  ck_assert(package.has_poster && strcmp(package.name, PACKAGE_ONE) == 0);
  ck_assert_int_eq(package_store_beat(fixture_database, &job, 50, 1), ERROR_CONFLICT);
}
END_TEST

START_TEST(the_old_package_serves_until_the_new_one_is_whole) {
  int64_t id = create_film();
  bool current = false;
  bool deleted = false;
  ck_assert_int_eq(package_store_request(fixture_database, id, 0), ERROR_NONE);
  struct package_job job = claim(60);
  finish(&job, PACKAGE_ONE, "");
  ck_assert_int_eq(package_store_request(fixture_database, id, 0), ERROR_NONE);
  job = claim(60);
  ck_assert_str_eq(package_of(id).name, PACKAGE_ONE);
  ck_assert_int_eq(package_store_fail(fixture_database, &job, "the disk is full", 0), ERROR_NONE);
  struct media_package package = package_of(id);
  ck_assert(strcmp(package.state, "queued") == 0 && strcmp(package.error, "the disk is full") == 0);
  job = claim(60);
  ck_assert_int_eq(job.attempts, 2);
  finish(&job, PACKAGE_TWO, PACKAGE_ONE);
  ck_assert_int_eq(media_store_is_current(fixture_database, id, PACKAGE_TWO, &current, &deleted), ERROR_NONE);
  ck_assert(current && !deleted);
  ck_assert_int_eq(media_store_is_current(fixture_database, id, PACKAGE_ONE, &current, &deleted), ERROR_NONE);
  ck_assert(!current);
  ck_assert_int_eq(media_store_is_current(fixture_database, id, "one.mp4", &current, &deleted), ERROR_NONE);
  ck_assert(current);
}
END_TEST

START_TEST(a_holder_that_falls_silent_loses_its_job) {
  int64_t id = create_film();
  ck_assert_int_eq(package_store_request(fixture_database, id, 0), ERROR_NONE);
  struct package_job dead = claim(60);
  fixture_sql("update package_job set heartbeat_at = now() - interval '61 seconds' returning 1");
  struct package_job job = claim(60);
  ck_assert(job.id == dead.id && job.attempts == 2 && strcmp(job.claim, dead.claim) != 0);
  const struct package_made made = {.name = PACKAGE_ONE, .segments = 1};
  char old_name[UNIQUE_NAME_SIZE];
  ck_assert_int_eq(package_store_beat(fixture_database, &dead, 1, -1), ERROR_CONFLICT);
  ck_assert_int_eq(package_store_finish(fixture_database, &dead, &made, old_name), ERROR_CONFLICT);
  ck_assert_int_eq(package_store_fail(fixture_database, &dead, "late", -1), ERROR_CONFLICT);
  finish(&job, PACKAGE_TWO, "");
  ck_assert_str_eq(package_of(id).name, PACKAGE_TWO);
}
END_TEST

START_TEST(a_new_file_forgets_package_and_job) {
  int64_t id = create_film();
  struct media_file_facts other = film;
  memcpy(other.stored_name, "two.mp4", sizeof "two.mp4");
  ck_assert_int_eq(package_store_request(fixture_database, id, 0), ERROR_NONE);
  struct package_job job = claim(60);
  set_file(id, &other);
  const struct package_made made = {.name = PACKAGE_ONE, .segments = 1};
  char old_name[UNIQUE_NAME_SIZE];
  ck_assert_int_eq(package_store_finish(fixture_database, &job, &made, old_name), ERROR_CONFLICT);
  ck_assert_int_eq(package_store_request(fixture_database, id, 0), ERROR_NONE); /* the old file's job ends */
  ck_assert_int_eq(package_store_beat(fixture_database, &job, 1, -1), ERROR_CONFLICT);
  job = claim(60);
  ck_assert_str_eq(job.stored_name, "two.mp4");
  ck_assert_int_eq(media_store_delete(fixture_database, id), ERROR_NONE);
  ck_assert_int_eq(package_store_finish(fixture_database, &job, &made, old_name), ERROR_CONFLICT);
  fixture_sql(
      "update package_job set heartbeat_at = now() - interval '61 seconds' where state = 'running' returning 1");
  job = claim(60);
  ck_assert(job.gone);
  ck_assert_int_eq(package_store_abandon(fixture_database, &job), ERROR_NONE);
  ck_assert_int_eq(package_store_claim(fixture_database, "node", 0, &job), ERROR_NOT_FOUND);
}
END_TEST

/* What a file says of its length is kept unless the package is of another: of a recording without one, of a transport
 * stream whose clock jumped. */
START_TEST(the_package_knows_how_long_the_film_is) {
  static const struct {
    double said, made, expected;
  } rows[] = {{60, 60.04, 60}, {0, 24.04, 24.04}, {36012, 24.04, 24.04}, {60, 0, 60}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    struct media_file_facts facts = film;
    facts.duration_seconds = rows[i].said;
    int64_t id = create();
    set_file(id, &facts);
    ck_assert_int_eq(package_store_request(fixture_database, id, 0), ERROR_NONE);
    struct package_job job = claim(60);
    const struct package_made made = {.name = PACKAGE_ONE, .segments = 1, .duration_seconds = rows[i].made};
    char old_name[UNIQUE_NAME_SIZE];
    ck_assert_int_eq(package_store_finish(fixture_database, &job, &made, old_name), ERROR_NONE);
    struct media media;
    ck_assert_int_eq(media_store_find(fixture_database, id, &media), ERROR_NONE);
    ck_assert_msg(media.file.duration_seconds == rows[i].expected, "row %zu: %f", i, media.file.duration_seconds);
    media_free(&media);
  }
}
END_TEST

START_TEST(a_package_is_finished_once_however_often_it_is_said) {
  int64_t id = create_film();
  char old_name[UNIQUE_NAME_SIZE];
  ck_assert_int_eq(package_store_request(fixture_database, id, 0), ERROR_NONE);
  struct package_job job = claim(60);
  const struct package_made made = {.name = "0123456789abcdef0123456789abcdef", .segments = 3};
  ck_assert_int_eq(package_store_finish(fixture_database, &job, &made, old_name), ERROR_NONE);
  ck_assert_int_eq(package_store_finish(fixture_database, &job, &made, old_name), ERROR_NONE);
  const struct package_made other = {.name = "f123456789abcdef0123456789abcdef", .segments = 3};
  ck_assert_int_eq(package_store_finish(fixture_database, &job, &other, old_name), ERROR_CONFLICT);
  ck_assert_str_eq(package_of(id).name, made.name);
}
END_TEST

START_TEST(who_packages_hears_of_another_file_and_of_a_deletion) {
  int64_t id = create_film();
  ck_assert_int_eq(package_store_request(fixture_database, id, 0), ERROR_NONE);
  struct package_job job = claim(60);
  ck_assert_int_eq(package_store_beat(fixture_database, &job, 10, 5), ERROR_NONE);
  set_file(id, &film);
  ck_assert_int_eq(package_store_beat(fixture_database, &job, 20, 5), ERROR_CONFLICT);
  ck_assert_int_eq(package_store_abandon(fixture_database, &job), ERROR_NONE);
  ck_assert_int_eq(package_store_request(fixture_database, id, 0), ERROR_NONE);
  job = claim(60);
  ck_assert_int_eq(media_store_delete(fixture_database, id), ERROR_NONE);
  ck_assert_int_eq(package_store_beat(fixture_database, &job, 20, 5), ERROR_CONFLICT);
}
END_TEST

START_TEST(old_jobs_are_forgotten_and_active_ones_are_not) {
  int64_t deleted = 0;
  for (int i = 0; i < 3; i++) {
    ck_assert_int_eq(package_store_request(fixture_database, create_film(), 0), ERROR_NONE);
  }
  struct package_job job = claim(60);
  ck_assert_int_eq(package_store_fail(fixture_database, &job, "no film", -1), ERROR_NONE);
  ck_assert_int_eq(package_store_sweep(fixture_database, 60, 10, &deleted), ERROR_NONE);
  ck_assert_int_eq(deleted, 0);
  ck_assert_int_eq(package_store_sweep(fixture_database, -60, 10, &deleted), ERROR_NONE);
  ck_assert_int_eq(deleted, 1);
}
END_TEST

START_TEST(what_cannot_be_packaged_is_refused) {
  int64_t id = create();
  struct media_file_facts playlist = film;
  memcpy(playlist.content_type, "application/vnd.apple.mpegurl", sizeof "application/vnd.apple.mpegurl");
  ck_assert_int_eq(package_store_request(fixture_database, id, 0), ERROR_CONFLICT);
  set_file(id, &playlist);
  ck_assert_int_eq(package_store_request(fixture_database, id, 0), ERROR_CONFLICT);
  ck_assert_int_eq(package_store_request(fixture_database, id + 1, 0), ERROR_NOT_FOUND);
}
END_TEST

START_TEST(the_policy_finds_uploads_without_a_job) {
  int64_t count = 0;
  int64_t id = create_film();
  create();
  create_film();
  ck_assert_int_eq(package_store_request_missing(fixture_database, 10, &count), ERROR_NONE);
  ck_assert_int_eq(count, 2);
  ck_assert_int_eq(package_store_request_missing(fixture_database, 10, &count), ERROR_NONE);
  ck_assert_int_eq(count, 0);
  char old_name[UNIQUE_NAME_SIZE];
  ck_assert_int_eq(package_store_remove(fixture_database, id, false, old_name), ERROR_NONE);
  ck_assert_str_eq(package_of(id).state, "cancelled");
  ck_assert_int_eq(package_store_request_missing(fixture_database, 10, &count), ERROR_NONE);
  ck_assert_int_eq(count, 0); /* nobody wants it packaged */
  ck_assert_int_eq(package_store_remove(fixture_database, 999999, false, old_name), ERROR_NOT_FOUND);
}
END_TEST

static int claim_all(struct database *database, int number) {
  struct package_job job;
  int got = 0;
  (void)number;
  while (package_store_claim(database, "node", 60, &job) == ERROR_NONE) {
    got++;
  }
  return got;
}

START_TEST(no_job_is_claimed_twice) {
  for (int i = 0; i < 20; i++) {
    ck_assert_int_eq(package_store_request(fixture_database, create_film(), 0), ERROR_NONE);
  }
  ck_assert_int_eq(fixture_race(4, claim_all), 20);
}
END_TEST

START_TEST(who_asks_for_a_waiting_job_puts_it_first_and_ends_its_pause) {
  int64_t asked_by = fixture_account("a@example.org").id;
  int64_t first = create_film();
  int64_t paused = create_film();
  ck_assert_int_eq(package_store_request(fixture_database, paused, 0), ERROR_NONE);
  struct package_job job = claim(60);
  ck_assert_int_eq(package_store_fail(fixture_database, &job, "the disk is full", 900), ERROR_NONE);
  ck_assert_int_eq(package_store_request(fixture_database, first, 0), ERROR_NONE);
  ck_assert_int_eq(package_store_request(fixture_database, paused, 0), ERROR_NONE); /* the policy waits */
  job = claim(60);
  ck_assert_int_eq(job.media_id, first);
  ck_assert_int_eq(package_store_give_back(fixture_database, &job), ERROR_NONE);
  ck_assert_int_eq(package_store_request(fixture_database, paused, asked_by), ERROR_NONE);
  ck_assert_str_eq(package_of(paused).error, "");
  job = claim(60);
  ck_assert(job.media_id == paused && job.attempts == 1);
  ck_assert_int_eq(package_store_request(fixture_database, paused, asked_by), ERROR_NONE); /* it runs */
  ck_assert_str_eq(package_of(paused).state, "running");
  ck_assert_int_eq(package_store_beat(fixture_database, &job, 1, -1), ERROR_NONE);
}
END_TEST

START_TEST(a_repeat_ends_alone) {
  int64_t id = create_film();
  char old_name[UNIQUE_NAME_SIZE];
  ck_assert_int_eq(package_store_request(fixture_database, id, 0), ERROR_NONE);
  ck_assert_int_eq(package_store_remove(fixture_database, id, true, old_name),
                   ERROR_NONE); /* the first: nothing is kept */
  ck_assert_str_eq(package_of(id).state, "cancelled");
  ck_assert_int_eq(package_store_request(fixture_database, id, 0), ERROR_NONE);
  struct package_job job = claim(60);
  finish(&job, PACKAGE_ONE, "");
  ck_assert_int_eq(package_store_request(fixture_database, id, 0), ERROR_NONE);
  job = claim(60);
  ck_assert_int_eq(package_store_remove(fixture_database, id, true, old_name), ERROR_NONE);
  ck_assert_str_eq(old_name, "");
  ck_assert_int_eq(package_store_beat(fixture_database, &job, 1, -1), ERROR_CONFLICT);
  struct media_package package = package_of(id);
  ck_assert(strcmp(package.state, "ready") == 0 && package.progress == 100 && package.segments == 15);
  ck_assert(package.has_poster && strcmp(package.name, PACKAGE_ONE) == 0);
  ck_assert_int_eq(package_store_remove(fixture_database, id, false, old_name), ERROR_NONE);
  ck_assert_str_eq(old_name, PACKAGE_ONE);
  ck_assert_str_eq(package_of(id).name, "");
}
END_TEST

static int64_t raced_id;

static bool wait_until(const char *question, int64_t answer) {
  for (int i = 0; i < 1000; i++) {
    if (fixture_sql(question) == answer) {
      return true;
    }
    usleep(10000);
  }
  return false;
}

static bool wait_for_waiters(int64_t count) {
  return wait_until("select count(*) from pg_stat_activity where datname = current_database()"
                    " and wait_event_type = 'Lock'",
                    count);
}

/* The first keeps the medium locked until the others wait: who asks for a package, then who removes it. */
static int hold_ask_remove(struct database *database, int number) {
  char old_name[UNIQUE_NAME_SIZE];
  struct parameters parameters = {0};
  parameters_i64(&parameters, raced_id);
  enum error error = ERROR_TIMEOUT;
  if (number == 0 && statement_begin(database) == ERROR_NONE) {
    error = statement_change(database, "update media_asset set title = 'Held' where id = $1", STATEMENT_ONCE,
                             &parameters, NULL);
    error = wait_for_waiters(2) ? statement_end_transaction(database, error) : ERROR_TIMEOUT;
  } else if (number == 1 && wait_until("select count(*) from (select from media_asset for update skip locked) m", 0)) {
    error = package_store_request(database, raced_id, 0);
  } else if (number == 2 && wait_for_waiters(1)) {
    error = package_store_remove(database, raced_id, false, old_name);
  }
  return error == ERROR_NONE ? 1 : 101;
}

START_TEST(who_removes_a_package_ends_a_job_that_is_asked_for_meanwhile) {
  raced_id = create_film();
  ck_assert_int_eq(fixture_race(3, hold_ask_remove), 3);
  ck_assert_str_eq(package_of(raced_id).state, "cancelled");
  ck_assert_int_eq(fixture_sql("select count(*) from package_job where state = 'cancelled'"), 1);
  struct package_job job;
  ck_assert_int_eq(package_store_claim(fixture_database, "node", 60, &job), ERROR_NOT_FOUND);
}
END_TEST

FIXTURE_MAIN("package_store", a_job_from_its_request_to_its_package, the_old_package_serves_until_the_new_one_is_whole,
             a_holder_that_falls_silent_loses_its_job, the_package_knows_how_long_the_film_is,
             a_package_is_finished_once_however_often_it_is_said, who_packages_hears_of_another_file_and_of_a_deletion,
             old_jobs_are_forgotten_and_active_ones_are_not, a_new_file_forgets_package_and_job,
             what_cannot_be_packaged_is_refused, the_policy_finds_uploads_without_a_job, no_job_is_claimed_twice,
             a_repeat_ends_alone, who_asks_for_a_waiting_job_puts_it_first_and_ends_its_pause,
             who_removes_a_package_ends_a_job_that_is_asked_for_meanwhile)
