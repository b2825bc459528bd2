/* SPDX-License-Identifier: ISC */
/*
 * nginx's own log is rotated first, so that only what was delivered before now is deleted. Then each log waits until it
 * is counted and nobody writes to it any more.
 */
#include "config.h"

#include "command/forget_logs.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "ingest/ingester.h"
#include "ingest/log_rotation.h"
#include "ingest/log_search.h"
#include "ingest/old_log.h"
#include "ingest/reject_file.h"

#define LOGS_MAX 1024
#define WAIT_MS  15000
#define QUIET_US (INT64_C(3) * 1000000) /* nginx's workers open the new log within milliseconds */
#define PAUSE_MS 200

struct holding {
  char *paths[LOGS_MAX]; /* of logs that hold the person */
  size_t count;
  bool damaged;
};

static void holding_free(struct holding *holding) {
  for (size_t i = 0; i < holding->count; i++) {
    free(holding->paths[i]);
  }
  *holding = (struct holding){.count = 0};
}

static enum error on_found(void *context, const char *path, const char *line, size_t size) {
  struct holding *holding = context;
  (void)line;
  (void)size;
  for (size_t i = 0; i < holding->count; i++) {
    if (strcmp(holding->paths[i], path) == 0) {
      return ERROR_NONE;
    }
  }
  if (holding->count == LOGS_MAX) {
    return ERROR_TOO_LARGE;
  }
  char *copy = strdup(path);
  if (copy == NULL) {
    return ERROR_MEMORY;
  }
  holding->paths[holding->count++] = copy;
  return ERROR_NONE;
}

static void on_damaged(void *context, const char *path) {
  struct holding *holding = context;
  holding->damaged = true;
  printf("%s: cannot be read to its end; look into it yourself\n", path);
}

static enum error add_holding(const char *folder, const char *name, const char *needle, struct holding *holding) {
  int64_t logs = 0;
  const struct log_search search = {
      .log_dir = folder, .name = name, .needle = needle, .found = on_found, .damaged = on_damaged, .context = holding};
  enum error error = log_search_run(&search, &logs);
  return error == ERROR_NOT_FOUND ? ERROR_NONE : error; /* no folder, no logs */
}

static enum error find_logs(const struct settings *settings, const char *const *needles, struct holding *holding) {
  enum error error = ERROR_NONE;
  holding_free(holding);
  for (; error == ERROR_NONE && *needles != NULL; needles++) {
    error = add_holding(settings->log_dir, DELIVERY_LOG_NAME, *needles, holding);
  }
  return error;
}

static bool log_holds(const struct holding *holding, const char *path) {
  for (size_t i = 0; i < holding->count; i++) {
    if (strcmp(holding->paths[i], path) == 0) {
      return true;
    }
  }
  return false;
}

/* --- one log --------------------------------------------------------------------------------- */

static enum error look_into_log(const struct settings *settings, struct database *database, const char *path,
                                bool *ret_counted) {
  struct old_log log;
  enum error error = old_log_open(path, settings->data_dir, NULL, &log);
  if (error == ERROR_NONE) {
    error = log_rotation_is_counted(database, &log.file, ret_counted);
    old_log_close(&log);
  }
  return error;
}

static bool is_quiet(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 && clock_now_us() - (int64_t)status.st_mtim.tv_sec * 1000000 > QUIET_US;
}

/* *ret_gone stays false when the log must stay; the reason is printed. */
static enum error delete_log(const struct settings *settings, struct database *database, const char *path,
                             bool *ret_gone) {
  int64_t until_ms = clock_monotonic_ms() + WAIT_MS;
  bool counted = false, quiet = false;
  enum error error = ERROR_NONE;
  for (;;) {
    quiet = is_quiet(path);
    error = look_into_log(settings, database, path, &counted);
    if (error != ERROR_NONE || (counted && quiet) || clock_monotonic_ms() > until_ms) {
      break;
    }
    (void)poll(NULL, 0, PAUSE_MS);
  }
  if (error == ERROR_NOT_FOUND) { /* renamed or deleted meanwhile */
    printf("%s: went while we looked; run this again\n", path);
    return ERROR_NONE;
  }
  if (error != ERROR_NONE) {
    printf("%s: stays: it cannot be read: %s\n", path, error_strerror(error));
    return error == ERROR_UNAVAILABLE ? error : ERROR_NONE;
  }
  if (!counted || !quiet) {
    printf("%s: stays: %s; run this again\n", path,
           counted ? "it is still written to" : "it is not counted to its end, is `mediagate ingest` running?");
    return ERROR_NONE;
  }
  *ret_gone = unlink(path) == 0;
  if (*ret_gone) {
    printf("%s: deleted\n", path);
  } else {
    printf("%s: stays: %s; delete it as its owner\n", path, strerror(errno));
  }
  return ERROR_NONE;
}

/* --- all logs -------------------------------------------------------------------------------- */

static void rotate_log(const struct settings *settings, struct database *database, const char *current) {
  const struct log_rotation rotation = {
      .database = database, .log_dir = settings->log_dir, .nginx_pid_file = settings->nginx_pid_file};
  enum error error = log_rotation_rotate(&rotation);
  if (error != ERROR_NONE) {
    printf("%s: cannot be rotated: %s; run this as the user of nginx's master process, or after logrotate\n", current,
           error_strerror(error));
  }
}

static enum error tell_rejected(const struct settings *settings, const char *const *needles, bool *ret_all) {
  char rejects[REJECT_FILE_NAME_SIZE];
  struct holding *rejected = calloc(1, sizeof *rejected);
  reject_file_name(settings->node_name, rejects);
  enum error error = rejected == NULL ? ERROR_MEMORY : ERROR_NONE;
  for (; error == ERROR_NONE && *needles != NULL; needles++) {
    struct text quoted = {0}; /* a line stands there as a text in JSON */
    text_append_json_string(&quoted, *needles, strlen(*needles));
    if (quoted.failed) {
      error = ERROR_MEMORY;
    } else {
      quoted.data[quoted.length - 1] = '\0';
      error = add_holding(settings->ingest_dir, rejects, quoted.data + 1, rejected);
    }
    text_free(&quoted);
  }
  for (size_t i = 0; error == ERROR_NONE && i < rejected->count; i++) {
    printf("%s: stays until you delete it: it holds lines that could not be counted, and nothing reads it\n",
           rejected->paths[i]);
    *ret_all = false;
  }
  if (rejected != NULL) {
    holding_free(rejected);
  }
  free(rejected);
  return error;
}

enum error forget_logs(const struct settings *settings, struct database *database, const char *const *needles,
                       bool *ret_all) {
  char *current = file_join(settings->log_dir, DELIVERY_LOG_NAME);
  struct holding *holding = calloc(1, sizeof *holding);
  enum error error = current == NULL || holding == NULL ? ERROR_MEMORY : ERROR_NONE;
  bool all = true;
  if (error == ERROR_NONE) {
    error = find_logs(settings, needles, holding);
  }
  if (error == ERROR_NONE && log_holds(holding, current)) {
    rotate_log(settings, database, current);
    error = find_logs(settings, needles, holding);
  }
  for (size_t i = 0; error == ERROR_NONE && i < holding->count; i++) {
    bool gone = false;
    if (strcmp(holding->paths[i], current) != 0) {
      error = delete_log(settings, database, holding->paths[i], &gone);
    } else {
      printf("%s: stays: nginx writes to it; run this again\n", current);
    }
    all = all && gone;
  }
  if (error == ERROR_NONE) {
    all = all && !holding->damaged;
    error = tell_rejected(settings, needles, &all);
  }
  if (error == ERROR_NONE) {
    *ret_all = all;
  }
  if (holding != NULL) {
    holding_free(holding);
  }
  free(holding);
  free(current);
  return error;
}
