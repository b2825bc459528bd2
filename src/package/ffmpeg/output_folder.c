/* SPDX-License-Identifier: ISC */
/*
 * See output_folder.h.
 */
#include "config.h"

#include "package/ffmpeg/output_folder.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "files/package_folder.h"

#define PROGRESS_TAIL 1024

/* "seg-0-00001.m4s", "init-0.m4s", "media_0.m3u8" and those that have names of their own. */
static bool is_ours(const char *name) {
  static const char *const names[] = {PACKAGE_HLS,           PACKAGE_DASH,         PACKAGE_POSTER,
                                      PACKAGE_POSTER_MEDIUM, PACKAGE_POSTER_SMALL, PACKAGE_CHAPTERS,
                                      PACKAGE_STORYBOARD,    STORYBOARD_PLAYLIST,  OUTPUT_FOLDER_PROGRESS};
  static const struct {
    const char *begin, *end;
  } numbered[] = {{"seg-", ".m4s"},      {"init-", ".m4s"},      {"media_", ".m3u8"},
                  {"subtitle-", ".vtt"}, {"subtitle-", ".m3u8"}, {"storyboard-", ".jpg"}};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (strcmp(name, names[i]) == 0) {
      return true;
    }
  }
  for (size_t i = 0; i < sizeof numbered / sizeof numbered[0]; i++) {
    size_t begin = strlen(numbered[i].begin);
    if (strncmp(name, numbered[i].begin, begin) == 0 && isdigit((unsigned char)name[begin])) {
      const char *end = name + begin + strspn(name + begin, "0123456789-");
      if (strcmp(end, numbered[i].end) == 0) {
        return true;
      }
    }
  }
  return false;
}

static void note_entry(int folder_fd, const char *name, struct output_folder *content) {
  struct stat status;
  bool dots = strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
  if (dots || fstatat(folder_fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return;
  }
  if (!S_ISREG(status.st_mode) || !is_ours(name)) {
    content->strange = true;
    content->foreign = content->foreign || !S_ISREG(status.st_mode);
    content->size_bytes += status.st_size;
    return;
  }
  content->size_bytes += status.st_size;
  content->empty = content->empty || (status.st_size == 0 && strcmp(name, OUTPUT_FOLDER_PROGRESS) != 0);
  content->segments += strncmp(name, "seg-0-", 6) == 0;
  content->has_poster = content->has_poster || strcmp(name, PACKAGE_POSTER) == 0;
}

enum error output_folder_look(int folder_fd, struct output_folder *ret_content) {
  DIR *entries = NULL;
  enum error error = file_open_entries(folder_fd, &entries);
  if (error != ERROR_NONE) {
    return error;
  }
  struct output_folder content = {0};
  struct dirent *entry;
  while ((entry = readdir(entries)) != NULL) {
    note_entry(dirfd(entries), entry->d_name, &content);
  }
  closedir(entries);
  *ret_content = content;
  return ERROR_NONE;
}

enum error output_folder_clear(int folder_fd) {
  DIR *entries = NULL;
  enum error error = file_open_entries(folder_fd, &entries);
  if (error != ERROR_NONE) {
    return error;
  }
  struct dirent *entry;
  while (error == ERROR_NONE && (entry = readdir(entries)) != NULL) {
    bool dots = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    if (!dots && unlinkat(dirfd(entries), entry->d_name, 0) != 0) {
      error = file_error_from_errno(errno);
    }
  }
  closedir(entries);
  return error;
}

/* The last "out_time_us=N" of what it wrote so far. */
double output_folder_seconds_done(int folder_fd) {
  char tail[PROGRESS_TAIL + 1];
  size_t size = 0;
  struct stat status;
  __attribute__((cleanup(file_close_cleanup))) int fd =
      openat(folder_fd, OUTPUT_FOLDER_PROGRESS, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &status) != 0) {
    return 0;
  }
  int64_t from = status.st_size > PROGRESS_TAIL ? status.st_size - PROGRESS_TAIL : 0;
  if (file_read_at(fd, from, tail, PROGRESS_TAIL, &size) != ERROR_NONE) {
    return 0;
  }
  tail[size] = '\0';
  static const char name[] = "out_time_us=";
  const char *last = NULL;
  for (const char *at = strstr(tail, name); at != NULL; at = strstr(at + 1, name)) {
    last = at + sizeof name - 1;
  }
  return last == NULL ? 0 : (double)strtoll(last, NULL, 10) / 1e6;
}

enum error output_folder_replace(int folder_fd, const char *name, const struct text *text) {
  if (text->failed) {
    return ERROR_MEMORY;
  }
  if (unlinkat(folder_fd, name, 0) != 0 && errno != ENOENT) {
    return file_error_from_errno(errno);
  }
  __attribute__((cleanup(file_close_cleanup))) int fd =
      openat(folder_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
  return fd < 0 ? file_error_from_errno(errno) : file_write_all(fd, text->data, text->length);
}
