/* SPDX-License-Identifier: ISC */
/*
 * Appends with one write a batch. The file is opened for each: rejects are rare, and it may be moved away any time.
 */
#include "config.h"

#include "ingest/reject_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "domain/digest.h"

#define KEPT_MAX 8192

void reject_file_name(const char *node_name, char ret_name[REJECT_FILE_NAME_SIZE]) {
  snprintf(ret_name, REJECT_FILE_NAME_SIZE, "rejected%s%s.log", node_name[0] == '\0' ? "" : "-", node_name);
}

void reject_file_add(struct reject_file *rejects, const struct log_file *file, int64_t position,
                     enum delivery_reject reject, const char *line, size_t size) {
  rejects->count++;
  /* What the database refuses is found later, in a batch whose other rejects were written already. */
  if (reject != DELIVERY_REJECT_DATABASE && position < rejects->written_until &&
      memcmp(rejects->written_id, file->id, DIGEST_SIZE) == 0) {
    return;
  }
  char now[CLOCK_RFC3339_SIZE];
  char id[2 * DIGEST_SIZE + 1];
  clock_format_rfc3339(clock_now_us(), now);
  text_hex_encode(file->id, DIGEST_SIZE, id);
  text_appendf(&rejects->pending,
               "{\"time\":\"%s\",\"log\":\"%s\",\"position\":%" PRId64 ",\"reason\":\"%s\",\"size\":%zu,\"line\":", now,
               id, position, delivery_reject_name(reject), size);
  text_append_json_string(&rejects->pending, line, size > KEPT_MAX ? KEPT_MAX : size);
  text_append(&rejects->pending, "}\n");
}

/* A line that a full disk tore is ended, so that the next one stands alone. */
static enum error end_torn_line(int fd) {
  char last = '\n';
  off_t size = lseek(fd, 0, SEEK_END);
  if (size > 0 && pread(fd, &last, 1, size - 1) != 1) {
    return file_error_from_errno(errno);
  }
  return last == '\n' ? ERROR_NONE : file_write_all(fd, "\n", 1);
}

static enum error make_way(const char *path) {
  struct stat status;
  char *old = NULL;
  if (stat(path, &status) != 0 || status.st_size < REJECT_FILE_MAX) {
    return ERROR_NONE;
  }
  if (asprintf(&old, "%s.old", path) < 0) {
    return ERROR_MEMORY;
  }
  enum error error = rename(path, old) == 0 ? ERROR_NONE : file_error_from_errno(errno);
  free(old);
  return error;
}

/* What root makes by an import is the service's, which writes to it next: of whom its folder is. */
static enum error give_away(int fd, const char *path) {
  struct stat file, folder;
  const char *slash = strrchr(path, '/');
  if (geteuid() != 0) {
    return ERROR_NONE;
  }
  char *folder_path = slash == NULL ? strdup(".") : strndup(path, slash == path ? 1 : (size_t)(slash - path));
  if (folder_path == NULL) {
    return ERROR_MEMORY;
  }
  bool failed = fstat(fd, &file) != 0 || stat(folder_path, &folder) != 0;
  free(folder_path);
  if (!failed && file.st_uid == 0 && file.st_size == 0 && file.st_nlink == 1) {
    failed = fchown(fd, folder.st_uid, folder.st_gid) != 0;
  }
  return failed ? file_error_from_errno(errno) : ERROR_NONE;
}

static enum error write_pending(const struct reject_file *rejects) {
  if (rejects->pending.failed) {
    return ERROR_MEMORY;
  }
  enum error error = make_way(rejects->path);
  if (error != ERROR_NONE) {
    return error;
  }
  int follow = geteuid() == 0 ? O_NOFOLLOW : 0; /* root trusts no link in the service's folder */
  __attribute__((cleanup(file_close_cleanup))) int fd =
      open(rejects->path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | follow, 0640);
  if (fd < 0) {
    return file_error_from_errno(errno);
  }
  error = give_away(fd, rejects->path);
  if (error == ERROR_NONE) {
    error = end_torn_line(fd);
  }
  if (error == ERROR_NONE) {
    error = file_write_all(fd, rejects->pending.data, rejects->pending.length);
  }
  if (error == ERROR_NONE && fsync(fd) != 0) {
    error = file_error_from_errno(errno);
  }
  return error;
}

static void log_outage(struct reject_file *rejects, enum error error, int error_number) {
  if (outage_note(&rejects->outage, error) == OUTAGE_BEGAN) {
    log_event(LOG_LEVEL_ERROR, "rejects_failed", LOG_STR("file", rejects->path), LOG_ERROR_FIELD(error),
              LOG_STR("reason", error == ERROR_IO ? strerror(error_number) : error_strerror(error)),
              LOG_STR("remedy", "let the account of ingest write this file, on a disk with room; counting waits"));
  }
}

enum error reject_file_flush(struct reject_file *rejects, const struct log_file *file, int64_t until) {
  if (rejects->pending.length > 0 || rejects->pending.failed) {
    enum error error = write_pending(rejects);
    log_outage(rejects, error, errno);
    if (error != ERROR_NONE) {
      return error;
    }
    memcpy(rejects->written_id, file->id, DIGEST_SIZE);
    rejects->written_until = until;
  }
  reject_file_forget(rejects);
  return ERROR_NONE;
}

void reject_file_forget(struct reject_file *rejects) {
  text_free(&rejects->pending); /* also clears a failed allocation */
  rejects->count = 0;
}

void reject_file_free(struct reject_file *rejects) {
  text_free(&rejects->pending);
}
