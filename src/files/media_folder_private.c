/* SPDX-License-Identifier: ISC */
/*
 * Names, notes and the folder of one medium. See media_folder_private.h.
 */
#include "config.h"

#include "files/media_folder_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/random.h"
#include "base/text.h"
#include "base/text_parse.h"
#include "domain/digest.h"
#include "domain/medium.h"

void media_folder_unique_name(char ret_name[UNIQUE_NAME_SIZE]) {
  unsigned char bytes[16];
  random_bytes(bytes, sizeof bytes);
  uint64_t time_ms = (uint64_t)clock_now_us() / 1000;
  for (int i = 5; i >= 0; i--) {
    bytes[i] = (unsigned char)time_ms;
    time_ms >>= 8;
  }
  text_hex_encode(bytes, sizeof bytes, ret_name);
}

mode_t media_folder_mode(int parent_fd, mode_t mode) {
  bool shared = fgetxattr(parent_fd, "system.posix_acl_default", NULL, 0) > 0;
  return shared ? mode | S_IWGRP : mode;
}

bool media_folder_is_entry(const char *name) {
  return name[0] != '\0' && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && strchr(name, '/') == NULL;
}

enum error media_folder_entry(const char *stored_name, char ret_entry[MEDIUM_STORED_NAME_SIZE]) {
  char entry[MEDIUM_STORED_NAME_SIZE];
  size_t length = strcspn(stored_name, "/");
  if (length >= sizeof entry) {
    return ERROR_INVALID;
  }
  memcpy(entry, stored_name, length);
  entry[length] = '\0';
  if (!media_folder_is_entry(entry)) {
    return ERROR_INVALID;
  }
  memcpy(ret_entry, entry, length + 1);
  return ERROR_NONE;
}

static void format_id(int64_t media_id, char ret_name[24]) {
  snprintf(ret_name, 24, "%" PRId64, media_id);
}

enum error media_folder_open_medium(struct media_folder *folder, int64_t media_id, int *ret_fd) {
  char name[24];
  format_id(media_id, name);
  int fd = openat(folder->media_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) {
    return file_error_from_errno(errno);
  }
  *ret_fd = fd;
  return ERROR_NONE;
}

/* The medium's folder may be moved to the trash in between; then it is made again, and the commit
 * of the row will fail. */
static enum error make_medium(struct media_folder *folder, int64_t media_id, int *ret_fd) {
  char name[24];
  format_id(media_id, name);
  if (mkdirat(folder->media_fd, name, media_folder_mode(folder->media_fd, 0750)) == 0) {
    if (fsync(folder->media_fd) != 0) {
      return file_error_from_errno(errno);
    }
  } else if (errno != EEXIST) {
    return file_error_from_errno(errno);
  }
  return media_folder_open_medium(folder, media_id, ret_fd);
}

enum error media_folder_note_entries(struct media_folder *folder, int64_t media_id, int medium_fd) {
  DIR *entries = NULL;
  enum error error = file_open_entries(medium_fd, &entries);
  if (error != ERROR_NONE) {
    return error;
  }
  struct dirent *entry;
  while (error == ERROR_NONE && (entry = readdir(entries)) != NULL) {
    if (media_folder_is_entry(entry->d_name)) {
      error = media_folder_write_note(folder, media_id, entry->d_name);
    }
  }
  closedir(entries);
  return error;
}

enum error media_folder_prepare_entry(struct media_folder *folder, int64_t media_id, const char *entry, int *ret_fd) {
  __attribute__((cleanup(file_close_cleanup))) int fd = -1;
  enum error error = media_folder_write_note(folder, media_id, entry);
  if (error == ERROR_NONE) {
    error = make_medium(folder, media_id, &fd);
  }
  if (error == ERROR_NONE) {
    error = media_folder_note_entries(folder, media_id, fd);
  }
  if (error != ERROR_NONE) {
    return error;
  }
  *ret_fd = fd;
  fd = -1;
  return ERROR_NONE;
}

enum error media_folder_format_note(int64_t media_id, const char *entry, char ret_name[MEDIA_FOLDER_NOTE_SIZE]) {
  int length = entry != NULL ? snprintf(ret_name, MEDIA_FOLDER_NOTE_SIZE, "%" PRId64 "-%s", media_id, entry)
                             : snprintf(ret_name, MEDIA_FOLDER_NOTE_SIZE, "%" PRId64, media_id);
  return length > 0 && length < MEDIA_FOLDER_NOTE_SIZE ? ERROR_NONE : ERROR_INVALID;
}

enum error media_folder_write_note(struct media_folder *folder, int64_t media_id, const char *entry) {
  char name[MEDIA_FOLDER_NOTE_SIZE];
  if (folder->store != NULL) {
    return entry == NULL ? folder->notes.write(folder->notes.context, media_id, "", MEDIA_NOTE_DELETION)
                         : folder->notes.write(folder->notes.context, media_id, entry, MEDIA_NOTE_REPLACED);
  }
  if (media_folder_format_note(media_id, entry, name) != ERROR_NONE) {
    return ERROR_INVALID;
  }
  __attribute__((cleanup(file_close_cleanup))) int fd =
      openat(folder->pending_fd, name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
             media_folder_mode(folder->pending_fd, 0640));
  if (fd < 0 || futimens(fd, NULL) != 0) {
    return file_error_from_errno(errno);
  }
  return ERROR_NONE;
}

enum error media_folder_remove_note(struct media_folder *folder, int64_t media_id, const char *entry) {
  char name[MEDIA_FOLDER_NOTE_SIZE];
  if (media_folder_format_note(media_id, entry, name) != ERROR_NONE) {
    return ERROR_INVALID;
  }
  if (folder->store != NULL) {
    enum error error = folder->notes.remove(folder->notes.context, media_id, entry == NULL ? "" : entry);
    if (error != ERROR_NONE) {
      return error;
    }
  }
  return unlinkat(folder->pending_fd, name, 0) == 0 || errno == ENOENT ? ERROR_NONE : file_error_from_errno(errno);
}

enum error media_folder_parse_note(const char *name, int64_t *ret_media_id, char ret_entry[MEDIUM_STORED_NAME_SIZE]) {
  size_t digits = strcspn(name, "-");
  uint64_t id = 0;
  if (text_parse_u64(name, digits, INT64_MAX, &id) != ERROR_NONE) {
    return ERROR_INVALID;
  }
  char entry[MEDIUM_STORED_NAME_SIZE] = "";
  if (name[digits] == '-' && media_folder_entry(name + digits + 1, entry) != ERROR_NONE) {
    return ERROR_INVALID;
  }
  *ret_media_id = (int64_t)id;
  memcpy(ret_entry, entry, sizeof entry);
  return ERROR_NONE;
}

enum error media_folder_trash_entry(struct media_folder *folder, int64_t media_id, int parent_fd, const char *name) {
  char to[24 + UNIQUE_NAME_SIZE];
  char path[64 + sizeof to];
  char unique[UNIQUE_NAME_SIZE];
  media_folder_unique_name(unique);
  snprintf(to, sizeof to, "%" PRId64 "-%s", media_id, unique);
  if (renameat(parent_fd, name, folder->trash_fd, to) != 0 || fsync(parent_fd) != 0) {
    return file_error_from_errno(errno);
  }
  snprintf(path, sizeof path, "/proc/self/fd/%d/%s", folder->trash_fd, to);
  return file_remove_tree(path);
}
