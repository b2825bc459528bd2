/* SPDX-License-Identifier: ISC */
/*
 * Finds the row of a route table that fits a method and a path. Pure; knows nothing of what the rows do.
 * Patterns are segments, "{name}" stands for one segment; a trailing slash does not matter.
 */
#ifndef MEDIAGATE_HTTP_ROUTER_H
#define MEDIAGATE_HTTP_ROUTER_H

#include <stddef.h>

#include "base/error.h"
#include "http/request.h"

#define ROUTER_MAX_PARAMETERS 4
#define ROUTER_PARAMETER_SIZE 128

struct router_match {
  size_t row;                                                    /* for ERROR_CONFLICT one of this path, whichever */
  char parameters[ROUTER_MAX_PARAMETERS][ROUTER_PARAMETER_SIZE]; /* in the order of the pattern */
  size_t parameter_count;
  char allow[96]; /* for ERROR_CONFLICT: the methods of this path, "GET, HEAD, POST" */
};

struct router_row {
  enum http_method method; /* a GET row serves HEAD too */
  const char *pattern;     /* "/media/media/{id}/file" */
};

/* `row_at` returns row i of the caller's table, in its own struct. ERROR_NOT_FOUND: no such path.
 * ERROR_CONFLICT: the path has other methods only (405). Static segments win over parameters. */
typedef struct router_row router_row_at(size_t index);
enum error router_find(router_row_at *row_at, size_t row_count, enum http_method method, const char *path,
                       struct router_match *ret_match) MUST_CHECK;

#endif
