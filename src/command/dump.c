/* SPDX-License-Identifier: ISC */
/* See dump.h. */
#include "config.h"

#include "command/dump.h"

#include <stdio.h>
#include <string.h>

#include "base/subprocess.h"
#include "base/text.h"
#include "store/engine/connection_string.h"

#define DAY_MS INT64_C(86400000)

bool dump_is_possible(const struct settings *settings) {
  struct text masked = {0};
  connection_string_append_masked(&masked, settings->database);
  bool secret = masked.failed || strstr(masked.data, "***") != NULL;
  text_free(&masked);
  if (secret) {
    fputs("mediagate: `database` has a password, which the list of processes would show: put it into ~/.pgpass of this "
          "account\n",
          stderr);
  }
  return !secret;
}

static bool run(const char *const argv[]) {
  const struct subprocess_limits limits = {
      .wall_ms = 7 * DAY_MS, .file_size_bytes = UINT64_MAX, .output_bytes = 65536, .error_bytes = 16384};
  struct subprocess_result result;
  enum error error = subprocess_run(argv, -1, &limits, NULL, NULL, &result);
  bool done = error == ERROR_NONE && result.exit_code == 0;
  if (!done) {
    fprintf(stderr, "mediagate: %s failed: %s\n", argv[0],
            error != ERROR_NONE        ? error_strerror(error)
            : result.errors.length > 0 ? result.errors.data
                                       : "it did not say why");
  }
  subprocess_result_free(&result);
  return done;
}

bool dump_write(const struct settings *settings, const char *path) {
  return run((const char *const[]){"pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--file", path,
                                   "--dbname", settings->database, NULL});
}

bool dump_restore(const struct settings *settings, const char *path) {
  return run((const char *const[]){"pg_restore", "--no-owner", "--no-privileges", "--exit-on-error",
                                   "--single-transaction", "--dbname", settings->database, path, NULL});
}
