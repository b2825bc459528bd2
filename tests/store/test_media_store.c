/* SPDX-License-Identifier: ISC */
/*
 * Media: rows, lists with cursors and search, and which file is the current one.
 */
#include "config.h"

#include "domain/medium.h"
#include "store/media/file_note_store.h"
#include "store/media/media_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "store/media/media_list.h"

static int64_t create(const char *title, enum media_type type, const char *file_url) {
  struct media media;
  enum error error = media_store_create(fixture_database, title, type, file_url, 0, &media);
  ck_assert_msg(error == ERROR_NONE, "%s", database_last_error(fixture_database));
  int64_t id = media.id;
  media_free(&media);
  return id;
}

static const struct media_file_facts facts = {
    .stored_name = "one.mp4",
    .size_bytes = 5000000000,
    .sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    .content_type = "video/mp4",
    .duration_seconds = 12.345678,
    .width = 1920,
    .height = 1080,
    .container = "mov,mp4",
    .video_codec = "h264",
    .audio_codec = "aac",
};

START_TEST(creates_and_finds) {
  int64_t id = create("Ein schöner Tag 🎬", MEDIA_AUDIO, "https://media.example.org/a.mp3");
  struct media media;
  ck_assert_int_eq(media_store_find(fixture_database, id, &media), ERROR_NONE);
  ck_assert_str_eq(media.title, "Ein schöner Tag 🎬");
  ck_assert_int_eq(media.type, MEDIA_AUDIO);
  ck_assert_str_eq(media.file_url, "https://media.example.org/a.mp3");
  ck_assert_str_eq(media.file.stored_name, "");
  ck_assert_int_eq(media.file_version, 0);
  ck_assert_int_eq(media.created_at_us, media.updated_at_us);
  media_free(&media);
  ck_assert_int_eq(media_store_find(fixture_database, id + 1, &media), ERROR_NOT_FOUND);
  ck_assert_int_eq(media_store_create(fixture_database, "x", MEDIA_VIDEO, NULL, 999, &media),
                   ERROR_NOT_FOUND); /* no such account */
  ck_assert_int_eq(media_store_create(fixture_database, "", MEDIA_VIDEO, NULL, 0, &media), ERROR_INVALID);
}
END_TEST

START_TEST(takes_a_title_of_300_four_byte_characters) {
  char title[1201] = "";
  for (int i = 0; i < 300; i++) {
    memcpy(title + 4 * i, "🎬", 5);
  }
  struct media media;
  ck_assert_int_eq(media_store_find(fixture_database, create(title, MEDIA_VIDEO, NULL), &media), ERROR_NONE);
  ck_assert_str_eq(media.title, title);
  media_free(&media);
}
END_TEST

START_TEST(sets_the_file_and_names_the_one_it_replaced) {
  int64_t id = create("film", MEDIA_VIDEO, "https://media.example.org/a.mp4");
  struct media media;
  char old_name[MEDIUM_STORED_NAME_SIZE] = "?";
  ck_assert_int_eq(media_store_set_file(fixture_database, id, &facts, NULL, &media, old_name), ERROR_NONE);
  ck_assert_str_eq(old_name, "");
  ck_assert_ptr_null(media.file_url);
  ck_assert_int_eq(media.file_version, 1);
  ck_assert_mem_eq(&media.file.size_bytes, &facts.size_bytes, sizeof facts.size_bytes);
  ck_assert_double_eq(media.file.duration_seconds, facts.duration_seconds);
  ck_assert_str_eq(media.file.sha256, facts.sha256);
  ck_assert_int_eq(media.file.height, 1080);
  media_free(&media);
  struct media_file_facts second = facts;
  const struct media_change change = {.title = "Film", .file_url = "library:two.mp4"};
  snprintf(second.stored_name, sizeof second.stored_name, "two.mp4");
  ck_assert_int_eq(media_store_set_file(fixture_database, id, &second, &change, &media, old_name), ERROR_NONE);
  ck_assert_str_eq(old_name, "one.mp4");
  ck_assert_str_eq(media.file_url, "library:two.mp4");
  ck_assert_str_eq(media.title, "Film");
  media_free(&media);
  ck_assert_int_eq(media_store_set_file(fixture_database, id + 1, &facts, NULL, &media, old_name), ERROR_NOT_FOUND);
}
END_TEST

static int64_t raced_media;

static int set_file(struct database *database, int number) {
  struct media_file_facts mine = facts;
  snprintf(mine.stored_name, sizeof mine.stored_name, "%d.mp4", number);
  struct media media;
  char old_name[MEDIUM_STORED_NAME_SIZE];
  if (media_store_set_file(database, raced_media, &mine, NULL, &media, old_name) != ERROR_NONE) {
    return 200;
  }
  media_free(&media);
  return old_name[0] == '\0' ? 0 : atoi(old_name) + 1; /* each name is replaced once: the sum tells */
}

START_TEST(parallel_uploads_each_learn_what_they_replaced) {
  raced_media = create("film", MEDIA_VIDEO, NULL);
  int replaced = fixture_race(8, set_file);
  struct media media;
  ck_assert_int_eq(media_store_find(fixture_database, raced_media, &media), ERROR_NONE);
  ck_assert_int_eq(replaced, 1 + 2 + 3 + 4 + 5 + 6 + 7 + 8 - (atoi(media.file.stored_name) + 1));
  ck_assert_int_eq(media.file_version, 8);
  media_free(&media);
}
END_TEST

START_TEST(another_file_url_takes_the_place_of_the_file) {
  int64_t id = create("film", MEDIA_VIDEO, NULL);
  struct media media;
  char old_name[MEDIUM_STORED_NAME_SIZE];
  ck_assert_int_eq(media_store_set_file(fixture_database, id, &facts, NULL, &media, old_name), ERROR_NONE);
  media_free(&media);
  struct media_change change = {.title = "Film", .set_file_url = true, .file_url = NULL};
  ck_assert_int_eq(media_store_update(fixture_database, id, &change, &media), ERROR_NONE);
  ck_assert_str_eq(media.title, "Film");
  ck_assert_str_eq(media.file.stored_name, "one.mp4"); /* it had no file_url before either */
  ck_assert_int_eq(media.file_version, 1);
  media_free(&media);
  change = (struct media_change){.set_file_url = true, .file_url = "https://media.example.org/b.mp4"};
  ck_assert_int_eq(media_store_update(fixture_database, id, &change, &media), ERROR_NONE);
  ck_assert_str_eq(media.title, "Film");
  ck_assert_str_eq(media.file_url, "https://media.example.org/b.mp4");
  ck_assert_str_eq(media.file.stored_name, "");
  ck_assert_int_eq(media.file.size_bytes, 0);
  ck_assert_int_eq(media.file_version, 2);
  ck_assert_int_gt(media.updated_at_us, media.created_at_us);
  media_free(&media);
  enum media_type audio = MEDIA_AUDIO;
  change = (struct media_change){.type = &audio};
  ck_assert_int_eq(media_store_update(fixture_database, id, &change, &media), ERROR_NONE);
  ck_assert_int_eq(media.type, MEDIA_AUDIO);
  ck_assert_ptr_nonnull(media.file_url);
  media_free(&media);
  ck_assert_int_eq(media_store_update(fixture_database, id + 1, &change, &media), ERROR_NOT_FOUND);
}
END_TEST

START_TEST(the_content_of_the_file_decides_the_type) {
  const enum media_type audio = MEDIA_AUDIO, video = MEDIA_VIDEO;
  const struct media_change to_audio = {.type = &audio};
  struct media_file_facts song = facts, playlist = facts;
  struct media media;
  char old_name[MEDIUM_STORED_NAME_SIZE];
  int64_t id = create("film", MEDIA_VIDEO, NULL);
  snprintf(song.content_type, sizeof song.content_type, "audio/mpeg");
  snprintf(playlist.content_type, sizeof playlist.content_type, "application/dash+xml");
  ck_assert_int_eq(media_store_set_file(fixture_database, id, &song, NULL, &media, old_name), ERROR_NONE);
  ck_assert_int_eq(media.type, MEDIA_AUDIO);
  media_free(&media);
  ck_assert_int_eq(media_store_set_file(fixture_database, id, &facts, &to_audio, &media, old_name), ERROR_NONE);
  ck_assert_int_eq(media.type, MEDIA_VIDEO);
  media_free(&media);
  ck_assert_int_eq(media_store_update(fixture_database, id, &to_audio, &media), ERROR_INVALID);
  ck_assert_int_eq(media_store_set_file(fixture_database, id, &song, NULL, &media, old_name), ERROR_NONE);
  ck_assert_int_eq(media.type, MEDIA_AUDIO);
  media_free(&media);
  const struct media_change elsewhere = {.type = &video, .set_file_url = true, .file_url = "https://a.example/b"};
  ck_assert_int_eq(media_store_update(fixture_database, id, &elsewhere, &media),
                   ERROR_NONE); /* nothing is known of it */
  media_free(&media);
  ck_assert_int_eq(media_store_set_file(fixture_database, id, &playlist, NULL, &media, old_name), ERROR_NONE);
  media_free(&media);
  ck_assert_int_eq(media_store_update(fixture_database, id, &to_audio, &media), ERROR_NONE);
  media_free(&media);
}
END_TEST

START_TEST(a_deleted_medium_is_never_found_again) {
  int64_t id = create("film", MEDIA_VIDEO, NULL);
  struct media media;
  struct media_item *items = NULL;
  size_t count = 0;
  char old_name[MEDIUM_STORED_NAME_SIZE];
  ck_assert_int_eq(media_store_delete(fixture_database, id), ERROR_NONE);
  ck_assert_int_eq(media_store_delete(fixture_database, id), ERROR_NOT_FOUND);
  ck_assert_int_eq(media_store_find(fixture_database, id, &media), ERROR_NOT_FOUND);
  ck_assert_int_eq(media_store_update(fixture_database, id, &(struct media_change){.title = "x"}, &media),
                   ERROR_NOT_FOUND);
  ck_assert_int_eq(media_store_set_file(fixture_database, id, &facts, NULL, &media, old_name), ERROR_NOT_FOUND);
  ck_assert_int_eq(media_list_find(fixture_database, &(struct media_filter){.type = -1, .limit = 10}, &items, &count),
                   ERROR_NONE);
  ck_assert_uint_eq(count, 0);
  free(items);
}
END_TEST

START_TEST(tells_what_the_sweep_may_take) {
  int64_t id = create("film", MEDIA_VIDEO, NULL);
  struct media media;
  char old_name[MEDIUM_STORED_NAME_SIZE];
  bool current = true, deleted = true;
  ck_assert_int_eq(media_store_is_current(fixture_database, id, "old.mp4", &current, &deleted), ERROR_NONE);
  ck_assert(!current && !deleted); /* nothing is stored yet */
  ck_assert_int_eq(media_store_set_file(fixture_database, id, &facts, NULL, &media, old_name), ERROR_NONE);
  media_free(&media);
  ck_assert_int_eq(media_store_is_current(fixture_database, id, "old.mp4", &current, &deleted), ERROR_NONE);
  ck_assert(!current && !deleted);
  ck_assert_int_eq(media_store_is_current(fixture_database, id, "one.mp4", &current, &deleted), ERROR_NONE);
  ck_assert(current && !deleted);
  fixture_sql("update media_asset set stored_name = '0198/master.m3u8'");
  ck_assert_int_eq(media_store_is_current(fixture_database, id, "0198", &current, &deleted), ERROR_NONE);
  ck_assert(current && !deleted); /* a linked folder is an entry */
  ck_assert_int_eq(media_store_delete(fixture_database, id), ERROR_NONE);
  ck_assert_int_eq(media_store_is_current(fixture_database, id, "0198", &current, &deleted), ERROR_NONE);
  ck_assert(!current && deleted);
  ck_assert_int_eq(media_store_is_current(fixture_database, id + 1000, "0198", &current, &deleted), ERROR_NOT_FOUND);
}
END_TEST

/* The titles of a page, newest first, with blanks between. */
static void page(const struct media_filter *filter, char *ret_titles, size_t size, struct media_filter *ret_next) {
  struct media_item *items = NULL;
  size_t count = 0;
  enum error error = media_list_find(fixture_database, filter, &items, &count);
  ck_assert_msg(error == ERROR_NONE, "%s", database_last_error(fixture_database));
  ret_titles[0] = '\0';
  for (size_t i = 0; i < count; i++) {
    snprintf(ret_titles + strlen(ret_titles), size - strlen(ret_titles), "%s%s", i == 0 ? "" : " ",
             items[i].media.title);
    ret_next->after_key = items[i].key;
    ret_next->after_id = items[i].media.id;
    media_free(&items[i].media);
  }
  free(items);
}

START_TEST(lists_newest_first_by_cursor) {
  for (int i = 0; i < 7; i++) {
    char title[16];
    snprintf(title, sizeof title, "%d", i);
    create(title, i % 2 == 0 ? MEDIA_VIDEO : MEDIA_AUDIO, NULL);
  }
  fixture_sql(
      "update media_asset set created_at = '2026-01-01' where title in ('1', '2', '3')"); /* the same moment: by id */
  struct media_filter filter = {.type = -1, .limit = 3};
  char titles[100];
  static const char *const pages[] = {"6 5 4", "0 3 2", "1", ""};
  for (size_t i = 0; i < 4; i++) {
    page(&filter, titles, sizeof titles, &filter);
    ck_assert_str_eq(titles, pages[i]);
  }
  filter = (struct media_filter){.type = MEDIA_AUDIO, .limit = 2};
  page(&filter, titles, sizeof titles, &filter);
  ck_assert_str_eq(titles, "5 3");
  page(&filter, titles, sizeof titles, &filter);
  ck_assert_str_eq(titles, "1");
}
END_TEST

START_TEST(searches_parts_of_titles_as_plain_text) {
  create("Alpha_Film", MEDIA_VIDEO, NULL);
  create("alphabet", MEDIA_AUDIO, NULL);
  create("100%", MEDIA_VIDEO, NULL);
  create("Übung", MEDIA_VIDEO, NULL);
  create("back\\slash", MEDIA_VIDEO, NULL);
  static const struct {
    const char *search;
    int type;
    const char *expected, *description;
  } rows[] = {
      {"alpha", -1, "alphabet Alpha_Film", "any case"},
      {"alpha", MEDIA_AUDIO, "alphabet", "with a type"},
      {"a_f", -1, "Alpha_Film", "an underscore is plain"},
      {"%", -1, "100%", "a percent sign is plain"},
      {"k\\s", -1, "back\\slash", "a backslash is plain"},
      {"übung", -1, "Übung", "letters beyond ASCII"},
      {"", -1, "back\\slash Übung 100% alphabet Alpha_Film", "an empty search finds all"},
      {"nothing", -1, "", "nothing"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct media_filter filter = {.type = rows[i].type, .search = rows[i].search, .limit = 10}, next;
    char titles[200];
    page(&filter, titles, sizeof titles, &next);
    ck_assert_msg(strcmp(titles, rows[i].expected) == 0, "%s: %s", rows[i].description, titles);
  }
}
END_TEST

/* If-Match of a DELETE: what changed after it was looked at stays. */
START_TEST(deletes_under_a_condition_that_holds_in_that_moment) {
  struct media media = {.id = 0}, changed = {.id = 0};
  int64_t id = fixture_medium();
  ck_assert_int_eq(media_store_find(fixture_database, id, &media), ERROR_NONE);
  const struct media_change seen = {.if_updated_at_us = media.updated_at_us};
  ck_assert_int_eq(media_store_update(fixture_database, id, &(struct media_change){.title = "new"}, &changed),
                   ERROR_NONE);
  ck_assert_int_eq(media_store_delete_if(fixture_database, id, &seen, 0), ERROR_EXPIRED);
  const struct media_change now = {.if_updated_at_us = changed.updated_at_us, .if_no_file = true};
  ck_assert_int_eq(media_store_delete_if(fixture_database, id, &now, 0), ERROR_NONE);
  ck_assert_int_eq(media_store_delete_if(fixture_database, id, &now, 0), ERROR_NOT_FOUND);
  media_free(&media);
  media_free(&changed);
}
END_TEST

/* Where its files may be in caches. */
START_TEST(a_deletion_may_leave_a_tombstone) {
  int64_t id = fixture_medium(), other = fixture_medium();
  ck_assert_int_eq(media_store_delete_if(fixture_database, id, &(struct media_change){.title = NULL}, 691200),
                   ERROR_NONE);
  ck_assert_int_eq(media_store_delete(fixture_database, other), ERROR_NONE);
  ck_assert_int_eq(fixture_sql("select count(*) from revoked_grant"), 1);
  ck_assert_int_eq(fixture_sql("select substr(name, 2)::int8 from revoked_grant where name like 'm%' and expires_at"
                               " between now() + interval '191 h' and now() + interval '192 h'"),
                   id);
}
END_TEST

START_TEST(notes_are_due_by_their_age) {
  const struct file_note_ages ages = {.replaced_seconds = 1000, .intent_seconds = 100};
  struct file_note notes[4], none = {.media_id = 0};
  size_t count = 0;
  ck_assert_int_eq(file_note_store_write(fixture_database, 1, "replaced", false, false), ERROR_NONE);
  ck_assert_int_eq(file_note_store_write(fixture_database, 2, "intent", true, false), ERROR_NONE);
  ck_assert_int_eq(file_note_store_write(fixture_database, 3, "", false, false), ERROR_NONE);
  ck_assert_int_eq(file_note_store_due(fixture_database, &ages, &none, notes, 4, &count), ERROR_NONE);
  ck_assert_uint_eq(count, 1);
  ck_assert(notes[0].media_id == 3 && notes[0].entry[0] == '\0');
  fixture_sql("update file_note set noted_at = now() - interval '500 s'");
  ck_assert_int_eq(file_note_store_due(fixture_database, &ages, &none, notes, 4, &count), ERROR_NONE);
  ck_assert_uint_eq(count, 2);
  ck_assert(notes[0].intent && notes[0].age_seconds >= 500);
  ck_assert_int_eq(file_note_store_write(fixture_database, 2, "intent", false, true), ERROR_NONE); /* stays as it is */
  ck_assert_int_eq(file_note_store_due(fixture_database, &ages, &notes[0], notes, 4, &count), ERROR_NONE);
  ck_assert_uint_eq(count, 1);
  ck_assert_int_eq(file_note_store_write(fixture_database, 2, "intent", false, false), ERROR_NONE); /* begins anew */
  ck_assert_int_eq(fixture_sql("select count(*) from file_note where not intent"), 3);
  ck_assert_int_eq(file_note_store_remove(fixture_database, 2, "intent"), ERROR_NONE);
  ck_assert_int_eq(file_note_store_remove(fixture_database, 2, "intent"), ERROR_NONE);
  ck_assert_int_eq(file_note_store_remove_all(fixture_database, 1), ERROR_NONE);
  ck_assert_int_eq(fixture_sql("select count(*) from file_note"), 1);
}
END_TEST

FIXTURE_MAIN("media_store", a_deletion_may_leave_a_tombstone, notes_are_due_by_their_age,
             deletes_under_a_condition_that_holds_in_that_moment, creates_and_finds,
             takes_a_title_of_300_four_byte_characters, sets_the_file_and_names_the_one_it_replaced,
             parallel_uploads_each_learn_what_they_replaced, another_file_url_takes_the_place_of_the_file,
             the_content_of_the_file_decides_the_type, a_deleted_medium_is_never_found_again,
             tells_what_the_sweep_may_take, lists_newest_first_by_cursor, searches_parts_of_titles_as_plain_text)
