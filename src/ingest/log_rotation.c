/* SPDX-License-Identifier: ISC */
/*
 * A rotated log is named by the time, so that no name comes twice and no other log ever gives way. Only logs of such
 * names are deleted: what others named is theirs.
 */
#include "config.h"

#include "ingest/log_rotation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "domain/digest.h"
#include "ingest/delivery_line.h"
#include "ingest/ingester.h"
#include "ingest/log_follower.h"
#include "process/service.h"
#include "store/views/delivery_store.h"

#define ROTATED_PREFIX DELIVERY_LOG_NAME "-"
#define ROTATED_FORMAT "dddddddd-dddddd.dddddd" /* d: a digit */
#define SECOND_US      INT64_C(1000000)
#define DAY_US         (INT64_C(86400) * SECOND_US)
#define QUIET_US       (60 * SECOND_US) /* a log that nobody wrote to for so long, while the next one is written */
#define REOPEN_MS      5000

/* --- names ----------------------------------------------------------------------------------- */

static bool is_rotated_name(const char *path) {
  const char *slash = strrchr(path, '/');
  const char *name = slash == NULL ? path : slash + 1;
  if (strncmp(name, ROTATED_PREFIX, sizeof ROTATED_PREFIX - 1) != 0) {
    return false;
  }
  name += sizeof ROTATED_PREFIX - 1;
  for (const char *form = ROTATED_FORMAT; *form != '\0'; form++, name++) {
    if (*form == 'd' ? *name < '0' || *name > '9' : *name != *form) {
      return false;
    }
  }
  return *name == '\0';
}

static char *rotated_path(const char *log_dir) {
  int64_t now_us = clock_now_us();
  time_t seconds = (time_t)(now_us / SECOND_US);
  struct tm tm;
  char stamp[32];
  char *path = NULL;
  if (gmtime_r(&seconds, &tm) == NULL || strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &tm) == 0 ||
      asprintf(&path, "%s/" ROTATED_PREFIX "%s.%06d", log_dir, stamp, (int)(now_us % SECOND_US)) < 0) {
    return NULL;
  }
  return path;
}

/* One rotates at a time. The lock goes with its descriptor, so a kill leaves none. ERROR_CONFLICT: another has it. */
static enum error lock_folder(const char *log_dir, int *ret_fd) {
  return file_lock_opened(open(log_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), ret_fd);
}

/* --- rotating -------------------------------------------------------------------------------- */

static enum error find_nginx(const struct log_rotation *rotation, pid_t *ret_pid) {
  enum error error = service_find(rotation->nginx_pid_file, "nginx", ret_pid);
  return error == ERROR_NONE ? service_check(*ret_pid) : error;
}

/* nginx is looked for first: a log that is renamed while nginx cannot be told only gets another name. */
static enum error rename_log(const struct log_rotation *rotation, const char *path) {
  pid_t nginx;
  enum error error = find_nginx(rotation, &nginx);
  if (error != ERROR_NONE) {
    return error;
  }
  char *rotated = rotated_path(rotation->log_dir);
  if (rotated == NULL) {
    return ERROR_MEMORY;
  }
  if (rename(path, rotated) != 0) {
    error = errno == EACCES || errno == EPERM || errno == EROFS ? ERROR_DENIED : file_error_from_errno(errno);
  } else {
    log_event(LOG_LEVEL_INFO, "log_rotated", LOG_STR("log", rotated));
    error = service_reopen_logs(nginx);
  }
  free(rotated);
  return error;
}

/* One that does not run opens its log when it starts. */
static enum error reopen_log(const struct log_rotation *rotation) {
  pid_t nginx;
  enum error error = find_nginx(rotation, &nginx);
  if (error == ERROR_NONE) {
    error = service_reopen_logs(nginx);
  }
  return error == ERROR_NOT_FOUND ? ERROR_NONE : error;
}

static bool begins_before(const struct log_file *file, int64_t time_us) {
  struct text line = {0};
  struct delivery delivery;
  bool before = log_follower_read(file, 0, 2 * DELIVERY_LINE_MAX, &line) == ERROR_NONE && line.length > 0 &&
                delivery_line_parse(line.data, strcspn(line.data, "\n"), &delivery) == DELIVERY_REJECT_NONE &&
                delivery.time_us < time_us;
  text_free(&line);
  return before;
}

static enum error rotate_if_due(const struct log_rotation *rotation, const char *path) {
  struct stat status;
  struct log_file file;
  if (stat(path, &status) != 0) {
    /* Renamed, by us before a kill or by somebody else just now: asking once more does no harm. */
    return errno == ENOENT ? reopen_log(rotation) : file_error_from_errno(errno);
  }
  enum error error = log_follower_describe(path, &file);
  if (error == ERROR_INVALID) {
    return rename_log(rotation, path); /* it will never count; the next one does */
  }
  if (error != ERROR_NONE) {
    return error == ERROR_NOT_FOUND ? ERROR_NONE : error; /* no line yet */
  }
  bool due = file.size_bytes >= rotation->size_bytes || begins_before(&file, clock_now_us() - DAY_US);
  free(file.path);
  return due ? rename_log(rotation, path) : ERROR_NONE;
}

/* --- deleting -------------------------------------------------------------------------------- */

/* A rest without a newline stays one: nobody writes to that log any more. */
enum error log_rotation_is_counted(struct database *database, const struct log_file *file, bool *ret_counted) {
  int64_t position = 0;
  enum error error = delivery_store_position(database, file->id, &position);
  if (error != ERROR_NONE || position >= file->size_bytes) {
    *ret_counted = error == ERROR_NONE;
    return error;
  }
  struct text rest = {0};
  error = log_follower_read(file, position, 2 * DELIVERY_LINE_MAX, &rest);
  *ret_counted = error == ERROR_NONE && rest.length == 0;
  text_free(&rest);
  return error == ERROR_NOT_FOUND ? ERROR_NONE : error;
}

/* Looks once more: still that log, and not a byte more. */
static void delete_log(const struct log_file *file) {
  struct log_file now;
  if (log_follower_describe(file->path, &now) != ERROR_NONE) {
    return;
  }
  bool same = memcmp(now.id, file->id, DIGEST_SIZE) == 0 && now.size_bytes == file->size_bytes &&
              now.modified_us == file->modified_us;
  free(now.path);
  if (same && unlink(file->path) == 0) {
    log_event(LOG_LEVEL_INFO, "log_deleted", LOG_STR("log", file->path), LOG_I64("bytes", file->size_bytes));
  }
}

/* Only while nginx writes another log, which a line in it that is younger than the old log proves. */
static enum error delete_old(const struct log_rotation *rotation, const char *path) {
  struct log_files files = {0};
  struct log_file current;
  enum error error = log_follower_describe(path, &current);
  if (error != ERROR_NONE) {
    return error == ERROR_NOT_FOUND ? ERROR_NONE : error;
  }
  int64_t written_us = current.modified_us;
  int64_t keep_us = rotation->retention_us > QUIET_US ? rotation->retention_us : QUIET_US;
  int64_t before_us = clock_now_us() - keep_us;
  free(current.path);
  error = log_follower_scan(rotation->log_dir, DELIVERY_LOG_NAME, &files);
  for (size_t i = 0; error == ERROR_NONE && i < files.count; i++) {
    const struct log_file *file = &files.items[i];
    bool counted = false;
    if (is_rotated_name(file->path) && file->modified_us < before_us && file->modified_us < written_us) {
      error = log_rotation_is_counted(rotation->database, file, &counted);
    }
    if (error == ERROR_NONE && counted) {
      delete_log(file);
    }
  }
  log_files_free(&files);
  return error;
}

/* --- the turn -------------------------------------------------------------------------------- */

/* True when it was about nginx or rights, which the log says once, until it works again or is about something else.
 * The caller of the turn logs every other error. */
static bool log_outage(struct log_rotation *rotation, enum error error) {
  bool ours = error == ERROR_NOT_FOUND || error == ERROR_DENIED;
  if ((ours || error == ERROR_NONE) && outage_note(&rotation->outage, error) == OUTAGE_BEGAN) {
    log_event(LOG_LEVEL_WARNING, "rotation_impossible", LOG_ERROR_FIELD(error), LOG_STR("log_dir", rotation->log_dir),
              LOG_STR("nginx_pid_file", rotation->nginx_pid_file),
              LOG_STR("remedy", error == ERROR_DENIED
                                    ? "run ingest as the user of nginx's master process, which must own log_dir; or "
                                      "set log_rotate_size = 0 and leave the log to logrotate"
                                    : "start nginx, or correct nginx_pid_file; or set log_rotate_size = 0 and leave "
                                      "the log to logrotate"));
  }
  return ours;
}

enum error log_rotation_turn(struct log_rotation *rotation) {
  __attribute__((cleanup(file_close_cleanup))) int lock = -1;
  if (rotation->size_bytes == 0) {
    return ERROR_NONE;
  }
  enum error error = lock_folder(rotation->log_dir, &lock);
  if (error != ERROR_NONE) {
    return error == ERROR_CONFLICT ? ERROR_NONE : error;
  }
  char *path = file_join(rotation->log_dir, DELIVERY_LOG_NAME);
  if (path == NULL) {
    return ERROR_MEMORY;
  }
  error = rotate_if_due(rotation, path);
  if (log_outage(rotation, error) || error == ERROR_NONE) {
    error = delete_old(rotation, path);
  }
  free(path);
  return error;
}

static enum error wait_for_log(const char *path) {
  const struct timespec pause = {.tv_nsec = 10000000};
  for (int64_t deadline_ms = clock_monotonic_ms() + REOPEN_MS; access(path, F_OK) != 0;) {
    if (clock_monotonic_ms() > deadline_ms) {
      return ERROR_TIMEOUT;
    }
    (void)nanosleep(&pause, NULL); /* cut short by a signal: looked at sooner */
  }
  return ERROR_NONE;
}

enum error log_rotation_rotate(const struct log_rotation *rotation) {
  __attribute__((cleanup(file_close_cleanup))) int lock = -1;
  struct log_file file;
  enum error error = lock_folder(rotation->log_dir, &lock);
  if (error != ERROR_NONE) {
    return error;
  }
  char *path = file_join(rotation->log_dir, DELIVERY_LOG_NAME);
  if (path == NULL) {
    return ERROR_MEMORY;
  }
  error = log_follower_describe(path, &file);
  if (error == ERROR_NONE) {
    free(file.path);
    error = rename_log(rotation, path);
    error = error == ERROR_NONE ? wait_for_log(path) : error;
  } else if (error == ERROR_NOT_FOUND) {
    error = ERROR_NONE;
  }
  free(path);
  return error;
}
