/* SPDX-License-Identifier: ISC */
/*
 * Files of resumable uploads: what counts when they are taken up again, the hash that goes on, the lock, the sweep.
 */
#include "config.h"

#include "domain/digest.h"
#include "domain/medium.h"
#include "files/upload_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "files/chunk_checksum.h"
#include "library_fixture.h"
#include "unit.h"

#define ABC_SHA256 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" /* FIPS 180-2 */

/* A disk that fails once, in place of the C library's calls: the kernel tells of lost bytes one time, too. */
static int range_failure;
static int sync_failure;

static int fail_once(int *failure) {
  errno = *failure;
  *failure = 0;
  return -1;
}

int sync_file_range(int fd, off_t offset, off_t count, unsigned flags) {
  return range_failure != 0 ? fail_once(&range_failure) : (int)syscall(SYS_sync_file_range, fd, offset, count, flags);
}

int fdatasync(int fd) { /* NOLINT(readability-inconsistent-declaration-parameter-name) */
  return sync_failure != 0 ? fail_once(&sync_failure) : (int)syscall(SYS_fdatasync, fd);
}

static struct library_fixture fixture;
static char name[UNIQUE_NAME_SIZE];
static char state[RESUMABLE_SHA256_STATE_SIZE];

static void begin(void) {
  library_fixture_set_up(&fixture);
  upload_file_make_name(name);
  ck_assert(upload_file_is_name(name));
  ck_assert_int_eq(upload_file_create(fixture.folder, name), ERROR_NONE);
}

/* Opens the file with its first `size` bytes, and the hash from `hash_state` on. */
static struct spool_file *resumed(int64_t size, const char *hash_state) {
  struct spool_file *file = NULL;
  ck_assert_int_eq(upload_file_open(fixture.folder, name, &file), ERROR_NONE);
  ck_assert_int_eq(upload_file_resume(file, size, hash_state, NULL, NULL), ERROR_NONE);
  return file;
}

static void append(struct spool_file *file, const char *bytes) {
  ck_assert_int_eq(spool_file_write(file, bytes, strlen(bytes)), ERROR_NONE);
}

static void ends_as(struct spool_file *file, const char *expected_sha256, int64_t expected_size) {
  char sha256[DIGEST_HEX_SIZE];
  int64_t size = 0;
  ck_assert_int_eq(spool_file_finish(file, sha256, &size), ERROR_NONE);
  ck_assert_str_eq(sha256, expected_sha256);
  ck_assert_int_eq(size, expected_size);
  spool_file_discard(file);
}

START_TEST(goes_on_where_it_was_left) {
  int64_t size = 0;
  begin();
  struct spool_file *file = resumed(0, "");
  append(file, "a");
  ck_assert_int_eq(upload_file_sync(file, &size, state), ERROR_NONE);
  ck_assert_int_eq(size, 1);
  append(file, "bc"); /* never synced: the writer dies */
  spool_file_discard(file);
  ends_as(resumed(3, state), ABC_SHA256, 3);
  ends_as(resumed(3, ""), ABC_SHA256, 3); /* without a state it is read from its beginning */
  ends_as(resumed(3, "no state"), ABC_SHA256, 3);
  file = resumed(1, state); /* the rest does not count */
  append(file, "bc");
  ends_as(file, ABC_SHA256, 3);
  file = NULL;
  ck_assert_int_eq(upload_file_open(fixture.folder, name, &file), ERROR_NONE);
  ck_assert_int_eq(upload_file_resume(file, 4, state, NULL, NULL), ERROR_INTERNAL); /* there are no 4 bytes */
  spool_file_discard(file);
  library_fixture_tear_down(&fixture);
}
END_TEST

START_TEST(a_state_beyond_the_size_is_of_no_use) {
  int64_t size = 0;
  begin();
  struct spool_file *file = resumed(0, "");
  append(file, "abcdef");
  ck_assert_int_eq(upload_file_sync(file, &size, state), ERROR_NONE);
  spool_file_discard(file);
  ends_as(resumed(3, state), ABC_SHA256, 3);
  library_fixture_tear_down(&fixture);
}
END_TEST

START_TEST(bytes_that_the_disk_lost_are_vouched_for_by_nobody) {
  static char piece[9 * 1024 * 1024]; /* more than is handed to the disk at once */
  char sha256[DIGEST_HEX_SIZE];
  int64_t size = 0;
  begin();
  struct spool_file *file = resumed(0, "");
  append(file, "abc");
  ck_assert_int_eq(upload_file_sync(file, &size, state), ERROR_NONE);
  range_failure = EIO;
  ck_assert_int_eq(spool_file_write(file, piece, sizeof piece), ERROR_IO);
  ck_assert_int_eq(range_failure, 0);
  ck_assert_int_eq(upload_file_sync(file, &size, state), ERROR_IO);
  ck_assert_int_eq(upload_file_sync(file, &size, state), ERROR_IO);
  ck_assert_int_eq(spool_file_finish(file, sha256, &size), ERROR_IO);
  ck_assert_int_eq(upload_file_resume(file, 3, state, NULL, NULL), ERROR_NONE);
  ck_assert_int_eq(upload_file_sync(file, &size, state), ERROR_NONE);
  ck_assert_int_eq(size, 3);
  append(file, "d");
  sync_failure = ENOSPC;
  ck_assert_int_eq(upload_file_sync(file, &size, state), ERROR_NO_SPACE);
  ck_assert_int_eq(upload_file_sync(file, &size, state), ERROR_NO_SPACE);
  ck_assert_int_eq(upload_file_resume(file, 3, state, NULL, NULL), ERROR_NONE);
  ends_as(file, ABC_SHA256, 3);
  library_fixture_tear_down(&fixture);
}
END_TEST

START_TEST(one_has_it_at_a_time) {
  struct spool_file *other = NULL;
  begin();
  struct spool_file *file = resumed(0, "");
  ck_assert_int_eq(upload_file_open(fixture.folder, name, &other), ERROR_CONFLICT);
  spool_file_discard(file);
  file = resumed(0, "");
  spool_file_discard(file);
  ck_assert_int_eq(upload_file_open(fixture.folder, "00000000000000000000000000000000", &other), ERROR_NOT_FOUND);
  ck_assert_int_eq(upload_file_open(fixture.folder, "../media", &other), ERROR_NOT_FOUND);
  library_fixture_tear_down(&fixture);
}
END_TEST

START_TEST(placing_leaves_it_where_it_was_too) {
  char stored[MEDIUM_STORED_NAME_SIZE];
  char path[256];
  begin();
  struct spool_file *file = resumed(0, "");
  append(file, "abc");
  ck_assert_int_eq(spool_file_place(file, 7, "mp4", stored), ERROR_NONE);
  spool_file_discard(file);
  snprintf(path, sizeof path, "data/media/7/%s", stored);
  ck_assert(library_fixture_exists(&fixture, path));
  ck_assert_int_eq(library_fixture_count(&fixture, "data/uploads"), 1);
  ck_assert_int_eq(upload_file_remove(fixture.folder, name), ERROR_NONE);
  ck_assert_int_eq(upload_file_remove(fixture.folder, name), ERROR_NONE);
  ck_assert(library_fixture_exists(&fixture, path));
  ck_assert_int_eq(library_fixture_count(&fixture, "data/uploads"), 0);
  library_fixture_tear_down(&fixture);
}
END_TEST

static enum error take_old(void *context, const char *visited, int64_t age_seconds, bool *ret_remove) {
  int *visits = context;
  (*visits)++;
  ck_assert_str_eq(visited, name);
  *ret_remove = age_seconds > 60;
  return ERROR_NONE;
}

START_TEST(the_sweep_takes_what_nobody_has) {
  int visits = 0;
  int64_t removed = 0;
  char path[256];
  begin();
  library_fixture_write(&fixture, "data/uploads/something else", "x"); /* not ours */
  struct spool_file *file = resumed(0, "");
  ck_assert_int_eq(upload_file_sweep(fixture.folder, take_old, &visits, &removed), ERROR_NONE);
  ck_assert_int_eq(visits, 0);
  spool_file_discard(file);
  ck_assert_int_eq(upload_file_sweep(fixture.folder, take_old, &visits, &removed), ERROR_NONE);
  ck_assert(visits == 1 && removed == 0);
  snprintf(path, sizeof path, "data/uploads/%s", name);
  library_fixture_age(&fixture, path, 100);
  ck_assert_int_eq(upload_file_sweep(fixture.folder, take_old, &visits, &removed), ERROR_NONE);
  ck_assert(visits == 2 && removed == 1);
  ck_assert_int_eq(library_fixture_count(&fixture, "data/uploads"), 1);
  library_fixture_tear_down(&fixture);
}
END_TEST

/* At every length around a block's, put down and taken up. */
START_TEST(a_hash_is_put_down_and_taken_up) {
  struct resumable_sha256 *whole = NULL;
  struct resumable_sha256 *pieces = NULL;
  char bytes[200];
  char expected[DIGEST_HEX_SIZE];
  char digest[DIGEST_HEX_SIZE];
  ck_assert_int_eq(resumable_sha256_new(&whole), ERROR_NONE);
  ck_assert_int_eq(resumable_sha256_new(&pieces), ERROR_NONE);
  for (size_t i = 0; i < sizeof bytes; i++) {
    bytes[i] = (char)(i * 7);
  }
  for (size_t cut = 0; cut <= sizeof bytes; cut++) {
    resumable_sha256_restart(whole);
    resumable_sha256_restart(pieces);
    ck_assert_int_eq(resumable_sha256_add(whole, bytes, sizeof bytes), ERROR_NONE);
    ck_assert_int_eq(resumable_sha256_add(pieces, bytes, cut), ERROR_NONE);
    resumable_sha256_save(pieces, state);
    resumable_sha256_restart(pieces);
    ck_assert_int_eq(resumable_sha256_restore(pieces, state), ERROR_NONE);
    ck_assert_int_eq(resumable_sha256_count(pieces), (int64_t)cut);
    ck_assert_int_eq(resumable_sha256_add(pieces, bytes + cut, sizeof bytes - cut), ERROR_NONE);
    ck_assert_int_eq(resumable_sha256_finish(whole, expected), ERROR_NONE);
    ck_assert_int_eq(resumable_sha256_finish(pieces, digest), ERROR_NONE);
    ck_assert_str_eq(digest, expected);
  }
  ck_assert_int_eq(resumable_sha256_restore(pieces, ""), ERROR_INVALID);
  state[3] = 'x';
  ck_assert_int_eq(resumable_sha256_restore(pieces, state), ERROR_INVALID);
  resumable_sha256_free(whole);
  resumable_sha256_free(pieces);
}
END_TEST

START_TEST(checksums_of_pieces) {
  static const struct {
    const char *algorithm, *expected, *bytes;
    enum error error;
    bool fits;
  } rows[] = {
      {"sha1", "qZk+NkcGgWq6PiVxeFDCbJzQ2J0=", "abc", ERROR_NONE, true},
      {"sha1", "qZk+NkcGgWq6PiVxeFDCbJzQ2J0=", "abd", ERROR_NONE, false},
      {"sha256", "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=", "abc", ERROR_NONE, true},
      {"sha256", "qZk+NkcGgWq6PiVxeFDCbJzQ2J0=", "abc", ERROR_INVALID, false},
      {"sha1", "qZk-NkcGgWq6PiVxeFDCbJzQ2J0=", "abc", ERROR_INVALID, false},
      {"sha1", "", "abc", ERROR_INVALID, false},
      {"md5", "kAFQmDzST7DWlj99KOF/cg==", "abc", ERROR_UNSUPPORTED, false},
      {"", "", "abc", ERROR_UNSUPPORTED, false},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct chunk_checksum *checksum = NULL;
    ck_assert_int_eq(chunk_checksum_new(rows[i].algorithm, strlen(rows[i].algorithm), rows[i].expected, &checksum),
                     rows[i].error);
    if (checksum != NULL) {
      ck_assert_int_eq(chunk_checksum_add(checksum, rows[i].bytes, strlen(rows[i].bytes)), ERROR_NONE);
      ck_assert_int_eq(chunk_checksum_fits(checksum), rows[i].fits);
    }
    chunk_checksum_free(checksum);
  }
}
END_TEST

START_TEST(tells_this_run_of_the_machine) {
  char boot[UUID_SIZE];
  char again[UUID_SIZE];
  upload_file_boot(boot);
  upload_file_boot(again);
  ck_assert_uint_eq(strlen(boot), UUID_SIZE - 1);
  ck_assert_str_eq(boot, again);
}
END_TEST

UNIT_MAIN("upload_file", goes_on_where_it_was_left, a_state_beyond_the_size_is_of_no_use,
          bytes_that_the_disk_lost_are_vouched_for_by_nobody, one_has_it_at_a_time, placing_leaves_it_where_it_was_too,
          the_sweep_takes_what_nobody_has, a_hash_is_put_down_and_taken_up, checksums_of_pieces,
          tells_this_run_of_the_machine)
