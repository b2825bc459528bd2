/* SPDX-License-Identifier: ISC */
/*
 * Every read opens the file anew and looks at its first line first: between two looks a rotation may have put another
 * log under the same name.
 */
#include "config.h"

#include "ingest/log_follower.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "domain/digest.h"

#define FIRST_LINE_MAX 65536

_Static_assert(DIGEST_SIZE == SHA256_DIGEST_LENGTH, "an id is a SHA-256");

/* Fills the buffer as far as the file goes. */
static enum error read_at(int fd, int64_t position, char *bytes, size_t size, size_t *ret_size) {
  size_t got = 0;
  while (got < size) {
    ssize_t part = pread(fd, bytes + got, size - got, position + (off_t)got);
    if (part < 0 && errno == EINTR) {
      continue;
    }
    if (part < 0) {
      return file_error_from_errno(errno);
    }
    if (part == 0) {
      break;
    }
    got += (size_t)part;
  }
  *ret_size = got;
  return ERROR_NONE;
}

/* ERROR_NOT_FOUND: there is no terminated line yet. ERROR_INVALID: and there should be one. */
static enum error identify(int fd, unsigned char ret_id[DIGEST_SIZE]) {
  char bytes[FIRST_LINE_MAX];
  size_t size = 0;
  size_t wanted = 4096; /* one line is some 500 bytes */
  for (;;) {
    enum error error = read_at(fd, 0, bytes, wanted, &size);
    if (error != ERROR_NONE) {
      return error;
    }
    size_t start = 0;
    while (start < size && bytes[start] == '\n') {
      start++;
    }
    const char *end = memchr(bytes + start, '\n', size - start);
    if (end != NULL) {
      SHA256((const unsigned char *)bytes + start, (size_t)(end - bytes) - start, ret_id);
      return ERROR_NONE;
    }
    if (size < wanted || wanted == sizeof bytes) {
      return size < wanted ? ERROR_NOT_FOUND : ERROR_INVALID;
    }
    wanted = sizeof bytes;
  }
}

static enum error open_log(const char *path, int *ret_fd, unsigned char ret_id[DIGEST_SIZE]) {
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0) {
    return file_error_from_errno(errno);
  }
  enum error error = identify(fd, ret_id);
  if (error != ERROR_NONE) {
    close(fd);
    return error;
  }
  *ret_fd = fd;
  return ERROR_NONE;
}

/* --- scanning -------------------------------------------------------------------------------- */

static bool has_ending(const char *name, const char *ending) {
  size_t length = strlen(name);
  size_t size = strlen(ending);
  return length >= size && strcmp(name + length - size, ending) == 0;
}

bool log_follower_is_log_name(const char *entry, const char *name) {
  size_t length = strlen(name);
  return strncmp(entry, name, length) == 0 && (entry[length] == '\0' || strchr(".-", entry[length]) != NULL);
}

static bool is_compressed(const char *entry) {
  static const char *const endings[] = {".gz", ".xz", ".bz2", ".zst", ".lz4"};
  for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
    if (has_ending(entry, endings[i])) {
      return true;
    }
  }
  return false;
}

enum error log_follower_describe(const char *path, struct log_file *ret_file) {
  struct log_file file = {.path = strdup(path)};
  __attribute__((cleanup(file_close_cleanup))) int fd = -1;
  struct stat status;
  enum error error = file.path == NULL ? ERROR_MEMORY : ERROR_NONE;
  if (error == ERROR_NONE && (stat(file.path, &status) != 0 || !S_ISREG(status.st_mode))) {
    error = ERROR_NOT_FOUND;
  }
  if (error == ERROR_NONE) {
    error = open_log(file.path, &fd, file.id);
  }
  if (error == ERROR_NONE && fstat(fd, &status) != 0) {
    error = file_error_from_errno(errno);
  }
  if (error != ERROR_NONE) {
    free(file.path);
    return error;
  }
  file.size_bytes = status.st_size;
  file.modified_us = (int64_t)status.st_mtim.tv_sec * 1000000 + status.st_mtim.tv_nsec / 1000;
  *ret_file = file;
  return ERROR_NONE;
}

static enum error describe_entry(const char *folder, const char *entry, struct log_file *ret_file) {
  char *path = file_join(folder, entry);
  enum error error = path == NULL ? ERROR_MEMORY : log_follower_describe(path, ret_file);
  free(path);
  return error;
}

static int older_first(const void *left, const void *right) {
  const struct log_file *a = left;
  const struct log_file *b = right;
  return a->modified_us != b->modified_us ? (a->modified_us < b->modified_us ? -1 : 1) : -strcmp(a->path, b->path);
}

static enum error append_log(struct log_files *files, const struct log_file *file) {
  struct log_file *items = reallocarray(files->items, files->count + 1, sizeof *items);
  if (items == NULL) {
    free(file->path);
    return ERROR_MEMORY;
  }
  files->items = items;
  files->items[files->count++] = *file;
  return ERROR_NONE;
}

static enum error append_skipped(struct log_files *files, const char *folder, const char *entry, int error_number) {
  struct log_skipped *skipped = reallocarray(files->skipped, files->skipped_count + 1, sizeof *skipped);
  char *path = file_join(folder, entry);
  if (skipped != NULL) {
    files->skipped = skipped;
  }
  if (skipped == NULL || path == NULL) {
    free(path);
    return ERROR_MEMORY;
  }
  files->skipped[files->skipped_count++] = (struct log_skipped){.path = path, .error_number = error_number};
  return ERROR_NONE;
}

static enum error add_entry(struct log_files *files, const char *folder, const char *entry) {
  struct log_file file;
  enum error error = describe_entry(folder, entry, &file);
  if (error == ERROR_NONE) {
    return append_log(files, &file);
  }
  if (error == ERROR_IO || error == ERROR_INVALID) {
    return append_skipped(files, folder, entry, error == ERROR_IO ? errno : 0);
  }
  return error == ERROR_NOT_FOUND ? ERROR_NONE : error;
}

enum error log_follower_scan(const char *folder, const char *name, struct log_files *ret_files) {
  DIR *directory = opendir(folder);
  if (directory == NULL) {
    return file_error_from_errno(errno);
  }
  struct log_files files = {0};
  enum error error = ERROR_NONE;
  for (struct dirent *entry = readdir(directory); entry != NULL && error == ERROR_NONE; entry = readdir(directory)) {
    if (log_follower_is_log_name(entry->d_name, name) && !is_compressed(entry->d_name)) {
      error = add_entry(&files, folder, entry->d_name);
    }
  }
  closedir(directory);
  if (error != ERROR_NONE) {
    log_files_free(&files);
    return error;
  }
  if (files.count > 1) {
    qsort(files.items, files.count, sizeof *files.items, older_first);
  }
  *ret_files = files;
  return ERROR_NONE;
}

void log_files_free(struct log_files *files) {
  for (size_t i = 0; i < files->count; i++) {
    free(files->items[i].path);
  }
  for (size_t i = 0; i < files->skipped_count; i++) {
    free(files->skipped[i].path);
  }
  free(files->items);
  free(files->skipped);
  *files = (struct log_files){0};
}

/* --- reading --------------------------------------------------------------------------------- */

static enum error make_room(struct text *buffer, size_t size) {
  if (buffer->capacity <= size) {
    char *data = realloc(buffer->data, size + 1);
    if (data == NULL) {
      return ERROR_MEMORY;
    }
    buffer->data = data;
    buffer->capacity = size + 1;
  }
  text_clear(buffer);
  return ERROR_NONE;
}

/* What cannot be synced, on a file system without a disk behind it, is as safe as it gets. */
static enum error sync_data(int fd) {
  return fdatasync(fd) == 0 || errno == EINVAL || errno == EROFS ? ERROR_NONE : file_error_from_errno(errno);
}

static enum error read_lines(const struct log_file *file, int64_t position, size_t max_bytes, bool synced,
                             struct text *buffer) {
  __attribute__((cleanup(file_close_cleanup))) int fd = -1;
  unsigned char id[DIGEST_SIZE];
  size_t size = 0;
  enum error error = open_log(file->path, &fd, id);
  if (error == ERROR_NONE && memcmp(id, file->id, sizeof id) != 0) {
    error = ERROR_NOT_FOUND;
  }
  if (error == ERROR_NONE) {
    error = make_room(buffer, max_bytes);
  }
  if (error == ERROR_NONE) {
    error = read_at(fd, position, buffer->data, max_bytes, &size);
  }
  if (error != ERROR_NONE) {
    return error;
  }
  const char *last = size == 0 ? NULL : memrchr(buffer->data, '\n', size);
  if (last != NULL) {
    size = (size_t)(last - buffer->data) + 1;
  } else if (size < max_bytes) {
    size = 0;
  }
  if (synced && size > 0) { /* others wrote it, and the kernel may still hold it */
    error = sync_data(fd);
    size = error == ERROR_NONE ? size : 0;
  }
  buffer->data[size] = '\0';
  buffer->length = size;
  return error;
}

enum error log_follower_read(const struct log_file *file, int64_t position, size_t max_bytes, struct text *buffer) {
  return read_lines(file, position, max_bytes, false, buffer);
}

enum error log_follower_read_synced(const struct log_file *file, int64_t position, size_t max_bytes,
                                    struct text *buffer) {
  return read_lines(file, position, max_bytes, true, buffer);
}
