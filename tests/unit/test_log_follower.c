/* SPDX-License-Identifier: ISC */
/* Logs are known by their first line, whatever happens to their names; tails without a newline are left alone. */
#include "config.h"

#include "domain/digest.h"
#include "ingest/log_follower.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"
#include "unit.h"

static char folder[64];
static ino_t synced; /* the file that was synced last */

/* Stands before libc's. */
/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
int fdatasync(int fd) {
  struct stat status;
  ck_assert_int_eq(fstat(fd, &status), 0);
  synced = status.st_ino;
  return (int)syscall(SYS_fdatasync, fd);
}

static void make_folder(void) {
  snprintf(folder, sizeof folder, "/tmp/mgfollow.XXXXXX");
  ck_assert_ptr_nonnull(mkdtemp(folder));
}

static char *path_of(const char *name) {
  char *path = file_join(folder, name);
  ck_assert_ptr_nonnull(path);
  return path;
}

static void append(const char *name, const char *text) {
  char *path = path_of(name);
  FILE *file = fopen(path, "a");
  ck_assert_ptr_nonnull(file);
  ck_assert_int_ge(fputs(text, file), 0);
  ck_assert_int_eq(fclose(file), 0);
  free(path);
}

static void move(const char *from, const char *to) {
  char *old = path_of(from);
  char *new = path_of(to);
  ck_assert_int_eq(rename(old, new), 0);
  free(old);
  free(new);
}

static struct log_files scan(size_t expected) {
  struct log_files files = {0};
  ck_assert_int_eq(log_follower_scan(folder, "view.log", &files), ERROR_NONE);
  ck_assert_uint_eq(files.count, expected);
  return files;
}

static void expect_lines(const struct log_file *file, int64_t position, size_t max_bytes, const char *expected) {
  struct text buffer = {0};
  ck_assert_int_eq(log_follower_read(file, position, max_bytes, &buffer), ERROR_NONE);
  ck_assert_str_eq(buffer.data, expected);
  ck_assert_uint_eq(buffer.length, strlen(expected));
  text_free(&buffer);
}

static void remove_folder(void) {
  ck_assert_int_eq(file_remove_tree(folder), ERROR_NONE);
}

START_TEST(a_log_without_a_line_has_no_identity_yet) {
  make_folder();
  struct log_files files = scan(0);
  log_files_free(&files);
  append("view.log", "");
  files = scan(0);
  log_files_free(&files);
  append("view.log", "fir");
  files = scan(0);
  log_files_free(&files);
  append("view.log", "st\n");
  files = scan(1);
  expect_lines(&files.items[0], 0, 100, "first\n");
  log_files_free(&files);
  remove_folder();
}
END_TEST

START_TEST(an_unterminated_tail_is_left_for_later) {
  make_folder();
  append("view.log", "first\nsecond\nthi");
  struct log_files files = scan(1);
  expect_lines(&files.items[0], 0, 100, "first\nsecond\n");
  expect_lines(&files.items[0], 13, 100, "");
  append("view.log", "rd\n");
  expect_lines(&files.items[0], 13, 100, "third\n");
  expect_lines(&files.items[0], 19, 100, "");
  expect_lines(&files.items[0], 1000, 100, "");
  expect_lines(&files.items[0], 0, 15, "first\nsecond\n");
  expect_lines(&files.items[0], 0, 3, "fir"); /* no line fills the buffer, but reading must go on */
  log_files_free(&files);
  remove_folder();
}
END_TEST

START_TEST(a_log_is_the_same_under_every_name) {
  unsigned char id[DIGEST_SIZE];
  make_folder();
  append("view.log", "first\nsecond\n");
  struct log_files files = scan(1);
  struct log_file before = files.items[0];
  memcpy(id, before.id, sizeof id);
  move("view.log", "view.log.1");
  append("view.log", "another\n");
  struct text buffer = {0};
  ck_assert_int_eq(log_follower_read(&before, 0, 100, &buffer), ERROR_NOT_FOUND); /* another log has the name */
  text_free(&buffer);
  log_files_free(&files);
  files = scan(2);
  size_t rotated = memcmp(files.items[0].id, id, sizeof id) == 0 ? 0 : 1;
  ck_assert_int_eq(memcmp(files.items[rotated].id, id, sizeof id), 0);
  expect_lines(&files.items[rotated], 6, 100, "second\n");
  expect_lines(&files.items[1 - rotated], 0, 100, "another\n");
  log_files_free(&files);
  remove_folder();
}
END_TEST

START_TEST(other_files_and_compressed_logs_are_left_out) {
  make_folder();
  static const char *const names[] = {"view.log",  "view.log.1", "view.log-20261122", "view.log.2.gz", "view.log.3.zst",
                                      "view.logs", "error.log",  "xview.log",         "view.lo"};
  for (size_t i = 0; i < UNIT_ROWS(names); i++) {
    append(names[i], names[i]);
    append(names[i], "\n");
  }
  char *sub = path_of("view.log.d");
  ck_assert_int_eq(file_make_folders(sub, 0755), ERROR_NONE);
  free(sub);
  struct log_files files = scan(3);
  log_files_free(&files);
  remove_folder();
}
END_TEST

START_TEST(empty_first_lines_are_no_identity) {
  make_folder();
  append("view.log", "\n\nfirst\n");
  append("view.log.1", "first\n");
  append("view.log.2", "\n\n");
  struct log_files files = scan(2);
  ck_assert_int_eq(memcmp(files.items[0].id, files.items[1].id, DIGEST_SIZE), 0);
  log_files_free(&files);
  ck_assert_int_eq(log_follower_scan("/nowhere/at/all", "view.log", &files), ERROR_NOT_FOUND);
  remove_folder();
}
END_TEST

START_TEST(what_is_read_to_be_counted_is_on_the_disk) {
  make_folder();
  append("view.log", "first\nsecond\nthi");
  struct log_files files = scan(1);
  struct stat status;
  struct text buffer = {0};
  ck_assert_int_eq(stat(files.items[0].path, &status), 0);
  expect_lines(&files.items[0], 0, 100, "first\nsecond\n"); /* looked at only */
  ck_assert_uint_eq(synced, 0);
  ck_assert_int_eq(log_follower_read_synced(&files.items[0], 13, 100, &buffer), ERROR_NONE); /* nothing new */
  ck_assert_uint_eq(buffer.length + synced, 0);
  ck_assert_int_eq(log_follower_read_synced(&files.items[0], 6, 100, &buffer), ERROR_NONE);
  ck_assert_str_eq(buffer.data, "second\n");
  ck_assert_uint_eq(synced, status.st_ino);
  text_free(&buffer);
  log_files_free(&files);
  remove_folder();
}
END_TEST

START_TEST(a_log_that_cannot_be_read_keeps_nobody_from_the_others) {
  make_folder();
  append("view.log", "first\n");
  for (int i = 0; i < 65536 / 32; i++) {
    append("view.log.1", "a block that no newline ends ....");
  }
  append("view.log.1", "\nsecond\n");
  append("view.log.bak", "third\n");
  char *closed = path_of("view.log.bak");
  ck_assert_int_eq(chmod(closed, 0), 0);
  ck_assert_int_eq(chmod(folder, 0755), 0);
  uid_t user = geteuid();
  ck_assert_int_eq(seteuid(user == 0 ? 65534 : user), 0); /* root may read everything */
  struct log_files files = scan(1);
  ck_assert_int_eq(seteuid(user), 0);
  ck_assert_uint_eq(files.skipped_count, 2);
  size_t damaged = strcmp(files.skipped[0].path, closed) == 0 ? 1 : 0;
  ck_assert_str_eq(files.skipped[1 - damaged].path, closed);
  ck_assert_int_eq(files.skipped[1 - damaged].error_number, EACCES);
  ck_assert_str_eq(strrchr(files.skipped[damaged].path, '/') + 1, "view.log.1");
  ck_assert_int_eq(files.skipped[damaged].error_number, 0);
  free(closed);
  log_files_free(&files);
  remove_folder();
}
END_TEST

UNIT_MAIN("log_follower", what_is_read_to_be_counted_is_on_the_disk,
          a_log_that_cannot_be_read_keeps_nobody_from_the_others, a_log_without_a_line_has_no_identity_yet,
          an_unterminated_tail_is_left_for_later, a_log_is_the_same_under_every_name,
          other_files_and_compressed_logs_are_left_out, empty_first_lines_are_no_identity)
