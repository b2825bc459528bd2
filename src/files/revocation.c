/* SPDX-License-Identifier: ISC */
/*
 * Revocation files. nginx looks for them with every request, so making one acts at once.
 */
#include "config.h"

#include "files/revocation.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"

#define PRESENT          ".present"
#define GRANT_DIGITS     32
#define ISSUER_DIGITS    8
#define KEEP_NEW_SECONDS 60 /* a file without a row this young may belong to a row that commits in this moment */

static bool is_name(const char *name) {
  size_t length = strlen(name);
  return (length == GRANT_DIGITS || length == ISSUER_DIGITS) && strspn(name, "0123456789abcdef") == length;
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

/* One that is there already is renewed: its row may be new. */
static enum error make_file(int folder_fd, const char *name) {
  __attribute__((cleanup(file_close_cleanup))) int fd =
      openat(folder_fd, name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0640);
  if (fd < 0 || futimens(fd, NULL) != 0 || fsync(fd) != 0) {
    return file_error_from_errno(errno);
  }
  return ERROR_NONE;
}

enum error revocation_write(const char *data_dir, const char *name) {
  __attribute__((cleanup(file_close_cleanup))) int folder_fd = -1;
  if (!is_name(name)) {
    return ERROR_INVALID;
  }
  enum error error = open_folder(data_dir, &folder_fd);
  if (error == ERROR_NONE) {
    error = make_file(folder_fd, name);
  }
  if (error == ERROR_NONE && fsync(folder_fd) != 0) {
    error = file_error_from_errno(errno);
  }
  return error;
}

static int compare_names(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Files that have no row are removed once they are older than what is being written right now. */
static enum error remove_others(int folder_fd, const char *const *sorted, size_t count) {
  DIR *entries = NULL;
  enum error error = file_open_entries(folder_fd, &entries);
  if (error != ERROR_NONE) {
    return error;
  }
  struct dirent *entry;
  while ((entry = readdir(entries)) != NULL) {
    const char *name = entry->d_name;
    struct stat status;
    if (!is_name(name) || bsearch(&name, sorted, count, sizeof *sorted, compare_names) != NULL ||
        fstatat(folder_fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
        clock_now_seconds() - status.st_mtim.tv_sec < KEEP_NEW_SECONDS) {
      continue;
    }
    if (unlinkat(folder_fd, name, 0) != 0 && errno != ENOENT) {
      error = file_error_from_errno(errno);
    }
  }
  closedir(entries);
  return error;
}

static enum error make_missing(int folder_fd, const char *const *names, size_t count) {
  for (size_t i = 0; i < count; i++) {
    struct stat status;
    if (!is_name(names[i])) {
      return ERROR_INVALID;
    }
    if (fstatat(folder_fd, names[i], &status, AT_SYMLINK_NOFOLLOW) == 0) {
      continue;
    }
    enum error error = make_file(folder_fd, names[i]);
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
  enum error error = make_file(folder_fd, PRESENT);
  return error == ERROR_NONE && fsync(folder_fd) != 0 ? file_error_from_errno(errno) : error;
}

enum error revocation_rebuild(const char *data_dir, const char *const *names, size_t count) {
  __attribute__((cleanup(file_close_cleanup))) int folder_fd = -1;
  enum error error = open_folder(data_dir, &folder_fd);
  if (error != ERROR_NONE) {
    return error;
  }
  error = make_missing(folder_fd, names, count);
  if (error != ERROR_NONE) {
    return error;
  }
  const char **sorted = malloc((count + 1) * sizeof *sorted);
  if (sorted == NULL) {
    return ERROR_MEMORY;
  }
  for (size_t i = 0; i < count; i++) {
    sorted[i] = names[i];
  }
  qsort(sorted, count, sizeof *sorted, compare_names);
  error = remove_others(folder_fd, sorted, count);
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
