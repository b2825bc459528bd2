/* SPDX-License-Identifier: ISC */
/*
 * A set of numbers as ranges: which bytes of a file, or which of its segments, were delivered.
 */
#ifndef MEDIAGATE_DOMAIN_RANGE_SET_H
#define MEDIAGATE_DOMAIN_RANGE_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RANGE_SET_MAX 512 /* ranges */

struct range {
  int64_t from;
  int64_t to; /* exclusive */
};

/* Zero-initialise. The items are in order and neither overlap nor touch. */
struct range_set {
  struct range *items;
  size_t count;
  size_t capacity;
  bool failed; /* an allocation: something is missing */
};

/* Adds from <= n < to; an empty range adds nothing. A range that would be one of more than RANGE_SET_MAX is left out:
 * somebody asks for a film in crumbs, and what we say of it stays a lower bound. */
void range_set_add(struct range_set *set, int64_t from, int64_t to);
void range_set_free(struct range_set *set); /* and zeroes it */

#endif
