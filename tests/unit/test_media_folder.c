/* SPDX-License-Identifier: ISC */
/*
 * Spool files and stored files: what is where after each step, and what is left when a step is the
 * last one.
 */
#include "config.h"

#include "domain/digest.h"
#include "domain/medium.h"
#include "files/media_folder.h"
#include "files/package_folder.h"
#include "files/spool_file.h"
#include "files/stored_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "library_fixture.h"
#include "unit.h"

static struct library_fixture fixture;

static int mode_of(const char *path) {
  char full[512];
  struct stat status;
  snprintf(full, sizeof full, "%s/%s", fixture.root, path);
  ck_assert_int_eq(lstat(full, &status), 0);
  return status.st_mode & 07777;
}

static const char *in_media(int64_t media_id, const char *stored_name) {
  static char path[256];
  snprintf(path, sizeof path, "data/media/%lld/%s", (long long)media_id, stored_name);
  return path;
}

START_TEST(makes_its_folders_once) {
  struct media_folder *again = NULL;
  library_fixture_set_up(&fixture);
  ck_assert_int_eq(mode_of("data/media"), 0750);
  ck_assert_int_eq(mode_of("data/spool"), 0750);
  ck_assert_int_eq(media_folder_open(fixture.data, NULL, &again), ERROR_NONE);
  ck_assert_int_eq(media_folder_check_writable(again), ERROR_NONE);
  media_folder_close(again);
  media_folder_close(NULL);
  library_fixture_tear_down(&fixture);
}
END_TEST

START_TEST(hashes_counts_and_places_an_upload) {
  struct spool_file *file = NULL;
  char sha256[DIGEST_HEX_SIZE];
  char name[MEDIUM_STORED_NAME_SIZE];
  int64_t size = 0;
  library_fixture_set_up(&fixture);
  umask(077); /* nginx's group must be able to read in any case */
  ck_assert_int_eq(spool_file_create(fixture.folder, &file), ERROR_NONE);
  ck_assert_int_eq(spool_file_write(file, "a", 1), ERROR_NONE);
  ck_assert_int_eq(spool_file_write(file, "bc", 2), ERROR_NONE);
  ck_assert_int_eq(library_fixture_count(&fixture, "data/spool"), 1);
  ck_assert_int_eq(spool_file_finish(file, sha256, &size), ERROR_NONE);
  ck_assert_str_eq(sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"); /* FIPS 180-2 */
  ck_assert_int_eq(size, 3);
  ck_assert_int_eq(spool_file_place(file, 7, "mp4", name), ERROR_NONE);
  spool_file_discard(file);
  ck_assert_uint_eq(strlen(name), 32 + 4);
  ck_assert_int_eq(mode_of(in_media(7, name)), 0640);
  ck_assert_int_eq(library_fixture_count(&fixture, "data/spool"), 0);
  ck_assert_int_eq(library_fixture_count(&fixture, "data/pending"), 1);
  media_folder_settle(fixture.folder, 7, name);
  ck_assert_int_eq(library_fixture_count(&fixture, "data/pending"), 0);
  library_fixture_tear_down(&fixture);
}
END_TEST

START_TEST(a_discarded_upload_leaves_nothing) {
  struct spool_file *file = NULL;
  library_fixture_set_up(&fixture);
  ck_assert_int_eq(spool_file_create(fixture.folder, &file), ERROR_NONE);
  ck_assert_int_eq(spool_file_write(file, "half", 4), ERROR_NONE);
  spool_file_discard(file);
  spool_file_discard(NULL);
  ck_assert_int_eq(library_fixture_count(&fixture, "data/spool"), 0);
  ck_assert_int_eq(library_fixture_count(&fixture, "data/media"), 0);
  ck_assert_int_eq(library_fixture_count(&fixture, "data/pending"), 0);
  library_fixture_tear_down(&fixture);
}
END_TEST

START_TEST(a_replacement_notes_what_it_replaces) {
  char first[MEDIUM_STORED_NAME_SIZE];
  char second[MEDIUM_STORED_NAME_SIZE];
  char note[256];
  library_fixture_set_up(&fixture);
  library_fixture_place(&fixture, 7, "one", first);
  media_folder_settle(fixture.folder, 7, first);
  library_fixture_place(&fixture, 7, "two", second);
  media_folder_settle(fixture.folder, 7, second);
  ck_assert_str_ne(first, second);
  snprintf(note, sizeof note, "data/pending/7-%s", first);
  ck_assert(library_fixture_exists(&fixture, note));
  ck_assert_int_eq(library_fixture_count(&fixture, "data/pending"), 1);
  ck_assert(library_fixture_exists(&fixture, in_media(7, first)));
  library_fixture_tear_down(&fixture);
}
END_TEST

static const struct {
  const char *name;
  enum error expected;
} stored_rows[] = {
    {"", ERROR_INVALID},           {"/etc/passwd", ERROR_INVALID},
    {"../8/a.mp4", ERROR_INVALID}, {"a/../../8/a.mp4", ERROR_INVALID},
    {"a//b", ERROR_INVALID},       {"none.mp4", ERROR_NOT_FOUND},
    {"folder", ERROR_INVALID},     {"fifo", ERROR_INVALID},
    {"good.mp4", ERROR_NONE},      {"folder/seg.ts", ERROR_NONE},
};

START_TEST(opens_stored_files_and_nothing_else) {
  char fifo[256];
  library_fixture_set_up(&fixture);
  library_fixture_write(&fixture, "data/media/7/good.mp4", "x");
  library_fixture_write(&fixture, "data/media/7/folder/seg.ts", "x");
  library_fixture_write(&fixture, "data/media/8/a.mp4", "x");
  snprintf(fifo, sizeof fifo, "%s/data/media/7/fifo", fixture.root);
  ck_assert_int_eq(mkfifo(fifo, 0600), 0);
  for (size_t i = 0; i < UNIT_ROWS(stored_rows); i++) {
    int fd = -1;
    enum error error = stored_file_open(fixture.folder, 7, stored_rows[i].name, &fd);
    ck_assert_msg(error == stored_rows[i].expected, "%s: %s", stored_rows[i].name, error_strerror(error));
    ck_assert_int_eq(fd >= 0, error == ERROR_NONE);
    if (fd >= 0) {
      close(fd);
    }
  }
  library_fixture_tear_down(&fixture);
}
END_TEST

START_TEST(removes_a_link_and_never_what_it_points_to) {
  library_fixture_set_up(&fixture);
  library_fixture_write(&fixture, "library/film.mp4", "film");
  library_fixture_write(&fixture, "library/hls/master.m3u8", "list");
  library_fixture_write(&fixture, "data/media/7/keep.mp4", "x");
  library_fixture_link(&fixture, "../../../library/film.mp4", "data/media/7/link.mp4");
  library_fixture_link(&fixture, "../../../library/hls", "data/media/7/folder");
  ck_assert_int_eq(stored_file_remove(fixture.folder, 7, "link.mp4"), ERROR_NONE);
  ck_assert_int_eq(stored_file_remove(fixture.folder, 7, "folder/master.m3u8"), ERROR_NONE);
  ck_assert_int_eq(stored_file_remove(fixture.folder, 7, "link.mp4"), ERROR_NONE); /* again */
  ck_assert_int_eq(stored_file_remove(fixture.folder, 7, "../7"), ERROR_INVALID);
  ck_assert_int_eq(library_fixture_count(&fixture, "data/media/7"), 1);
  ck_assert(library_fixture_exists(&fixture, "library/film.mp4"));
  ck_assert(library_fixture_exists(&fixture, "library/hls/master.m3u8"));
  library_fixture_tear_down(&fixture);
}
END_TEST

START_TEST(trashing_removes_links_and_can_be_repeated) {
  char name[MEDIUM_STORED_NAME_SIZE];
  library_fixture_set_up(&fixture);
  library_fixture_write(&fixture, "library/hls/master.m3u8", "list");
  library_fixture_place(&fixture, 7, "one", name);
  library_fixture_link(&fixture, "../../../library/hls", "data/media/7/folder");
  ck_assert_int_eq(media_folder_note_deletion(fixture.folder, 7), ERROR_NONE);
  ck_assert_int_eq(media_folder_trash(fixture.folder, 7), ERROR_NONE);
  ck_assert_int_eq(media_folder_trash(fixture.folder, 7), ERROR_NONE);
  ck_assert(!library_fixture_exists(&fixture, "data/media/7"));
  ck_assert(!library_fixture_exists(&fixture, "data/pending/7"));
  ck_assert_int_eq(library_fixture_count(&fixture, "data/trash"), 0);
  ck_assert(library_fixture_exists(&fixture, "library/hls/master.m3u8"));
  library_fixture_tear_down(&fixture);
}
END_TEST

static void count_beat(void *context) {
  ++*(int *)context;
}

START_TEST(placing_a_package_beats_with_each_file) {
  struct package_folder *package = NULL;
  char name[UNIQUE_NAME_SIZE], path[128];
  int beats = 0;
  library_fixture_set_up(&fixture);
  ck_assert_int_eq(package_folder_create(fixture.folder, &package), ERROR_NONE);
  const char *folder_name = strrchr(package_folder_path(package), '/') + 1;
  for (int i = 0; i < 5; i++) {
    snprintf(path, sizeof path, "data/packaging/%s/seg-0-0000%d.m4s", folder_name, i);
    library_fixture_write(&fixture, path, "x");
  }
  ck_assert_int_eq(package_folder_place(package, 7, count_beat, &beats, name), ERROR_NONE);
  ck_assert_int_eq(beats, 5);
  package_folder_discard(package);
  snprintf(path, sizeof path, "data/media/7/%s", name);
  ck_assert_int_eq(library_fixture_count(&fixture, path), 5);
  ck_assert_int_eq(library_fixture_count(&fixture, "data/packaging"), 0);
  library_fixture_tear_down(&fixture);
}
END_TEST

static void lock_path(const struct package_folder *package, char ret_path[160]) {
  snprintf(ret_path, 160, "data/packaging/%s.lock", strrchr(package_folder_path(package), '/') + 1);
}

/* On NFS and FUSE a lock on a folder holds on one machine only: there the other one's would be given. */
START_TEST(a_package_on_its_way_is_told_by_a_lock_on_a_regular_file) {
  struct package_folder *package = NULL;
  char lock[160], path[512];
  struct stat status;
  library_fixture_set_up(&fixture);
  ck_assert_int_eq(package_folder_create(fixture.folder, &package), ERROR_NONE);
  lock_path(package, lock);
  snprintf(path, sizeof path, "%s/%s", fixture.root, lock);
  ck_assert_int_eq(lstat(path, &status), 0);
  ck_assert(S_ISREG(status.st_mode));
  int fd = open(path, O_RDWR | O_CLOEXEC);
  ck_assert_int_ge(fd, 0);
  ck_assert_int_eq(flock(fd, LOCK_EX | LOCK_NB), -1);
  close(fd);
  int folder_fd = open(package_folder_path(package), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  ck_assert_int_eq(flock(folder_fd, LOCK_EX | LOCK_NB), 0); /* nothing rests on a lock there */
  close(folder_fd);
  package_folder_discard(package);
  ck_assert_int_eq(library_fixture_count(&fixture, "data/packaging"), 0);
  library_fixture_tear_down(&fixture);
}
END_TEST

START_TEST(locks_hold_between_two_descriptors) {
  library_fixture_set_up(&fixture);
  ck_assert_int_eq(media_folder_check_locks(fixture.folder), ERROR_NONE);
  ck_assert_int_eq(media_folder_check_locks(fixture.folder), ERROR_NONE);
  library_fixture_tear_down(&fixture);
}
END_TEST

UNIT_MAIN("media_folder", makes_its_folders_once, hashes_counts_and_places_an_upload, a_discarded_upload_leaves_nothing,
          a_replacement_notes_what_it_replaces, opens_stored_files_and_nothing_else,
          removes_a_link_and_never_what_it_points_to, trashing_removes_links_and_can_be_repeated,
          placing_a_package_beats_with_each_file, a_package_on_its_way_is_told_by_a_lock_on_a_regular_file,
          locks_hold_between_two_descriptors)
