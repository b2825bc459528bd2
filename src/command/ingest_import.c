/* SPDX-License-Identifier: ISC */
/*
 * What of a file was counted before, by following or by an earlier import, is passed over: a log is known by its first
 * line.
 */
#include "config.h"

#include "command/ingest_import.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command/command.h"
#include "command/command_audience.h"
#include "command/command_database.h"
#include "ingest/ingester.h"
#include "ingest/old_log.h"

struct progress {
  const char *path;
  bool shown;
};

static void show_progress(void *context, int64_t position, int64_t size_bytes) {
  static const char bar[] = "##############################";
  const int width = sizeof bar - 1;
  struct progress *progress = context;
  if (isatty(STDERR_FILENO)) {
    double part = (double)position / (double)size_bytes;
    fprintf(stderr, "\r%s: [%-*.*s] %3d %%", progress->path, width, (int)(part * width), bar, (int)(part * 100));
    progress->shown = true;
  }
}

static enum error import_file(struct ingester *ingester, const char *path, const char *scratch_folder,
                              const volatile sig_atomic_t *stop) {
  struct old_log log;
  struct ingest_import import = {0};
  struct progress progress = {.path = path};
  enum error error = old_log_open(path, scratch_folder, stop, &log);
  if (error != ERROR_NONE) {
    fprintf(stderr, "mediagate: %s: %s\n", path,
            error == ERROR_INVALID       ? "no delivery log, or a damaged one; nothing of it was counted"
            : error == ERROR_ABORTED     ? "stopped while it was unpacked; nothing of it was counted"
            : error == ERROR_UNSUPPORTED ? "compressed, but not by gzip; unpack it first; nothing of it was counted"
            : error == ERROR_IO          ? strerror(errno)
                                         : error_strerror(error));
    return error;
  }
  error = ingester_import(ingester, &log.file, stop, show_progress, &progress, &import);
  old_log_close(&log);
  if (progress.shown) {
    fputs("\r\033[K", stderr);
  }
  if (error != ERROR_NONE) {
    return error;
  }
  printf("%s: %" PRId64 " bytes counted, %" PRId64 " were before, %" PRId64 " are left\n", path,
         import.position - import.began_at, import.began_at, import.size_bytes - import.position);
  return *stop ? ERROR_ABORTED : ERROR_NONE;
}

int ingest_import(const struct settings *settings, const char *rejects_path, char *const files[], int file_count,
                  const volatile sig_atomic_t *stop) {
  struct database *database = command_database_connect(settings, true);
  if (database == NULL) {
    return COMMAND_FAILED;
  }
  struct ingester_options options = {.database = database,
                                     .rejects_path = rejects_path,
                                     .batch_lines = (size_t)settings->ingest_batch,
                                     .view_retention = settings->view_retention};
  struct ingester *ingester = NULL;
  enum error opened = command_audience_open(settings, true, &options.audience);
  if (opened == ERROR_NONE) {
    opened = ingester_open(&options, &ingester);
  }
  int exit_code = opened == ERROR_NONE ? 0 : COMMAND_FAILED;
  for (int i = 0; i < file_count && ingester != NULL && !*stop; i++) {
    enum error error = import_file(ingester, files[i], settings->data_dir, stop);
    if (error == ERROR_UNAVAILABLE || error == ERROR_TIMEOUT || error == ERROR_INTERNAL) {
      command_database_complain(database, files[i], error);
    }
    exit_code = error == ERROR_NONE ? exit_code : COMMAND_FAILED;
  }
  ingester_close(ingester);
  audience_close(options.audience);
  database_close(database);
  return exit_code;
}
