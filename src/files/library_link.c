/* SPDX-License-Identifier: ISC */
/*
 * Links into the operator's library. See library_link.h.
 */
#include "config.h"

#include "files/library_link.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "base/text_parse.h"
#include "domain/digest.h"
#include "domain/medium.h"
#include "files/library_guard.h"
#include "files/library_path.h"
#include "files/media_folder_private.h"

#define CLEANUP_FD       __attribute__((cleanup(file_close_cleanup)))
#define EXTENSION_MAX    8
#define NAME_MAX_SERVED  128
#define FOLDER_DEPTH_MAX 6     /* below the linked folder; nginx takes seven folders and a file */
#define FOLDER_FILES_MAX 50000 /* a day of two-second segments */

static enum error PRINTF_LIKE(3, 4)
    refuse(enum error error, char ret_reason[LIBRARY_LINK_REASON_SIZE], const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(ret_reason, LIBRARY_LINK_REASON_SIZE, format, arguments);
  va_end(arguments);
  return error;
}

static const char *extension_of(const char *path) {
  const char *slash = strrchr(path, '/');
  const char *name = slash != NULL ? slash + 1 : path;
  const char *dot = strrchr(name, '.');
  return dot != NULL && dot != name ? dot + 1 : "";
}

/* .m3u8 or .mpd, in any case. */
static bool is_playlist(const char *path) {
  const char *extension = extension_of(path);
  return strcasecmp(extension, "m3u8") == 0 || strcasecmp(extension, "mpd") == 0;
}

bool library_link_is_servable_name(const char *name) {
  size_t length = strlen(name);
  if (length == 0 || length > NAME_MAX_SERVED || (!isalnum((unsigned char)name[0]) && name[0] != '_')) {
    return false;
  }
  for (size_t i = 0; i < length; i++) {
    if (!isalnum((unsigned char)name[i]) && strchr("._~+=,@-", name[i]) == NULL) {
      return false;
    }
  }
  return true;
}

enum error library_link_check_path(const char *path, char ret_reason[LIBRARY_LINK_REASON_SIZE]) {
  size_t length = strlen(path);
  if (length == 0 || length > LIBRARY_LINK_PATH_MAX) {
    return refuse(ERROR_INVALID, ret_reason, "a library path has 1 to %d bytes", LIBRARY_LINK_PATH_MAX);
  }
  if (!text_is_utf8(path, length) || text_has_control(path, length)) {
    return refuse(ERROR_INVALID, ret_reason, "a library path is UTF-8 without control characters");
  }
  for (const char *segment = path;;) {
    size_t size = strcspn(segment, "/");
    if (size == 0) {
      return refuse(ERROR_INVALID, ret_reason,
                    "a library path is relative, without empty segments or a slash at its end");
    }
    if ((size == 1 && segment[0] == '.') || (size == 2 && segment[0] == '.' && segment[1] == '.')) {
      return refuse(ERROR_INVALID, ret_reason, "a library path has no \".\" or \"..\" segments");
    }
    if (segment[size] == '\0') {
      return ERROR_NONE;
    }
    segment += size + 1;
  }
}

/* Resolves below the library without any way out; the result is for fstat and for its path. */
static enum error resolve_link(const struct media_folder *folder, const char *path, int *ret_fd,
                               char ret_reason[LIBRARY_LINK_REASON_SIZE]) {
  const char *reason;
  enum error error = library_path_open(folder, path, O_PATH, ret_fd, &reason);
  return error == ERROR_NONE ? error : refuse(error, ret_reason, "%s", reason);
}

static bool is_played(const char *name) {
  static const char *const extensions[] = {"m3u8", "mpd",  "m4s", "ts",  "mp4",  "m4a", "m4v",
                                           "cmfv", "cmfa", "aac", "mp3", "webm", "vtt"};
  for (size_t i = 0; i < sizeof extensions / sizeof extensions[0]; i++) {
    if (strcasecmp(extension_of(name), extensions[i]) == 0) {
      return true;
    }
  }
  return false;
}

static enum error check_folder(int fd, int depth, int *count, char ret_reason[LIBRARY_LINK_REASON_SIZE]);

static enum error check_entry(int folder_fd, const char *name, int depth, int *count,
                              char ret_reason[LIBRARY_LINK_REASON_SIZE]) {
  struct stat status;
  if (++*count > FOLDER_FILES_MAX) {
    return refuse(ERROR_INVALID, ret_reason, "the playlist's folder has more than %d files", FOLDER_FILES_MAX);
  }
  if (fstatat(folder_fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return errno == ENOENT ? ERROR_NONE : file_error_from_errno(errno);
  }
  if (S_ISLNK(status.st_mode) && library_link_is_servable_name(name)) {
    return refuse(ERROR_DENIED, ret_reason,
                  "the playlist's folder holds a link (%.80s); links could lead out of the library", name);
  }
  if (S_ISREG(status.st_mode) && is_played(name) && !library_link_is_servable_name(name)) {
    return refuse(ERROR_INVALID, ret_reason,
                  "the playlist's folder has a file that cannot be streamed: %.80s (use letters, "
                  "digits and ._~+=,@-)",
                  name);
  }
  if (!S_ISDIR(status.st_mode) || !library_link_is_servable_name(name)) {
    return ERROR_NONE; /* never served under this name */
  }
  if (depth == FOLDER_DEPTH_MAX) {
    return refuse(ERROR_INVALID, ret_reason, "the playlist's folder is more than %d folders deep", FOLDER_DEPTH_MAX);
  }
  int fd = openat(folder_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  return fd >= 0 ? check_folder(fd, depth + 1, count, ret_reason) : file_error_from_errno(errno);
}

/* What nginx could serve below a linked folder: only files, with names that it takes. Closes fd. */
static enum error check_folder(int fd, int depth, int *count, char ret_reason[LIBRARY_LINK_REASON_SIZE]) {
  DIR *entries = fdopendir(fd);
  if (entries == NULL) {
    close(fd);
    return file_error_from_errno(errno);
  }
  enum error error = ERROR_NONE;
  struct dirent *entry;
  while (error == ERROR_NONE && (entry = readdir(entries)) != NULL) {
    if (media_folder_is_entry(entry->d_name)) {
      error = check_entry(dirfd(entries), entry->d_name, depth, count, ret_reason);
    }
  }
  closedir(entries);
  return error;
}

/* Opens the playlist's folder, after a look at everything in it. */
static enum error resolve_folder(const struct media_folder *folder, const char *path, int *ret_fd,
                                 char ret_reason[LIBRARY_LINK_REASON_SIZE]) {
  char parent[LIBRARY_LINK_PATH_MAX + 1];
  const char *slash = strrchr(path, '/');
  if (slash == NULL) {
    return refuse(ERROR_INVALID, ret_reason,
                  "put the playlist and its segments into a folder of their own: a grant plays the "
                  "whole folder");
  }
  if (!library_link_is_servable_name(slash + 1)) {
    return refuse(ERROR_INVALID, ret_reason, "a playlist's name has letters, digits and ._~+=,@- only");
  }
  memcpy(parent, path, (size_t)(slash - path));
  parent[slash - path] = '\0';
  CLEANUP_FD int fd = -1;
  enum error error = resolve_link(folder, parent, &fd, ret_reason);
  if (error != ERROR_NONE) {
    return error;
  }
  int count = 0;
  int listed = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  error = listed >= 0 ? check_folder(listed, 0, &count, ret_reason)
                      : refuse(ERROR_DENIED, ret_reason, "the service may not read the playlist's folder");
  if (error == ERROR_NONE) {
    *ret_fd = fd;
    fd = -1;
  }
  return error;
}

/* The extension to keep: ".mp4" in lower case, "" when it is not a plain one. */
static void format_extension(const char *path, char ret_extension[EXTENSION_MAX + 2]) {
  const char *extension = extension_of(path);
  size_t length = strlen(extension);
  ret_extension[0] = '\0';
  if (length == 0 || length > EXTENSION_MAX ||
      strspn(extension, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != length) {
    return;
  }
  snprintf(ret_extension, EXTENSION_MAX + 2, ".%s", extension);
  text_lower(ret_extension);
}

static enum error make_link(struct media_folder *folder, int64_t media_id, const char *target, const char *entry) {
  CLEANUP_FD int medium_fd = -1;
  enum error error = media_folder_prepare_entry(folder, media_id, entry, &medium_fd);
  if (error == ERROR_NONE) {
    error = library_guard_note(folder, media_id, entry, target);
  }
  if (error != ERROR_NONE) {
    return error;
  }
  if (symlinkat(target, medium_fd, entry) != 0 || fsync(medium_fd) != 0) {
    return file_error_from_errno(errno);
  }
  return ERROR_NONE;
}

/* Opens the file itself and checks that it is one that can be read. */
static enum error resolve_file(const struct media_folder *folder, const char *path, int *ret_fd, int64_t *ret_size,
                               char ret_reason[LIBRARY_LINK_REASON_SIZE]) {
  CLEANUP_FD int fd = -1;
  struct stat status;
  enum error error = resolve_link(folder, path, &fd, ret_reason);
  if (error != ERROR_NONE) {
    return error;
  }
  if (fstat(fd, &status) != 0) {
    return file_error_from_errno(errno);
  }
  if (!S_ISREG(status.st_mode)) {
    return refuse(ERROR_INVALID, ret_reason, "this path of the library is not a file");
  }
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  if (faccessat(AT_FDCWD, link, R_OK, AT_EACCESS) != 0) {
    return refuse(ERROR_DENIED, ret_reason, "the service may not read this file of the library");
  }
  *ret_size = status.st_size;
  *ret_fd = fd;
  fd = -1;
  return ERROR_NONE;
}

enum error library_link_create(struct media_folder *folder, int64_t media_id, const char *path,
                               char ret_stored_name[MEDIUM_STORED_NAME_SIZE], int64_t *ret_size,
                               char ret_reason[LIBRARY_LINK_REASON_SIZE]) {
  snprintf(ret_reason, LIBRARY_LINK_REASON_SIZE, "the file could not be linked");
  enum error error = library_link_check_path(path, ret_reason);
  CLEANUP_FD int file_fd = -1;
  CLEANUP_FD int folder_fd = -1;
  int64_t size = 0;
  if (error == ERROR_NONE) {
    error = resolve_file(folder, path, &file_fd, &size, ret_reason);
  }
  bool playlist = is_playlist(path);
  if (error == ERROR_NONE && playlist) {
    error = resolve_folder(folder, path, &folder_fd, ret_reason);
  }
  char target[PATH_MAX];
  char unique[UNIQUE_NAME_SIZE];
  char extension[EXTENSION_MAX + 2] = "";
  char entry[MEDIUM_STORED_NAME_SIZE];
  char stored_name[MEDIUM_STORED_NAME_SIZE];
  media_folder_unique_name(unique);
  if (!playlist) {
    format_extension(path, extension);
  }
  snprintf(entry, sizeof entry, "%s%s", unique, extension);
  int length = playlist ? snprintf(stored_name, sizeof stored_name, "%s/%s", unique,
                                   strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : "")
                        : snprintf(stored_name, sizeof stored_name, "%s", entry);
  if (error == ERROR_NONE && length >= (int)sizeof stored_name) {
    error = refuse(ERROR_INVALID, ret_reason, "the playlist's name is too long");
  }
  if (error == ERROR_NONE) {
    error = library_path_of(playlist ? folder_fd : file_fd, target);
  }
  if (error == ERROR_NONE) {
    error = make_link(folder, media_id, target, entry);
  }
  if (error == ERROR_NONE) {
    memcpy(ret_stored_name, stored_name, (size_t)length + 1);
    *ret_size = size;
  }
  return error;
}
