/* SPDX-License-Identifier: ISC */
/*
 * Subtitles of media, and which masters wait to be written.
 */
#include "config.h"

#include "domain/digest.h"
#include "domain/medium.h"
#include "store/media/subtitle_store.h"

#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "store/media/media_store.h"
#include "store/media/package_store.h"

#define MASTER_ONE "0198f0a27c5e7b3c9d4e5f60a1b2c3d4"
#define MASTER_TWO "0198f0a27c5e7b3c9d4e5f60a1b2c3d5"

static int packages;

/* Packaged, under a name of its own. */
static void package(int64_t id) {
  struct package_job job;
  char name[UNIQUE_NAME_SIZE], old_name[UNIQUE_NAME_SIZE];
  snprintf(name, sizeof name, "%032x", ++packages);
  const struct package_made made = {.name = name, .segments = 2};
  ck_assert_int_eq(package_store_request(fixture_database, id, 0), ERROR_NONE);
  ck_assert_int_eq(package_store_claim(fixture_database, "node", 60, &job), ERROR_NONE);
  ck_assert_int_eq(package_store_finish(fixture_database, &job, &made, old_name), ERROR_NONE);
}

static int64_t create_film(void) {
  static const struct media_file_facts film = {
      .stored_name = "one.mp4", .size_bytes = 1000, .content_type = "video/mp4", .duration_seconds = 60};
  struct media media;
  char old_name[MEDIUM_STORED_NAME_SIZE];
  ck_assert_int_eq(media_store_create(fixture_database, "A film", MEDIA_VIDEO, NULL, 0, &media), ERROR_NONE);
  int64_t id = media.id;
  media_free(&media);
  ck_assert_int_eq(media_store_set_file(fixture_database, id, &film, NULL, &media, old_name), ERROR_NONE);
  media_free(&media);
  package(id);
  return id;
}

static void put(int64_t id, const char *language, const char *name, enum error expected, const char *expected_old) {
  struct subtitle subtitle = {.language = ""};
  char old_name[MEDIUM_TEXT_NAME_SIZE] = "";
  snprintf(subtitle.language, sizeof subtitle.language, "%s", language);
  snprintf(subtitle.stored_name, sizeof subtitle.stored_name, "%s", name);
  ck_assert_int_eq(subtitle_store_put(fixture_database, id, &subtitle, 52, 1, old_name), expected);
  ck_assert_str_eq(old_name, expected_old);
}

static struct stale_master find(int64_t after, int64_t expected) {
  struct stale_master stale = {.media_id = 0};
  enum error error = subtitle_store_find_stale(fixture_database, after, NULL, 0, &stale);
  ck_assert_msg(error == ERROR_NONE, "%s: %s", error_strerror(error), database_last_error(fixture_database));
  ck_assert_int_eq(stale.media_id, expected);
  return stale;
}

static void none_is_stale(void) {
  struct stale_master stale;
  ck_assert_int_eq(subtitle_store_find_stale(fixture_database, 0, NULL, 0, &stale), ERROR_NOT_FOUND);
}

static void set_master(const struct stale_master *stale, const char *name, const char *expected_old) {
  char old_name[UNIQUE_NAME_SIZE];
  ck_assert_int_eq(subtitle_store_set_master(fixture_database, stale, name, old_name), ERROR_NONE);
  ck_assert_str_eq(old_name, expected_old);
}

START_TEST(one_in_each_language) {
  int64_t id = create_film();
  char old_name[MEDIUM_TEXT_NAME_SIZE];
  put(id, "en", "one.vtt", ERROR_NONE, "");
  put(id, "de", "two.vtt", ERROR_NONE, "");
  put(id, "en", "three.vtt", ERROR_NONE, "one.vtt");
  struct media media;
  ck_assert_int_eq(media_store_find(fixture_database, id, &media), ERROR_NONE);
  ck_assert_ptr_nonnull(strstr(media.subtitles, "en"));
  ck_assert_ptr_nonnull(strstr(media.subtitles, "de"));
  media_free(&media);
  ck_assert_int_eq(subtitle_store_remove(fixture_database, id, "en", old_name), ERROR_NONE);
  ck_assert_str_eq(old_name, "three.vtt");
  ck_assert_int_eq(subtitle_store_remove(fixture_database, id, "en", old_name), ERROR_NOT_FOUND);
  put(id + 1, "en", "one.vtt", ERROR_NOT_FOUND, "");
  ck_assert_int_eq(media_store_delete(fixture_database, id), ERROR_NONE);
  put(id, "en", "one.vtt", ERROR_NOT_FOUND, "");
  ck_assert_int_eq(subtitle_store_remove(fixture_database, id, "de", old_name), ERROR_NOT_FOUND);
}
END_TEST

START_TEST(a_medium_takes_so_many_and_no_more) {
  int64_t id = create_film();
  char language[8];
  for (int i = 0; i < SUBTITLES_MAX; i++) {
    snprintf(language, sizeof language, "e%c%c", 'a' + i % 26, 'a' + i / 26);
    put(id, language, "one.vtt", ERROR_NONE, "");
  }
  put(id, "zz", "one.vtt", ERROR_TOO_LARGE, "");
  put(id, "eaa", "two.vtt", ERROR_NONE, "one.vtt");
  ck_assert_int_eq(find(0, id).count, SUBTITLES_MAX);
}
END_TEST

START_TEST(a_master_is_stale_when_package_or_subtitles_changed) {
  int64_t id = create_film();
  char old_name[MEDIUM_TEXT_NAME_SIZE];
  none_is_stale();
  put(id, "en", "en.vtt", ERROR_NONE, "");
  put(id, "de", "de.vtt", ERROR_NONE, "");
  struct stale_master stale = find(0, id);
  ck_assert(stale.count == 2 && stale.duration_seconds > 59 && stale.duration_seconds < 61);
  ck_assert_str_eq(stale.subtitles[0].language, "de");
  ck_assert_str_eq(stale.subtitles[1].stored_name, "en.vtt");
  set_master(&stale, MASTER_ONE, "");
  none_is_stale();
  put(id, "en", "other.vtt", ERROR_NONE, "en.vtt");
  ck_assert_int_eq(subtitle_store_set_master(fixture_database, &stale, MASTER_TWO, old_name), ERROR_CONFLICT);
  stale = find(0, id);
  set_master(&stale, MASTER_TWO, MASTER_ONE);
  package(id);
  stale = find(0, id);
  set_master(&stale, MASTER_ONE, MASTER_TWO);
  ck_assert_int_eq(subtitle_store_remove(fixture_database, id, "en", old_name), ERROR_NONE);
  ck_assert_int_eq(subtitle_store_remove(fixture_database, id, "de", old_name), ERROR_NONE);
  stale = find(0, id); /* the one that is served names what is gone */
  ck_assert_int_eq(stale.count, 0);
  ck_assert_int_eq(media_store_delete(fixture_database, id), ERROR_NONE);
  ck_assert_int_eq(subtitle_store_set_master(fixture_database, &stale, MASTER_TWO, old_name), ERROR_CONFLICT);
  none_is_stale();
}
END_TEST

START_TEST(stale_masters_take_turns_and_those_put_off_are_left_out) {
  int64_t ids[3];
  for (int i = 0; i < 3; i++) {
    ids[i] = create_film();
    put(ids[i], "en", "en.vtt", ERROR_NONE, "");
  }
  struct stale_master first = find(0, ids[0]);
  struct stale_master second = find(ids[0], ids[1]);
  (void)find(ids[1], ids[2]);
  (void)find(ids[2], ids[0]);
  const char *put_off[] = {first.master_of, second.master_of};
  struct stale_master stale;
  ck_assert_int_eq(subtitle_store_find_stale(fixture_database, ids[2], put_off, 2, &stale), ERROR_NONE);
  ck_assert_int_eq(stale.media_id, ids[2]);
  set_master(&stale, MASTER_ONE, "");
  ck_assert_int_eq(subtitle_store_find_stale(fixture_database, 0, put_off, 2, &stale), ERROR_NOT_FOUND);
  put(ids[0], "en", "better.vtt", ERROR_NONE, "en.vtt"); /* which may be the remedy */
  ck_assert_int_eq(subtitle_store_find_stale(fixture_database, 0, put_off, 2, &stale), ERROR_NONE);
  ck_assert_int_eq(stale.media_id, ids[0]);
}
END_TEST

FIXTURE_MAIN("subtitle_store", one_in_each_language, a_medium_takes_so_many_and_no_more,
             a_master_is_stale_when_package_or_subtitles_changed,
             stale_masters_take_turns_and_those_put_off_are_left_out)
