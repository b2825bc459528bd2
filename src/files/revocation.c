/* SPDX-License-Identifier: ISC */
/*
 * Revocation files. nginx looks for them with every request, so making one acts at once.
 */
#include "config.h"

#include "files/revocation.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "domain/grant.h"

#define PRESENT       ".present"
#define GRANT_DIGITS  32
#define ISSUER_DIGITS 8

static bool is_tombstone(const char *name) {
  size_t digits = strspn(name + (name[0] == 'm'), "0123456789");
  return name[0] == 'm' && digits > 0 && digits < 20 && name[1 + digits] == '\0';
}

static bool is_name(const char *name) {
  size_t length = strlen(name);
  return is_tombstone(name) ||
         ((length == GRANT_DIGITS || length == ISSUER_DIGITS) && strspn(name, "0123456789abcdef") == length);
}

static enum error open_folder(const char *data_dir, int *ret_fd) {
  char *path = file_join(data_dir, "revoked");
  if (path == NULL) {
    return ERROR_MEMORY;
  }
  enum error error = file_make_folders(path, 0750);
  if (error == ERROR_NONE) {
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
      error = file_error_from_errno(errno);
    } else {
      *ret_fd = fd;
    }
  }
  free(path);
  return error;
}

static int64_t expiry_of(const struct stat *status) {
  return status->st_mtim.tv_sec + GRANT_REVOKED_SECONDS;
}

/* One that is there already keeps the later end. */
static enum error make_file(int folder_fd, const char *name, int64_t expires_at) {
  struct stat status;
  struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = expires_at - GRANT_REVOKED_SECONDS}};
  bool is_new = fstatat(folder_fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0;
  __attribute__((cleanup(file_close_cleanup))) int fd =
      openat(folder_fd, name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0640);
  if (fd < 0) {
    return file_error_from_errno(errno);
  }
  bool is_later = is_new || expiry_of(&status) < expires_at;
  return (!is_later || futimens(fd, times) == 0) && fsync(fd) == 0 ? ERROR_NONE : file_error_from_errno(errno);
}

enum error revocation_write(const char *data_dir, const struct revocation *revocation) {
  __attribute__((cleanup(file_close_cleanup))) int folder_fd = -1;
  if (!is_name(revocation->name)) {
    return ERROR_INVALID;
  }
  enum error error = open_folder(data_dir, &folder_fd);
  if (error == ERROR_NONE) {
    error = make_file(folder_fd, revocation->name, revocation->expires_at);
  }
  if (error == ERROR_NONE && fsync(folder_fd) != 0) {
    error = file_error_from_errno(errno);
  }
  return error;
}

enum error revocation_write_tag(const char *data_dir, uint32_t issuer_tag, int64_t expires_at) {
  char name[9];
  snprintf(name, sizeof name, "%08" PRIx32, issuer_tag);
  const struct revocation revocation = {.name = name, .expires_at = expires_at};
  return revocation_write(data_dir, &revocation);
}

enum error revocation_write_tombstone(const char *data_dir, int64_t media_id, int64_t expires_at) {
  char name[24];
  snprintf(name, sizeof name, "m%" PRId64, media_id);
  const struct revocation revocation = {.name = name, .expires_at = expires_at};
  return revocation_write(data_dir, &revocation);
}

static int compare_names(const void *a, const void *b) {
  const struct revocation *left = a;
  const struct revocation *right = b;
  return strcmp(left->name, right->name);
}

struct rebuild {
  int folder_fd;
  const struct revocation *sorted;
  size_t count;
  void (*without_row)(void *context, const struct revocation *revocation);
  void *context;
};

static enum error look_at_file(const struct rebuild *rebuild, const char *name) {
  struct stat status;
  const struct revocation key = {.name = name};
  if (!is_name(name) ||
      (rebuild->count > 0 &&
       bsearch(&key, rebuild->sorted, rebuild->count, sizeof *rebuild->sorted, compare_names) != NULL) ||
      fstatat(rebuild->folder_fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return ERROR_NONE;
  }
  /* A medium that the database has again, after a restore, plays again. */
  if (clock_now_seconds() < expiry_of(&status) && !is_tombstone(name)) {
    const struct revocation lost = {.name = name, .expires_at = expiry_of(&status)};
    rebuild->without_row(rebuild->context, &lost);
    return ERROR_NONE;
  }
  return unlinkat(rebuild->folder_fd, name, 0) == 0 || errno == ENOENT ? ERROR_NONE : file_error_from_errno(errno);
}

static enum error look_at_files(const struct rebuild *rebuild) {
  DIR *entries = NULL;
  enum error error = file_open_entries(rebuild->folder_fd, &entries);
  if (error != ERROR_NONE) {
    return error;
  }
  struct dirent *entry;
  while ((entry = readdir(entries)) != NULL) {
    enum error failure = look_at_file(rebuild, entry->d_name);
    error = error == ERROR_NONE ? failure : error;
  }
  closedir(entries);
  return error;
}

static enum error make_missing(int folder_fd, const struct revocation *rows, size_t count) {
  for (size_t i = 0; i < count; i++) {
    struct stat status;
    if (!is_name(rows[i].name)) {
      return ERROR_INVALID;
    }
    if (fstatat(folder_fd, rows[i].name, &status, AT_SYMLINK_NOFOLLOW) == 0) {
      continue;
    }
    enum error error = make_file(folder_fd, rows[i].name, rows[i].expires_at);
    if (error != ERROR_NONE) {
      return error;
    }
  }
  return fsync(folder_fd) == 0 ? ERROR_NONE : file_error_from_errno(errno);
}

/* Last of all: from then on nginx believes that what is not here was not revoked. */
static enum error make_present(int folder_fd) {
  struct stat status;
  if (fstatat(folder_fd, PRESENT, &status, AT_SYMLINK_NOFOLLOW) == 0) {
    return ERROR_NONE;
  }
  enum error error = make_file(folder_fd, PRESENT, clock_now_seconds() + GRANT_REVOKED_SECONDS);
  return error == ERROR_NONE && fsync(folder_fd) != 0 ? file_error_from_errno(errno) : error;
}

enum error revocation_rebuild(const char *data_dir, const struct revocation *rows, size_t count,
                              void (*without_row)(void *context, const struct revocation *revocation), void *context) {
  __attribute__((cleanup(file_close_cleanup))) int folder_fd = -1;
  enum error error = open_folder(data_dir, &folder_fd);
  if (error != ERROR_NONE) {
    return error;
  }
  error = make_missing(folder_fd, rows, count);
  if (error != ERROR_NONE) {
    return error;
  }
  struct revocation *sorted = malloc((count + 1) * sizeof *sorted);
  if (sorted == NULL) {
    return ERROR_MEMORY;
  }
  for (size_t i = 0; i < count; i++) {
    sorted[i] = rows[i];
  }
  qsort(sorted, count, sizeof *sorted, compare_names);
  const struct rebuild rebuild = {folder_fd, sorted, count, without_row, context};
  error = look_at_files(&rebuild);
  free(sorted);
  return error == ERROR_NONE ? make_present(folder_fd) : error;
}

enum error revocation_check(const char *data_dir) {
  char *path = file_join(data_dir, "revoked/" PRESENT);
  if (path == NULL) {
    return ERROR_MEMORY;
  }
  enum error error = access(path, F_OK) == 0 ? ERROR_NONE : file_error_from_errno(errno);
  free(path);
  return error;
}
