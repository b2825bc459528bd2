/* SPDX-License-Identifier: ISC */
/*
 * See library_fixture.h.
 */
#include "config.h"

#include "domain/digest.h"
#include "domain/medium.h"
#include "library_fixture.h"

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "files/spool_file.h"

static void join(const struct library_fixture *fixture, const char *path, char ret_path[512]) {
  snprintf(ret_path, 512, "%s/%s", fixture->root, path);
}

void library_fixture_set_up(struct library_fixture *fixture) {
  snprintf(fixture->root, sizeof fixture->root, "/tmp/mediagate-unit-XXXXXX");
  ck_assert_ptr_nonnull(mkdtemp(fixture->root));
  snprintf(fixture->library, sizeof fixture->library, "%s/library", fixture->root);
  snprintf(fixture->data, sizeof fixture->data, "%s/data", fixture->root);
  ck_assert_int_eq(mkdir(fixture->library, 0755), 0);
  ck_assert_int_eq(media_folder_open(fixture->data, fixture->library, &fixture->folder), ERROR_NONE);
}

void library_fixture_tear_down(struct library_fixture *fixture) {
  media_folder_close(fixture->folder);
  ck_assert_int_eq(file_remove_tree(fixture->root), ERROR_NONE);
}

void library_fixture_write(const struct library_fixture *fixture, const char *path, const char *content) {
  char full[512];
  join(fixture, path, full);
  char *slash = strrchr(full, '/');
  *slash = '\0';
  ck_assert_int_eq(file_make_folders(full, 0755), ERROR_NONE);
  *slash = '/';
  ck_assert_int_eq(file_replace(full, 0644, content, strlen(content)), ERROR_NONE);
}

void library_fixture_link(const struct library_fixture *fixture, const char *target, const char *path) {
  char full[512];
  join(fixture, path, full);
  ck_assert_int_eq(symlink(target, full), 0);
}

void library_fixture_age(const struct library_fixture *fixture, const char *path, int64_t seconds) {
  char full[512];
  join(fixture, path, full);
  struct timespec old = {.tv_sec = time(NULL) - seconds};
  struct timespec times[2] = {old, old};
  ck_assert_int_eq(utimensat(AT_FDCWD, full, times, AT_SYMLINK_NOFOLLOW), 0);
}

bool library_fixture_exists(const struct library_fixture *fixture, const char *path) {
  char full[512];
  struct stat status;
  join(fixture, path, full);
  return lstat(full, &status) == 0;
}

int library_fixture_count(const struct library_fixture *fixture, const char *path) {
  char full[512];
  join(fixture, path, full);
  DIR *entries = opendir(full);
  if (entries == NULL) {
    return -1;
  }
  int count = 0;
  const struct dirent *entry;
  while ((entry = readdir(entries)) != NULL) {
    count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
  }
  closedir(entries);
  return count;
}

void library_fixture_place(const struct library_fixture *fixture, int64_t media_id, const char *content,
                           char ret_stored_name[MEDIUM_STORED_NAME_SIZE]) {
  struct spool_file *file = NULL;
  char sha256[DIGEST_HEX_SIZE];
  int64_t size = 0;
  ck_assert_int_eq(spool_file_create(fixture->folder, &file), ERROR_NONE);
  ck_assert_int_eq(spool_file_write(file, content, strlen(content)), ERROR_NONE);
  ck_assert_int_eq(spool_file_finish(file, sha256, &size), ERROR_NONE);
  ck_assert_int_eq(spool_file_place(file, media_id, "mp4", ret_stored_name), ERROR_NONE);
  spool_file_discard(file);
}
