/* SPDX-License-Identifier: ISC */
/* Without memory for a path it is told again, which does no harm. */
#include "config.h"

#include "ingest/log_complaints.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

static bool logs_hold(const struct complained_logs *logs, const char *path) {
  for (size_t i = 0; i < logs->count; i++) {
    if (strcmp(logs->paths[i], path) == 0) {
      return true;
    }
  }
  return false;
}

static void add_log(struct complained_logs *logs, const char *path) {
  char **paths = reallocarray(logs->paths, logs->count + 1, sizeof *paths);
  char *copy = strdup(path);
  if (paths != NULL) {
    logs->paths = paths;
  }
  if (paths == NULL || copy == NULL) {
    free(copy);
    return;
  }
  logs->paths[logs->count++] = copy;
}

static void clear(struct complained_logs *logs) {
  for (size_t i = 0; i < logs->count; i++) {
    free(logs->paths[i]);
  }
  free(logs->paths);
  *logs = (struct complained_logs){0};
}

static const char *remedy_of(int error_number) {
  switch (error_number) {
  case 0:
    return "a crash left a block without a line; cut it off, and give the rest to `mediagate ingest --import`";
  case EACCES:
  case EPERM:
    return "let the account of ingest read it, or give it a name that does not begin with view.log";
  default:
    return "look after the disk; it is tried again";
  }
}

void log_complaints_tell(struct log_complaints *complaints, const char *path, int error_number) {
  if (!logs_hold(&complaints->told, path) && !logs_hold(&complaints->now, path)) {
    log_event(LOG_LEVEL_WARNING, "log_unreadable", LOG_STR("log", path),
              LOG_STR("error", error_number == 0 ? "no line in its first 64 KiB" : strerror(error_number)),
              LOG_STR("meaning", "what it holds is not counted, the other logs are"),
              LOG_STR("remedy", remedy_of(error_number)));
  }
  if (!logs_hold(&complaints->now, path)) {
    add_log(&complaints->now, path);
  }
}

void log_complaints_end_turn(struct log_complaints *complaints) {
  clear(&complaints->told);
  complaints->told = complaints->now;
  complaints->now = (struct complained_logs){0};
}

void log_complaints_free(struct log_complaints *complaints) {
  clear(&complaints->told);
  clear(&complaints->now);
}
