/* SPDX-License-Identifier: ISC */
/*
 * See stored_file.h.
 */
#include "config.h"

#include "files/stored_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "domain/medium.h"
#include "files/library_guard.h"
#include "files/library_path.h"
#include "files/media_folder_private.h"
#include "files/media_objects_private.h"

static bool is_clean_stored_name(const char *name) {
  return name[0] != '\0' && name[0] != '/' && strstr(name, "//") == NULL && strncmp(name, "../", 3) != 0 &&
         strstr(name, "/../") == NULL && strlen(name) < MEDIUM_STORED_NAME_SIZE;
}

static enum error open_here(struct media_folder *folder, int64_t media_id, const char *stored_name, int *ret_fd) {
  __attribute__((cleanup(file_close_cleanup))) int medium_fd = -1;
  struct stat status;
  enum error error = media_folder_open_medium(folder, media_id, &medium_fd);
  if (error != ERROR_NONE) {
    return error;
  }
  __attribute__((cleanup(file_close_cleanup))) int fd = -1;
  error = library_path_open_stored(folder, medium_fd, stored_name, &fd);
  if (error == ERROR_NONE && fstat(fd, &status) != 0) {
    error = file_error_from_errno(errno);
  }
  if (error != ERROR_NONE) {
    return error;
  }
  if (!S_ISREG(status.st_mode)) {
    return ERROR_INVALID;
  }
  *ret_fd = fd;
  fd = -1;
  return ERROR_NONE;
}

enum error stored_file_open(struct media_folder *folder, int64_t media_id, const char *stored_name, int *ret_fd) {
  if (!is_clean_stored_name(stored_name)) {
    return ERROR_INVALID;
  }
  enum error error = open_here(folder, media_id, stored_name, ret_fd);
  return error == ERROR_NOT_FOUND && folder->store != NULL ? media_objects_get(folder, media_id, stored_name, ret_fd)
                                                           : error;
}

/* The kernel knows the name of what is open. A name that is not a copy's is not in spool/. */
void stored_file_close(struct media_folder *folder, int *fd) {
  char link[32], path[PATH_MAX];
  if (*fd >= 0 && folder->store != NULL) {
    snprintf(link, sizeof link, "/proc/self/fd/%d", *fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length > 0 ? length : 0] = '\0';
    const char *name = strrchr(path, '/');
    if (name != NULL && strlen(name + 1) == UNIQUE_NAME_SIZE - 1) {
      (void)unlinkat(folder->spool_fd, name + 1, 0); /* else the sweep does it */
    }
  }
  file_close_cleanup(fd);
}

enum error stored_file_remove(struct media_folder *folder, int64_t media_id, const char *stored_name) {
  __attribute__((cleanup(file_close_cleanup))) int medium_fd = -1;
  char entry[MEDIUM_STORED_NAME_SIZE];
  if (media_folder_entry(stored_name, entry) != ERROR_NONE) {
    return ERROR_INVALID;
  }
  enum error error = folder->store == NULL ? ERROR_NONE : media_objects_remove(folder, media_id, entry);
  if (error == ERROR_NONE) {
    error = library_guard_forget(folder, media_id, entry);
  }
  if (error == ERROR_NONE) {
    error = media_folder_open_medium(folder, media_id, &medium_fd);
  }
  if (error == ERROR_NONE && unlinkat(medium_fd, entry, 0) != 0) {
    error =
        errno == EISDIR ? media_folder_trash_entry(folder, media_id, medium_fd, entry) : file_error_from_errno(errno);
  }
  if (error != ERROR_NONE && error != ERROR_NOT_FOUND) {
    return error;
  }
  return media_folder_remove_note(folder, media_id, entry);
}
