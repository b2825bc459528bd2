/* SPDX-License-Identifier: ISC */
/*
 * The sweep over every state that a kill -9 can leave: between each two steps of an upload, a
 * replacement, a link and a deletion, with the row committed or not.
 */
#include "config.h"

#include "domain/medium.h"
#include "files/sweep.h"

#include <stdio.h>
#include <string.h>

#include "files/library_guard.h"
#include "files/library_link.h"
#include "files/package_folder.h"
#include "files/spool_file.h"
#include "files/stored_file.h"
#include "library_fixture.h"
#include "unit.h"

#define HOUR 3600
#define DAY  (24 * HOUR)

/* The rows, as the test says they are: medium 7. */
struct rows {
  const char *stored_entry; /* NULL: nothing is stored */
  bool deleted, unknown, away;
  int questions;
};

static struct library_fixture fixture;
static struct rows known_rows;

static enum error is_current(void *context, int64_t media_id, const char *entry, bool *ret_current, bool *ret_deleted) {
  struct rows *known = context;
  known->questions++;
  if (known->away) {
    return ERROR_UNAVAILABLE;
  }
  if (known->unknown || media_id != 7) {
    return ERROR_NOT_FOUND;
  }
  *ret_deleted = known->deleted;
  *ret_current = !known->deleted && known->stored_entry != NULL && strcmp(known->stored_entry, entry) == 0;
  return ERROR_NONE;
}

static struct sweep_counts sweep(bool full) {
  struct sweep_counts counts;
  const struct sweep_options options = {.keep_seconds = DAY,
                                        .deletion_grace_seconds = HOUR,
                                        .spool_grace_seconds = 10,
                                        .full = full,
                                        .is_current = is_current,
                                        .context = &known_rows};
  enum error error = sweep_run(fixture.folder, &options, &counts);
  ck_assert_int_eq(error, known_rows.away ? ERROR_UNAVAILABLE : ERROR_NONE);
  return counts;
}

static void begin(void) {
  known_rows = (struct rows){0};
  library_fixture_set_up(&fixture);
}

static void note_path(const char *entry, char ret_path[256]) {
  snprintf(ret_path, 256, "data/pending/7-%s", entry);
}

static bool stored_exists(const char *entry) {
  char path[256];
  snprintf(path, sizeof path, "data/media/7/%s", entry);
  return library_fixture_exists(&fixture, path);
}

static bool note_exists(const char *entry) {
  char path[256];
  note_path(entry, path);
  return library_fixture_exists(&fixture, path);
}

static void age_note(const char *entry) {
  char path[256];
  note_path(entry, path);
  library_fixture_age(&fixture, path, DAY + 1);
}

START_TEST(killed_while_spooling) {
  begin();
  library_fixture_write(&fixture, "data/spool/dead", "half");
  library_fixture_age(&fixture, "data/spool/dead", 60);
  library_fixture_write(&fixture, "data/spool/young", "half");
  ck_assert_int_eq(sweep(false).spool, 1);
  ck_assert(!library_fixture_exists(&fixture, "data/spool/dead"));
  ck_assert(library_fixture_exists(&fixture, "data/spool/young"));
  library_fixture_tear_down(&fixture);
}
END_TEST

START_TEST(an_upload_at_work_is_left_alone_however_slow) {
  struct spool_file *file = NULL;
  struct media_folder *other = NULL;
  begin();
  ck_assert_int_eq(media_folder_open(fixture.data, NULL, &other), ERROR_NONE);
  ck_assert_int_eq(spool_file_create(other, &file), ERROR_NONE);
  ck_assert_int_eq(sweep(false).spool, 0);
  ck_assert_int_eq(library_fixture_count(&fixture, "data/spool"), 1);
  spool_file_discard(file);
  media_folder_close(other);
  library_fixture_tear_down(&fixture);
}
END_TEST

/* As another machine's sweep sees it: only the lock on the file beside the folder reaches it. */
START_TEST(a_package_at_work_is_left_alone_however_slow) {
  struct package_folder *package = NULL;
  struct media_folder *other = NULL;
  char name[160], lock[170];
  begin();
  ck_assert_int_eq(media_folder_open(fixture.data, NULL, &other), ERROR_NONE);
  ck_assert_int_eq(package_folder_create(other, &package), ERROR_NONE);
  snprintf(name, sizeof name, "data/packaging/%s", strrchr(package_folder_path(package), '/') + 1);
  library_fixture_age(&fixture, name, 60);
  snprintf(lock, sizeof lock, "%s.lock", name);
  library_fixture_age(&fixture, lock, 60);
  ck_assert_int_eq(sweep(false).spool, 0);
  ck_assert_int_eq(library_fixture_count(&fixture, "data/packaging"), 2);
  package_folder_discard(package);
  media_folder_close(other);
  library_fixture_tear_down(&fixture);
}
END_TEST

#define LEFT "data/packaging/0123456789abcdef0123456789abcdef"

START_TEST(killed_while_packaging) {
  begin();
  library_fixture_write(&fixture, LEFT "/seg-0-00001.m4s", "half");
  library_fixture_write(&fixture, LEFT ".lock", "");
  library_fixture_age(&fixture, LEFT, 60);
  ck_assert_int_eq(sweep(false).spool, 0); /* the lock is young: it may not be held yet */
  library_fixture_age(&fixture, LEFT ".lock", 60);
  ck_assert_int_eq(sweep(false).spool, 1);
  ck_assert_int_eq(library_fixture_count(&fixture, "data/packaging"), 0);
  library_fixture_tear_down(&fixture);
}
END_TEST

START_TEST(killed_between_a_package_and_its_lock) {
  begin();
  library_fixture_write(&fixture, LEFT "/seg-0-00001.m4s", "half"); /* its lock went, or an older version made it */
  library_fixture_age(&fixture, LEFT, 60);
  library_fixture_write(&fixture, "data/packaging/fedcba9876543210fedcba9876543210.lock",
                        ""); /* its folder never came */
  library_fixture_age(&fixture, "data/packaging/fedcba9876543210fedcba9876543210.lock", 60);
  sweep(false);
  ck_assert_int_eq(library_fixture_count(&fixture, "data/packaging"), 0);
  library_fixture_tear_down(&fixture);
}
END_TEST

START_TEST(killed_after_the_note_before_the_rename) {
  begin();
  library_fixture_write(&fixture, "data/pending/7-new.mp4", "");
  sweep(false);
  ck_assert(note_exists("new.mp4")); /* may still be under way */
  age_note("new.mp4");
  sweep(false);
  ck_assert(!note_exists("new.mp4"));
  library_fixture_tear_down(&fixture);
}
END_TEST

START_TEST(killed_after_the_rename_before_the_commit) {
  char name[MEDIUM_STORED_NAME_SIZE];
  begin();
  library_fixture_place(&fixture, 7, "new", name);
  sweep(false);
  ck_assert(stored_exists(name)); /* the commit may still come */
  age_note(name);
  ck_assert_int_eq(sweep(false).stored, 1);
  ck_assert(!stored_exists(name));
  ck_assert(!note_exists(name));
  library_fixture_tear_down(&fixture);
}
END_TEST

START_TEST(killed_after_the_commit_before_the_note_went) {
  char name[MEDIUM_STORED_NAME_SIZE];
  begin();
  library_fixture_place(&fixture, 7, "new", name);
  known_rows.stored_entry = name;
  age_note(name);
  ck_assert_int_eq(sweep(false).stored, 0);
  ck_assert(stored_exists(name));
  ck_assert(!note_exists(name));
  library_fixture_tear_down(&fixture);
}
END_TEST

START_TEST(a_replaced_file_stays_as_long_as_it_may_be_played) {
  char old_name[MEDIUM_STORED_NAME_SIZE];
  char name[MEDIUM_STORED_NAME_SIZE];
  begin();
  library_fixture_place(&fixture, 7, "old", old_name);
  media_folder_settle(fixture.folder, 7, old_name);
  library_fixture_place(&fixture, 7, "new", name);
  media_folder_settle(fixture.folder, 7, name);
  known_rows.stored_entry = name;
  ck_assert_int_eq(sweep(true).stored, 0);
  ck_assert(stored_exists(old_name));
  age_note(old_name);
  ck_assert_int_eq(sweep(false).stored, 1);
  ck_assert(!stored_exists(old_name));
  ck_assert(stored_exists(name));
  ck_assert_int_eq(library_fixture_count(&fixture, "data/pending"), 0);
  library_fixture_tear_down(&fixture);
}
END_TEST

START_TEST(a_replacement_that_was_killed_keeps_the_old_file) {
  char old_name[MEDIUM_STORED_NAME_SIZE];
  char name[MEDIUM_STORED_NAME_SIZE];
  begin();
  library_fixture_place(&fixture, 7, "old", old_name);
  media_folder_settle(fixture.folder, 7, old_name);
  known_rows.stored_entry = old_name;
  library_fixture_place(&fixture, 7, "new", name); /* and no commit */
  age_note(old_name);
  age_note(name);
  ck_assert_int_eq(sweep(false).stored, 1);
  ck_assert(stored_exists(old_name));
  ck_assert(!stored_exists(name));
  ck_assert_int_eq(library_fixture_count(&fixture, "data/pending"), 0);
  library_fixture_tear_down(&fixture);
}
END_TEST

START_TEST(killed_before_a_deletion_was_committed) {
  char name[MEDIUM_STORED_NAME_SIZE];
  begin();
  library_fixture_place(&fixture, 7, "film", name);
  media_folder_settle(fixture.folder, 7, name);
  known_rows.stored_entry = name;
  ck_assert_int_eq(media_folder_note_deletion(fixture.folder, 7), ERROR_NONE);
  sweep(false);
  ck_assert(library_fixture_exists(&fixture, "data/pending/7"));
  library_fixture_age(&fixture, "data/pending/7", HOUR + 1);
  sweep(false);
  ck_assert(!library_fixture_exists(&fixture, "data/pending/7"));
  ck_assert(stored_exists(name));
  library_fixture_tear_down(&fixture);
}
END_TEST

START_TEST(killed_after_a_deletion_was_committed) {
  char name[MEDIUM_STORED_NAME_SIZE];
  begin();
  library_fixture_place(&fixture, 7, "film", name);
  media_folder_settle(fixture.folder, 7, name);
  ck_assert_int_eq(media_folder_note_deletion(fixture.folder, 7), ERROR_NONE);
  known_rows.deleted = true;
  ck_assert_int_eq(sweep(false).deleted, 1); /* at once, not after a grace */
  ck_assert(!library_fixture_exists(&fixture, "data/media/7"));
  ck_assert_int_eq(library_fixture_count(&fixture, "data/pending"), 0);
  ck_assert_int_eq(library_fixture_count(&fixture, "data/trash"), 0);
  library_fixture_tear_down(&fixture);
}
END_TEST

START_TEST(killed_while_emptying_the_trash) {
  begin();
  library_fixture_write(&fixture, "data/trash/7-0198/film.mp4", "x");
  library_fixture_write(&fixture, "data/trash/7-0198/more/seg.ts", "x");
  ck_assert_int_eq(sweep(false).trash, 1);
  ck_assert_int_eq(library_fixture_count(&fixture, "data/trash"), 0);
  library_fixture_tear_down(&fixture);
}
END_TEST

START_TEST(an_upload_that_lost_to_a_deletion_goes) {
  char name[MEDIUM_STORED_NAME_SIZE];
  begin();
  known_rows.deleted = true;
  library_fixture_place(&fixture, 7, "late", name); /* killed before its commit failed */
  age_note(name);
  ck_assert_int_eq(sweep(false).deleted, 1);
  ck_assert(!library_fixture_exists(&fixture, "data/media/7"));
  ck_assert_int_eq(library_fixture_count(&fixture, "data/pending"), 0);
  library_fixture_tear_down(&fixture);
}
END_TEST

START_TEST(of_two_uploads_at_once_the_replaced_one_goes_without_a_full_sweep) {
  char first[MEDIUM_STORED_NAME_SIZE], second[MEDIUM_STORED_NAME_SIZE];
  begin();
  library_fixture_place(&fixture, 7, "first", first);
  library_fixture_place(&fixture, 7, "second", second); /* notes the first one too */
  media_folder_settle(fixture.folder, 7, first);        /* which takes that note away, being the row's by now */
  media_folder_note_replaced(fixture.folder, 7, first); /* the second one's commit */
  media_folder_settle(fixture.folder, 7, second);
  known_rows.stored_entry = second;
  age_note(first);
  ck_assert_int_eq(sweep(false).stored, 1);
  ck_assert(!stored_exists(first));
  ck_assert(stored_exists(second));
  media_folder_note_replaced(fixture.folder, 7, ""); /* the first file of a medium replaces none */
  ck_assert_int_eq(library_fixture_count(&fixture, "data/pending"), 0);
  library_fixture_tear_down(&fixture);
}
END_TEST

START_TEST(the_folder_of_an_upload_that_lost_and_was_taken_back_goes) {
  char name[MEDIUM_STORED_NAME_SIZE];
  begin();
  library_fixture_place(&fixture, 7, "late", name);
  ck_assert_int_eq(stored_file_remove(fixture.folder, 7, name), ERROR_NONE);
  ck_assert_int_eq(sweep(true).deleted, 0); /* a medium that is there may have an empty folder */
  ck_assert(library_fixture_exists(&fixture, "data/media/7"));
  known_rows.deleted = true;
  ck_assert_int_eq(sweep(true).deleted, 1);
  ck_assert(!library_fixture_exists(&fixture, "data/media/7"));
  library_fixture_tear_down(&fixture);
}
END_TEST

START_TEST(a_full_sweep_finds_what_has_no_note) {
  begin();
  library_fixture_write(&fixture, "data/media/7/stray.mp4", "x");
  library_fixture_write(&fixture, "data/media/7/current.mp4", "x");
  library_fixture_write(&fixture, "data/media/not-ours/file", "x");
  known_rows.stored_entry = "current.mp4";
  sweep(false);
  ck_assert_int_eq(known_rows.questions, 0); /* only notes are looked at */
  ck_assert_int_eq(sweep(true).noted, 1);
  ck_assert(note_exists("stray.mp4"));
  ck_assert(stored_exists("stray.mp4"));
  age_note("stray.mp4");
  ck_assert_int_eq(sweep(true).stored, 1);
  ck_assert(!stored_exists("stray.mp4"));
  ck_assert(stored_exists("current.mp4"));
  ck_assert(library_fixture_exists(&fixture, "data/media/not-ours/file"));
  known_rows.deleted = true;
  ck_assert_int_eq(sweep(true).deleted, 1);
  ck_assert(!library_fixture_exists(&fixture, "data/media/7"));
  library_fixture_tear_down(&fixture);
}
END_TEST

START_TEST(a_database_that_is_away_or_another_removes_nothing) {
  char name[MEDIUM_STORED_NAME_SIZE];
  begin();
  library_fixture_place(&fixture, 7, "film", name);
  age_note(name);
  ck_assert_int_eq(media_folder_note_deletion(fixture.folder, 7), ERROR_NONE);
  known_rows.away = true;
  sweep(true);
  ck_assert(stored_exists(name));
  ck_assert(note_exists(name));
  known_rows.away = false;
  known_rows.unknown = true;
  struct sweep_counts counts = sweep(true);
  ck_assert_int_gt(counts.unknown, 0);
  ck_assert_int_eq(counts.failed, 0);
  ck_assert(stored_exists(name));
  ck_assert(note_exists(name));
  library_fixture_tear_down(&fixture);
}
END_TEST

/* Links library/films/a.mp4 to medium 7, as its row's file. */
static void link_film(char ret_name[MEDIUM_STORED_NAME_SIZE]) {
  char reason[LIBRARY_LINK_REASON_SIZE];
  int64_t size = 0;
  library_fixture_write(&fixture, "outside/a.mp4", "secret");
  library_fixture_write(&fixture, "library/films/a.mp4", "film");
  ck_assert_int_eq(library_link_create(fixture.folder, 7, "films/a.mp4", ret_name, &size, reason), ERROR_NONE);
  media_folder_settle(fixture.folder, 7, ret_name);
  known_rows.stored_entry = ret_name;
}

static void move(const char *from, const char *to) {
  char full_from[256];
  char full_to[256];
  snprintf(full_from, sizeof full_from, "%s/%s", fixture.root, from);
  snprintf(full_to, sizeof full_to, "%s/%s", fixture.root, to);
  ck_assert_int_eq(rename(full_from, full_to), 0);
}

START_TEST(a_link_that_leads_out_of_the_library_is_cut_and_restored_when_it_does_no_more) {
  char name[MEDIUM_STORED_NAME_SIZE];
  begin();
  link_film(name);
  ck_assert_int_eq(sweep(false).cut, 0);
  ck_assert(stored_exists(name));
  move("library/films", "library/films.real");
  library_fixture_link(&fixture, "../outside", "library/films");
  ck_assert_int_eq(sweep(false).cut, 1);
  ck_assert(!stored_exists(name));
  ck_assert_int_eq(sweep(true).cut, 0);
  ck_assert_int_eq(library_guard_check(fixture.folder, 7, name), ERROR_DENIED); /* though its link is gone */
  move("library/films", "library/link");
  move("library/films.real", "library/films");
  ck_assert_int_eq(sweep(false).restored, 1);
  ck_assert(stored_exists(name));
  ck_assert_int_eq(sweep(false).restored, 0);
  library_fixture_tear_down(&fixture);
}
END_TEST

START_TEST(a_link_to_a_file_that_is_away_stays) {
  char name[MEDIUM_STORED_NAME_SIZE];
  begin();
  link_film(name);
  move("library/films", "library/gone");
  ck_assert_int_eq(sweep(true).cut, 0);
  ck_assert(stored_exists(name));
  library_fixture_tear_down(&fixture);
}
END_TEST

START_TEST(a_full_sweep_watches_links_that_an_older_version_made) {
  char name[MEDIUM_STORED_NAME_SIZE];
  begin();
  link_film(name);
  ck_assert_int_eq(library_guard_forget(fixture.folder, 7, name), ERROR_NONE);
  move("library/films", "library/films.real");
  library_fixture_link(&fixture, "../outside", "library/films");
  ck_assert_int_eq(sweep(false).cut, 0); /* nobody knows of it */
  ck_assert_int_eq(library_guard_check(fixture.folder, 7, name), ERROR_DENIED);
  sweep(true);
  ck_assert_int_eq(sweep(false).cut, 1);
  ck_assert(!stored_exists(name));
  library_fixture_tear_down(&fixture);
}
END_TEST

START_TEST(a_link_that_was_removed_is_not_made_again) {
  char name[MEDIUM_STORED_NAME_SIZE];
  begin();
  link_film(name);
  ck_assert_int_eq(stored_file_remove(fixture.folder, 7, name), ERROR_NONE);
  ck_assert_int_eq(sweep(false).restored, 0);
  ck_assert(!stored_exists(name));
  ck_assert_int_eq(library_fixture_count(&fixture, "data/links"), 0);
  link_film(name);
  ck_assert_int_eq(media_folder_trash(fixture.folder, 7), ERROR_NONE);
  library_fixture_write(&fixture, "data/links/nonsense", "x");
  sweep(false);
  ck_assert_int_eq(library_fixture_count(&fixture, "data/links"), 0);
  ck_assert(!library_fixture_exists(&fixture, "data/media/7"));
  library_fixture_tear_down(&fixture);
}
END_TEST

UNIT_MAIN("sweep", killed_while_spooling, an_upload_at_work_is_left_alone_however_slow,
          a_package_at_work_is_left_alone_however_slow, killed_while_packaging, killed_between_a_package_and_its_lock,
          killed_after_the_note_before_the_rename, killed_after_the_rename_before_the_commit,
          killed_after_the_commit_before_the_note_went, a_replaced_file_stays_as_long_as_it_may_be_played,
          a_replacement_that_was_killed_keeps_the_old_file, killed_before_a_deletion_was_committed,
          killed_after_a_deletion_was_committed, killed_while_emptying_the_trash,
          an_upload_that_lost_to_a_deletion_goes, of_two_uploads_at_once_the_replaced_one_goes_without_a_full_sweep,
          the_folder_of_an_upload_that_lost_and_was_taken_back_goes, a_full_sweep_finds_what_has_no_note,
          a_database_that_is_away_or_another_removes_nothing,
          a_link_that_leads_out_of_the_library_is_cut_and_restored_when_it_does_no_more,
          a_link_to_a_file_that_is_away_stays, a_full_sweep_watches_links_that_an_older_version_made,
          a_link_that_was_removed_is_not_made_again)
