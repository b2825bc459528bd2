/* SPDX-License-Identifier: ISC */
/*
 * See upload_file.h.
 */
#include "config.h"

#include "files/upload_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/random.h"
#include "base/text.h"
#include "domain/digest.h"
#include "files/spool_file_private.h"

#define READ_BYTES ((size_t)1024 * 1024)

void upload_file_make_name(char ret_name[UNIQUE_NAME_SIZE]) {
  unsigned char bytes[16];
  random_bytes(bytes, sizeof bytes);
  text_hex_encode(bytes, sizeof bytes, ret_name);
}

bool upload_file_is_name(const char *name) {
  return strlen(name) == UNIQUE_NAME_SIZE - 1 && strspn(name, "0123456789abcdef") == UNIQUE_NAME_SIZE - 1;
}

void upload_file_boot(char ret_boot[UUID_SIZE]) {
  struct text text = {0};
  ret_boot[0] = '\0';
  if (file_read("/proc/sys/kernel/random/boot_id", 64, &text) == ERROR_NONE && text.length >= UUID_SIZE - 1) {
    memcpy(ret_boot, text.data, UUID_SIZE - 1);
    ret_boot[UUID_SIZE - 1] = '\0';
  }
  text_free(&text);
}

enum error upload_file_create(struct media_folder *folder, const char *name) {
  __attribute__((cleanup(file_close_cleanup))) int fd =
      openat(folder->uploads_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
  if (fd < 0) {
    return file_error_from_errno(errno);
  }
  if (fsync(fd) != 0 || fsync(folder->uploads_fd) != 0) {
    enum error error = file_error_from_errno(errno);
    (void)unlinkat(folder->uploads_fd, name, 0); /* else the sweep does it */
    return error;
  }
  return ERROR_NONE;
}

/* ERROR_CONFLICT: another has it. */
static enum error open_locked(struct media_folder *folder, const char *name, int *ret_fd) {
  return file_lock_opened(openat(folder->uploads_fd, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC), ret_fd);
}

enum error upload_file_open(struct media_folder *folder, const char *name, struct spool_file **ret_file) {
  struct spool_file *file = NULL;
  if (!upload_file_is_name(name)) {
    return ERROR_NOT_FOUND;
  }
  enum error error = spool_file_new(folder, folder->uploads_fd, &file);
  if (error != ERROR_NONE) {
    return error;
  }
  file->kept = true;
  memcpy(file->name, name, UNIQUE_NAME_SIZE);
  error = open_locked(folder, name, &file->fd);
  if (error != ERROR_NONE) {
    spool_file_discard(file);
    return error;
  }
  *ret_file = file;
  return ERROR_NONE;
}

enum error upload_file_size(const struct spool_file *file, int64_t *ret_size) {
  struct stat status;
  if (fstat(file->fd, &status) != 0) {
    return file_error_from_errno(errno);
  }
  *ret_size = status.st_size;
  return ERROR_NONE;
}

/* From where the hash stands to `size`. */
static enum error hash_rest(struct spool_file *file, int64_t size, void (*beat)(void *context), void *beat_context) {
  char *buffer = malloc(READ_BYTES);
  enum error error = buffer == NULL ? ERROR_MEMORY : ERROR_NONE;
  while (error == ERROR_NONE && resumable_sha256_count(file->hash) < size) {
    int64_t left = size - resumable_sha256_count(file->hash);
    size_t got = 0;
    if (beat != NULL) {
      beat(beat_context);
    }
    error = file_read_at(file->fd, size - left, buffer, left < (int64_t)READ_BYTES ? (size_t)left : READ_BYTES, &got);
    if (error == ERROR_NONE) {
      error = got == 0 ? ERROR_INTERNAL : resumable_sha256_add(file->hash, buffer, got);
    }
  }
  free(buffer);
  return error;
}

enum error upload_file_resume(struct spool_file *file, int64_t size, const char *hash_state,
                              void (*beat)(void *context), void *beat_context) {
  int64_t present = 0;
  enum error error = upload_file_size(file, &present);
  if (error != ERROR_NONE || present < size) {
    return error == ERROR_NONE ? ERROR_INTERNAL : error;
  }
  if ((present > size && ftruncate(file->fd, size) != 0) || lseek(file->fd, size, SEEK_SET) != size) {
    return file_error_from_errno(errno);
  }
  if (resumable_sha256_restore(file->hash, hash_state) != ERROR_NONE || resumable_sha256_count(file->hash) > size) {
    resumable_sha256_restart(file->hash);
  }
  error = hash_rest(file, size, beat, beat_context);
  if (error == ERROR_NONE) {
    file->size_bytes = size;
    file->writeback_bytes = size;
    file->failed = ERROR_NONE;
  }
  return error;
}

enum error upload_file_sync(struct spool_file *file, int64_t *ret_size,
                            char ret_hash_state[RESUMABLE_SHA256_STATE_SIZE]) {
  if (file->failed == ERROR_NONE && fdatasync(file->fd) != 0) {
    file->failed = file_error_from_errno(errno);
  }
  if (file->failed != ERROR_NONE) {
    return file->failed;
  }
  *ret_size = file->size_bytes;
  resumable_sha256_save(file->hash, ret_hash_state);
  return ERROR_NONE;
}

enum error upload_file_remove(struct media_folder *folder, const char *name) {
  return unlinkat(folder->uploads_fd, name, 0) == 0 || errno == ENOENT ? ERROR_NONE : file_error_from_errno(errno);
}

static enum error sweep_one(struct media_folder *folder, const char *name, upload_file_visit *visit, void *context,
                            int64_t *removed) {
  __attribute__((cleanup(file_close_cleanup))) int fd = -1;
  struct stat status;
  bool remove = false;
  if (!upload_file_is_name(name) || open_locked(folder, name, &fd) != ERROR_NONE || fstat(fd, &status) != 0) {
    return ERROR_NONE; /* not ours, in use, or gone */
  }
  enum error error = visit(context, name, clock_now_seconds() - status.st_mtim.tv_sec, &remove);
  if (error == ERROR_NONE && remove) {
    error = upload_file_remove(folder, name);
    *removed += error == ERROR_NONE;
  }
  return error;
}

enum error upload_file_sweep(struct media_folder *folder, upload_file_visit *visit, void *context,
                             int64_t *ret_removed) {
  DIR *entries = NULL;
  enum error error = file_open_entries(folder->uploads_fd, &entries);
  if (error != ERROR_NONE) {
    return error;
  }
  struct dirent *entry;
  *ret_removed = 0;
  while (error == ERROR_NONE && (entry = readdir(entries)) != NULL) {
    error = sweep_one(folder, entry->d_name, visit, context, ret_removed);
  }
  closedir(entries);
  return error;
}

enum error upload_file_free_space(const struct media_folder *folder, int64_t *ret_bytes) {
  struct statvfs status;
  if (fstatvfs(folder->uploads_fd, &status) != 0) {
    return file_error_from_errno(errno);
  }
  *ret_bytes = (int64_t)(status.f_bavail * status.f_frsize);
  return ERROR_NONE;
}
