/* SPDX-License-Identifier: ISC */
/*
 * Uploads on their way. The disk is asked to write while bytes still come in, and never falls far behind, so that the
 * fsync at the end is short whatever the size: nobody beats while it lasts.
 */
#include "config.h"

#include "files/spool_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "domain/digest.h"
#include "domain/medium.h"
#include "files/media_objects_private.h"
#include "files/spool_file_private.h"

#define WRITEBACK_BYTES (8 * 1024 * 1024)  /* are handed to the disk at once */
#define UNWRITTEN_BYTES (64 * 1024 * 1024) /* may be on their way there */

enum error spool_file_new(struct media_folder *folder, int parent_fd, struct spool_file **ret_file) {
  struct spool_file *file = calloc(1, sizeof *file);
  if (file == NULL) {
    return ERROR_MEMORY;
  }
  *file = (struct spool_file){.folder = folder, .parent_fd = parent_fd, .fd = -1};
  enum error error = resumable_sha256_new(&file->hash);
  if (error != ERROR_NONE) {
    free(file);
    return error;
  }
  *ret_file = file;
  return ERROR_NONE;
}

enum error spool_file_create(struct media_folder *folder, struct spool_file **ret_file) {
  struct spool_file *file = NULL;
  enum error error = spool_file_new(folder, folder->spool_fd, &file);
  if (error != ERROR_NONE) {
    return error;
  }
  media_folder_unique_name(file->name);
  file->fd = openat(folder->spool_fd, file->name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
  error = file->fd < 0 ? file_error_from_errno(errno) : ERROR_NONE;
  if (error == ERROR_NONE && flock(file->fd, LOCK_SH | LOCK_NB) != 0) {
    error = file_error_from_errno(errno); /* the lock tells the sweep that somebody is at work here */
  }
  if (error != ERROR_NONE) {
    spool_file_discard(file);
    return error;
  }
  *ret_file = file;
  return ERROR_NONE;
}

/* A file system that cannot do this writes everything at the fsync. Any other error is told here only: the fsync would
 * not repeat it. */
static enum error sync_range(int fd, int64_t offset, unsigned flags) {
  if (sync_file_range(fd, offset, WRITEBACK_BYTES, flags) == 0 || errno == ENOSYS || errno == EINVAL ||
      errno == ESPIPE) {
    return ERROR_NONE;
  }
  return file_error_from_errno(errno);
}

/* What the disk did not take is gone, and the next fsync knows nothing of it: the file stays failed. */
static enum error fail_spool_file(struct spool_file *file, enum error error) {
  file->failed = error;
  return error;
}

/* Hands over what is whole, and waits for what was handed over a while ago. */
static enum error write_back(struct spool_file *file) {
  enum error error = ERROR_NONE;
  while (error == ERROR_NONE && file->size_bytes - file->writeback_bytes >= WRITEBACK_BYTES) {
    error = sync_range(file->fd, file->writeback_bytes, SYNC_FILE_RANGE_WRITE);
    file->writeback_bytes += WRITEBACK_BYTES;
    if (error == ERROR_NONE && file->writeback_bytes > UNWRITTEN_BYTES) {
      error =
          sync_range(file->fd, file->writeback_bytes - UNWRITTEN_BYTES - WRITEBACK_BYTES, SYNC_FILE_RANGE_WAIT_BEFORE);
    }
  }
  return error == ERROR_NONE ? ERROR_NONE : fail_spool_file(file, error);
}

enum error spool_file_write(struct spool_file *file, const void *bytes, size_t size) {
  enum error error = file_write_all(file->fd, bytes, size);
  if (error != ERROR_NONE) {
    return error;
  }
  file->size_bytes += (int64_t)size;
  error = resumable_sha256_add(file->hash, bytes, size);
  return error == ERROR_NONE ? write_back(file) : error;
}

enum error spool_file_finish(struct spool_file *file, char ret_sha256[DIGEST_HEX_SIZE], int64_t *ret_size) {
  if (file->failed != ERROR_NONE) {
    return file->failed;
  }
  /* The mode is set here: the process's umask must not keep nginx's group from reading. */
  if (fchmod(file->fd, 0640) != 0) {
    return file_error_from_errno(errno);
  }
  if (fsync(file->fd) != 0) {
    return fail_spool_file(file, file_error_from_errno(errno));
  }
  enum error error = resumable_sha256_finish(file->hash, ret_sha256);
  if (error == ERROR_NONE) {
    *ret_size = file->size_bytes;
  }
  return error;
}

int spool_file_fd(const struct spool_file *file) {
  return file->fd;
}

static enum error place_object(struct spool_file *file, int64_t media_id, const char *name) {
  enum error error = media_objects_prepare(file->folder, media_id, name);
  return error == ERROR_NONE ? media_objects_put(file->folder, media_id, name, file->fd, file->size_bytes) : error;
}

static enum error place_file(struct spool_file *file, int64_t media_id, const char *name) {
  __attribute__((cleanup(file_close_cleanup))) int medium_fd = -1;
  enum error error = media_folder_prepare_entry(file->folder, media_id, name, &medium_fd);
  if (error != ERROR_NONE) {
    return error;
  }
  if ((file->kept ? linkat(file->parent_fd, file->name, medium_fd, name, 0)
                  : renameat(file->parent_fd, file->name, medium_fd, name)) != 0) {
    return file_error_from_errno(errno);
  }
  file->placed = true;
  if (fsync(medium_fd) != 0) {
    error = file_error_from_errno(errno);
    (void)unlinkat(medium_fd, name, 0); /* else the sweep does it */
    return error;
  }
  return ERROR_NONE;
}

enum error spool_file_place(struct spool_file *file, int64_t media_id, const char *extension,
                            char ret_stored_name[MEDIUM_STORED_NAME_SIZE]) {
  char unique[UNIQUE_NAME_SIZE];
  char name[MEDIUM_STORED_NAME_SIZE];
  media_folder_unique_name(unique);
  snprintf(name, sizeof name, "%s.%s", unique, extension);
  enum error error =
      file->folder->store != NULL ? place_object(file, media_id, name) : place_file(file, media_id, name);
  if (error == ERROR_NONE) {
    snprintf(ret_stored_name, MEDIUM_STORED_NAME_SIZE, "%s", name);
  }
  return error;
}

void spool_file_discard(struct spool_file *file) {
  if (file == NULL) {
    return;
  }
  if (file->fd >= 0 && !file->placed && !file->kept) {
    (void)unlinkat(file->parent_fd, file->name, 0); /* else the sweep does it */
  }
  file_close_cleanup(&file->fd);
  resumable_sha256_free(file->hash);
  free(file);
}
