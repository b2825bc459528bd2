/* SPDX-License-Identifier: ISC */
/*
 * See library_path.h.
 */
#include "config.h"

#include "files/library_path.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"
#include "domain/medium.h"
#include "files/media_folder_private.h"

#define CLEANUP_FD    __attribute__((cleanup(file_close_cleanup)))
#define RESOLVE_TRIES 1000

static int open_beneath(int folder_fd, const char *path, int flags, uint64_t resolve) {
  struct open_how how = {.flags = (uint64_t)(unsigned)flags | O_CLOEXEC,
                         .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | resolve};
  long fd;
  int tries = 0;
  do {
    fd = syscall(SYS_openat2, folder_fd, path, &how, sizeof how);
  } while (fd < 0 && (errno == EINTR || errno == EAGAIN) &&
           ++tries < RESOLVE_TRIES); /* EAGAIN: something was renamed meanwhile */
  return (int)fd;
}

static enum error explain(int error_number, const char **ret_reason) {
  switch (error_number) {
  case ENOENT:
  case ENOTDIR:
    *ret_reason = "there is no such file in the library";
    return ERROR_NOT_FOUND;
  case EAGAIN:
    *ret_reason = "the library is changing just now; try again";
    return ERROR_NOT_FOUND;
  case EXDEV:
  case ELOOP:
    *ret_reason = "this path leads out of the library";
    return ERROR_DENIED;
  case EACCES:
    *ret_reason = "the service may not read this file of the library";
    return ERROR_DENIED;
  case ENAMETOOLONG:
    *ret_reason = "a segment of this path is too long";
    return ERROR_INVALID;
  default:
    return file_error_from_errno(error_number);
  }
}

static enum error open_library(const struct media_folder *folder, int *ret_fd) {
  int fd = folder->library_dir == NULL ? -1 : open(folder->library_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) {
    return ERROR_UNSUPPORTED;
  }
  *ret_fd = fd;
  return ERROR_NONE;
}

static enum error open_in_library(int library_fd, const char *path, int flags, int *ret_fd, const char **ret_reason) {
  int fd = open_beneath(library_fd, path, flags, 0);
  if (fd < 0) {
    return explain(errno, ret_reason);
  }
  *ret_fd = fd;
  return ERROR_NONE;
}

enum error library_path_open(const struct media_folder *folder, const char *path, int flags, int *ret_fd,
                             const char **ret_reason) {
  CLEANUP_FD int library_fd = -1;
  *ret_reason = "the file could not be opened";
  if (open_library(folder, &library_fd) != ERROR_NONE) {
    *ret_reason = "there is no library: the setting library_dir is empty or names no folder";
    return ERROR_UNSUPPORTED;
  }
  return open_in_library(library_fd, path, flags, ret_fd, ret_reason);
}

enum error library_path_of(int fd, char ret_path[PATH_MAX]) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, ret_path, PATH_MAX - 1);
  if (length <= 0) {
    return file_error_from_errno(errno);
  }
  ret_path[length] = '\0';
  return ret_path[0] == '/' ? ERROR_NONE : ERROR_INTERNAL;
}

enum error library_path_open_target(const struct media_folder *folder, const char *target, int flags, int *ret_fd) {
  CLEANUP_FD int library_fd = -1;
  char library[PATH_MAX];
  const char *reason;
  enum error error = open_library(folder, &library_fd);
  if (error == ERROR_NONE) {
    error = library_path_of(library_fd, library);
  }
  if (error != ERROR_NONE) {
    return error;
  }
  size_t length = strcmp(library, "/") == 0 ? 0 : strlen(library);
  if (strncmp(target, library, length) != 0 || target[length] != '/' || target[length + 1] == '\0') {
    return ERROR_DENIED;
  }
  return open_in_library(library_fd, target + length + 1, flags, ret_fd, &reason);
}

enum error library_path_open_stored(const struct media_folder *folder, int medium_fd, const char *stored_name,
                                    int *ret_fd) {
  const int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY; /* an operator may have put a FIFO into a linked folder */
  char entry[MEDIUM_STORED_NAME_SIZE];
  char target[PATH_MAX + MEDIUM_STORED_NAME_SIZE];
  int fd = open_beneath(medium_fd, stored_name, flags, RESOLVE_NO_SYMLINKS);
  if (fd >= 0) {
    *ret_fd = fd;
    return ERROR_NONE;
  }
  if (errno != ELOOP) {
    return file_error_from_errno(errno);
  }
  enum error error = media_folder_entry(stored_name, entry);
  if (error != ERROR_NONE) {
    return error;
  }
  ssize_t length = readlinkat(medium_fd, entry, target, PATH_MAX);
  if (length <= 0 || length >= PATH_MAX) { /* EINVAL: the link is further down, in a package, where there is none */
    return ERROR_DENIED;
  }
  snprintf(target + length, sizeof target - (size_t)length, "%s", stored_name + strlen(entry));
  return library_path_open_target(folder, target, flags, ret_fd);
}
