/* SPDX-License-Identifier: ISC */
/*
 * See library_guard.h.
 */
#include "config.h"

#include "files/library_guard.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/file.h"
#include "domain/medium.h"
#include "files/library_path.h"
#include "files/media_folder_private.h"

#define CLEANUP_FD __attribute__((cleanup(file_close_cleanup)))
#ifndef ST_NOSYMFOLLOW
#define ST_NOSYMFOLLOW 0x2000 /* linux/statfs.h */
#endif

/* ERROR_NOT_FOUND: no such entry. ERROR_INVALID: it is no link. */
static enum error read_link(int folder_fd, const char *name, char ret_target[PATH_MAX]) {
  ssize_t length = readlinkat(folder_fd, name, ret_target, PATH_MAX);
  if (length < 0 && errno == EINVAL) {
    return ERROR_INVALID;
  }
  if (length <= 0 || length >= PATH_MAX) {
    return length < 0 ? file_error_from_errno(errno) : ERROR_INTERNAL;
  }
  ret_target[length] = '\0';
  return ERROR_NONE;
}

enum error library_guard_note(struct media_folder *folder, int64_t media_id, const char *entry, const char *target) {
  char name[MEDIA_FOLDER_NOTE_SIZE];
  enum error error = media_folder_format_note(media_id, entry, name);
  if (error == ERROR_NONE && symlinkat(target, folder->links_fd, name) != 0 && errno != EEXIST) {
    error = file_error_from_errno(errno);
  }
  if (error == ERROR_NONE && fsync(folder->links_fd) != 0) {
    error = file_error_from_errno(errno);
  }
  return error;
}

enum error library_guard_forget(struct media_folder *folder, int64_t media_id, const char *entry) {
  char name[MEDIA_FOLDER_NOTE_SIZE];
  enum error error = media_folder_format_note(media_id, entry, name);
  if (error == ERROR_NONE && unlinkat(folder->links_fd, name, 0) != 0 && errno != ENOENT) {
    error = file_error_from_errno(errno);
  }
  return error;
}

enum error library_guard_adopt(struct media_folder *folder, int64_t media_id, int medium_fd, const char *entry) {
  char target[PATH_MAX];
  enum error error = read_link(medium_fd, entry, target);
  if (error == ERROR_INVALID || error == ERROR_NOT_FOUND) {
    return ERROR_NONE;
  }
  return error == ERROR_NONE ? library_guard_note(folder, media_id, entry, target) : error;
}

static enum error check_target(struct media_folder *folder, const char *target) {
  CLEANUP_FD int fd = -1;
  return library_path_open_target(folder, target, O_PATH, &fd);
}

enum error library_guard_check(struct media_folder *folder, int64_t media_id, const char *stored_name) {
  char entry[MEDIUM_STORED_NAME_SIZE];
  char name[MEDIA_FOLDER_NOTE_SIZE];
  char path[MEDIA_FOLDER_NOTE_SIZE];
  char target[PATH_MAX];
  enum error error = media_folder_entry(stored_name, entry);
  if (error == ERROR_NONE) {
    error = media_folder_format_note(media_id, entry, name);
  }
  if (error != ERROR_NONE) {
    return error;
  }
  snprintf(path, sizeof path, "%" PRId64 "/%s", media_id, entry);
  error = read_link(folder->media_fd, path, target);
  if (error == ERROR_NOT_FOUND) {
    error = read_link(folder->links_fd, name, target); /* cut: its copy says whether it still would lead out */
  }
  if (error == ERROR_INVALID) {
    return ERROR_NONE;
  }
  return error == ERROR_NONE ? check_target(folder, target) : error;
}

/* Who removes a link removes its copy first. So when the copy is gone after the link was made, the link goes again. */
static enum error restore(struct media_folder *folder, int medium_fd, const char *name, const char *entry,
                          const char *target, enum library_guard_deed *ret_deed) {
  struct stat status;
  if (symlinkat(target, medium_fd, entry) != 0) {
    return errno == EEXIST ? ERROR_NONE : file_error_from_errno(errno);
  }
  if (fstatat(folder->links_fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return unlinkat(medium_fd, entry, 0) == 0 || errno == ENOENT ? ERROR_NONE : file_error_from_errno(errno);
  }
  *ret_deed = LIBRARY_GUARD_RESTORED;
  return ERROR_NONE;
}

static enum error cut(int medium_fd, const char *entry, enum library_guard_deed *ret_deed) {
  if (unlinkat(medium_fd, entry, 0) != 0) {
    return errno == ENOENT ? ERROR_NONE : file_error_from_errno(errno);
  }
  *ret_deed = LIBRARY_GUARD_CUT;
  return ERROR_NONE;
}

static enum error drop(struct media_folder *folder, const char *name) {
  return unlinkat(folder->links_fd, name, 0) == 0 || errno == ENOENT ? ERROR_NONE : file_error_from_errno(errno);
}

enum error library_guard_tend(struct media_folder *folder, const char *name, int64_t *ret_media_id,
                              enum library_guard_deed *ret_deed) {
  CLEANUP_FD int medium_fd = -1;
  char entry[MEDIUM_STORED_NAME_SIZE];
  char target[PATH_MAX];
  *ret_media_id = 0;
  *ret_deed = LIBRARY_GUARD_NOTHING;
  enum error error = read_link(folder->links_fd, name, target);
  if (error == ERROR_NOT_FOUND) {
    return ERROR_NONE; /* removed in this moment */
  }
  if (error == ERROR_INVALID || media_folder_parse_note(name, ret_media_id, entry) != ERROR_NONE || entry[0] == '\0') {
    return drop(folder, name);
  }
  if (error == ERROR_NONE) {
    error = media_folder_open_medium(folder, *ret_media_id, &medium_fd);
  }
  if (error != ERROR_NONE) {
    return error == ERROR_NOT_FOUND ? drop(folder, name) : error; /* the medium was deleted */
  }
  switch (check_target(folder, target)) {
  case ERROR_NONE:
    return restore(folder, medium_fd, name, entry, target, ret_deed);
  case ERROR_DENIED:
    return cut(medium_fd, entry, ret_deed);
  default:
    return ERROR_NONE;
  }
}

bool library_guard_is_mounted_safely(const char *library_dir) {
  struct statfs status;
  return statfs(library_dir, &status) == 0 && ((unsigned long)status.f_flags & ST_NOSYMFOLLOW) != 0;
}
