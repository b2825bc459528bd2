/* SPDX-License-Identifier: ISC */
/*
 * json-c, so that a failed allocation is told: where it gets no memory it cuts a text short, leaves a member out or
 * finds a fault, and need not say so. A text that is read twice gives the same tree then only if both are whole.
 */
#ifndef MEDIAGATE_BASE_JSON_TREE_H
#define MEDIAGATE_BASE_JSON_TREE_H

#include <stddef.h>

#include "base/error.h"

struct json_object;

struct json_tree_problem {
  size_t at;        /* bytes that were read */
  const char *what; /* static storage */
};

/* Reads all of `text`, with json-c's flags. ERROR_INVALID with the problem; ERROR_MEMORY. Release with
 * json_object_put. */
enum error json_tree_parse(const char *text, size_t size, int max_depth, int flags, struct json_object **ret_object,
                           struct json_tree_problem *ret_problem) MUST_CHECK;

#endif
