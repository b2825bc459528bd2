/* SPDX-License-Identifier: ISC */
/*
 * base/file on a real temporary folder: what is read, refused, replaced and removed.
 */
#include "config.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "domain/digest.h"
#include "unit.h"

static char folder[] = "/tmp/mediagate-test-file-XXXXXX";

/* A path below the test's folder, in one of a few static buffers. */
static const char *at(const char *name) {
  static char paths[4][256];
  static unsigned next;
  char *path = paths[next++ % 4];

  snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
  return path;
}

static void make_file(const char *name, const char *contents, mode_t mode) {
  ck_assert(file_replace(at(name), mode, contents, strlen(contents)) == ERROR_NONE);
}

static void enter_folder(void) {
  ck_assert(mkdtemp(folder) != NULL);
}

START_TEST(reads_whole_files) {
  struct text text = {0};

  enter_folder();
  make_file("a", "0123456789", 0644);
  text_append(&text, "> ");
  ck_assert(file_read(at("a"), 10, &text) == ERROR_NONE);
  ck_assert_str_eq(text.data, "> 0123456789");
  ck_assert(file_read(at("a"), 9, &text) == ERROR_TOO_LARGE);
  ck_assert(file_read(at("b"), 9, &text) == ERROR_NOT_FOUND);
  ck_assert(file_read(folder, 9, &text) == ERROR_IO && errno == EISDIR);
  ck_assert_str_eq(text.data, "> 0123456789");
  text_free(&text);
  ck_assert(file_remove_tree(folder) == ERROR_NONE);
}
END_TEST

START_TEST(reads_at_an_offset_up_to_the_end) {
  char bytes[8] = "";
  size_t size = 0;
  enter_folder();
  make_file("f", "0123456789", 0600);
  int fd = open(at("f"), O_RDONLY | O_CLOEXEC);
  ck_assert_int_eq(file_read_at(fd, 2, bytes, 4, &size), ERROR_NONE);
  ck_assert(size == 4 && memcmp(bytes, "2345", 4) == 0);
  ck_assert_int_eq(file_read_at(fd, 7, bytes, sizeof(bytes), &size), ERROR_NONE);
  ck_assert(size == 3 && memcmp(bytes, "789", 3) == 0);
  ck_assert_int_eq(file_read_at(fd, 99, bytes, sizeof(bytes), &size), ERROR_NONE);
  ck_assert_uint_eq(size, 0);
  file_close_cleanup(&fd);
  ck_assert_int_eq(file_read_at(-1, 0, bytes, sizeof(bytes), &size), ERROR_IO);
  ck_assert_int_eq(file_remove_tree(folder), ERROR_NONE);
}
END_TEST

START_TEST(reads_only_guarded_secrets) {
  static const struct {
    mode_t mode;
    enum error error;
  } rows[] = {{0600, ERROR_NONE},   {0400, ERROR_NONE},   {0640, ERROR_DENIED}, {0604, ERROR_DENIED},
              {0620, ERROR_DENIED}, {0610, ERROR_DENIED}, {0644, ERROR_DENIED}};

  enter_folder();
  make_file("secret", "k s;", 0600);
  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    struct text text = {0};
    ck_assert_int_eq(chmod(at("secret"), rows[i].mode), 0);
    ck_assert_msg(file_read_secret(at("secret"), 100, &text) == rows[i].error, "mode %o", (unsigned)rows[i].mode);
    text_free(&text);
  }
  struct text text = {0};
  ck_assert_int_eq(mkfifo(at("fifo"), 0600), 0);
  ck_assert(file_read_secret(at("fifo"), 100, &text) == ERROR_DENIED);
  ck_assert(file_read_secret(at("none"), 100, &text) == ERROR_NOT_FOUND);
  ck_assert(file_read_secret(folder, 100, &text) == ERROR_DENIED);
  if (geteuid() == 0) {
    make_file("foreign", "k s;", 0600);
    ck_assert_int_eq(chown(at("foreign"), 65534, 65534), 0);
    ck_assert_msg(file_read_secret(at("foreign"), 100, &text) == ERROR_NONE,
                  "root rotates the keys of the service's account");
  }
  text_free(&text);
  ck_assert(file_remove_tree(folder) == ERROR_NONE);
}
END_TEST

START_TEST(replaces_files) {
  struct stat status;
  struct text text = {0};

  enter_folder();
  umask(077);
  make_file("a", "old", 0644);
  ck_assert(stat(at("a"), &status) == 0 && (status.st_mode & 07777) == 0644);
  if (geteuid() == 0) {
    ck_assert_int_eq(chown(at("a"), 65534, 65534), 0);
  }
  make_file("a", "new", 0600);
  ck_assert(stat(at("a"), &status) == 0 && (status.st_mode & 07777) == 0600);
  ck_assert_msg(status.st_uid == (geteuid() == 0 ? 65534 : geteuid()), "root keeps the replaced file's owner");
  ck_assert(file_read(at("a"), 100, &text) == ERROR_NONE);
  ck_assert_str_eq(text.data, "new");
  text_free(&text);
  ck_assert(file_replace(at("none/a"), 0600, "x", 1) == ERROR_NOT_FOUND);
  ck_assert_int_eq(mkdir(at("taken"), 0700), 0);
  make_file("taken/x", "", 0600);
  ck_assert(file_replace(at("taken"), 0600, "x", 1) != ERROR_NONE);
  ck_assert(unlink(at("a")) == 0 && unlink(at("taken/x")) == 0 && rmdir(at("taken")) == 0);
  ck_assert_msg(rmdir(folder) == 0, "no temporary file was left behind");
}
END_TEST

START_TEST(removes_trees_of_any_depth) {
  enter_folder();
  int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  for (int level = 0; level < 1000; level++) { /* beyond PATH_MAX, with names as long */
    char name[UNIQUE_NAME_SIZE];
    snprintf(name, sizeof name, "%032d", level);
    ck_assert_int_eq(mkdirat(fd, name, 0700), 0);
    int next = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(next, 0);
    close(fd);
    fd = next;
  }
  close(fd);
  ck_assert_int_eq(file_remove_tree(folder), ERROR_NONE);
  ck_assert(access(folder, F_OK) != 0 && errno == ENOENT);
}
END_TEST

START_TEST(makes_and_removes_folders) {
  struct stat status;

  enter_folder();
  ck_assert(file_make_folders(at("x/y/z"), 0700) == ERROR_NONE);
  ck_assert(file_make_folders(at("x//y/z/"), 0700) == ERROR_NONE);
  make_file("x/y/file", "", 0600);
  ck_assert(file_make_folders(at("x/y/file/z"), 0700) == ERROR_IO && errno == ENOTDIR);
  make_file("kept", "kept", 0600);
  ck_assert_int_eq(symlink(folder, at("x/y/link")), 0);
  ck_assert_int_eq(symlink("nowhere", at("x/y/z/dangling")), 0);
  ck_assert(file_remove_tree(at("x")) == ERROR_NONE);
  ck_assert(lstat(at("x"), &status) != 0 && errno == ENOENT);
  ck_assert_msg(stat(at("kept"), &status) == 0, "links are removed, not followed");
  ck_assert(file_remove_tree(at("x")) == ERROR_NONE);
  ck_assert(file_remove_tree(folder) == ERROR_NONE);
}
END_TEST

START_TEST(joins_paths) {
  static const struct {
    const char *folder, *name, *expected;
  } rows[] = {{"/a", "b", "/a/b"}, {"/a/", "b", "/a/b"}, {"/", "b", "/b"}, {"", "b", "b"}};

  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    char *path = file_join(rows[i].folder, rows[i].name);
    ck_assert_str_eq(path, rows[i].expected);
    free(path);
  }
}
END_TEST

START_TEST(maps_errno) {
  static const struct {
    int number;
    enum error error;
  } rows[] = {{ENOSPC, ERROR_NO_SPACE}, {EDQUOT, ERROR_NO_SPACE}, {ENOENT, ERROR_NOT_FOUND},
              {EEXIST, ERROR_CONFLICT}, {ENOMEM, ERROR_MEMORY},   {EACCES, ERROR_IO}};

  for (size_t i = 0; i < UNIT_ROWS(rows); i++) {
    ck_assert(file_error_from_errno(rows[i].number) == rows[i].error);
  }
}
END_TEST

START_TEST(reports_a_full_disk) {
  int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

  ck_assert(fd >= 0);
  ck_assert(file_write_all(fd, "x", 1) == ERROR_NO_SPACE);
  file_close_cleanup(&fd);
  ck_assert_int_eq(fd, -1);
}
END_TEST

UNIT_MAIN("file", reads_whole_files, reads_at_an_offset_up_to_the_end, reads_only_guarded_secrets, replaces_files,
          makes_and_removes_folders, removes_trees_of_any_depth, joins_paths, maps_errno, reports_a_full_disk)
