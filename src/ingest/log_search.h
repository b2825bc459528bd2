/* SPDX-License-Identifier: ISC */
/*
 * Finds lines by a text in all delivery logs that are still there: nginx's, rotated and compressed ones. Reads them as
 * streams; knows neither what a line says nor whether it is counted.
 */
#ifndef MEDIAGATE_INGEST_LOG_SEARCH_H
#define MEDIAGATE_INGEST_LOG_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct log_search {
  const char *log_dir;
  const char *name;   /* of nginx's log; others begin with "NAME." or "NAME-" */
  const char *needle; /* the text that is sought */
  /* A line with it, without its newline; an unterminated last line too. Any error ends the search. */
  enum error (*found)(void *context, const char *path, const char *line, size_t size);
  /* A log that could be read in part, or not at all (compressed by something other than gzip, too); the search goes on.
   */
  void (*damaged)(void *context, const char *path);
  void *context;
};

/* ERROR_NOT_FOUND: no such folder. *ret_logs is how many were searched. */
enum error log_search_run(const struct log_search *search, int64_t *ret_logs) MUST_CHECK;

#endif
