/* SPDX-License-Identifier: ISC */
/*
 * A sorted array. Players ask for a file mostly from its beginning to its end, so that nearly every range continues the
 * last one.
 */
#include "config.h"

#include "domain/range_set.h"

#include <stdlib.h>
#include <string.h>

#include "base/grow.h"

static bool make_room(struct range_set *set) {
  bool fits = grow_array(&set->items, set->count, &set->capacity, sizeof *set->items) == ERROR_NONE;
  set->failed = set->failed || !fits;
  return fits;
}

/* The first item that ends at `from` or later. */
static size_t find_range(const struct range_set *set, int64_t from) {
  size_t low = 0;
  size_t high = set->count;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (set->items[middle].to < from) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

void range_set_add(struct range_set *set, int64_t from, int64_t to) {
  if (from >= to) {
    return;
  }
  size_t first = find_range(set, from);
  size_t end = first;
  while (end < set->count && set->items[end].from <= to) {
    from = set->items[end].from < from ? set->items[end].from : from;
    to = set->items[end].to > to ? set->items[end].to : to;
    end++;
  }
  if (first == end) {
    if (set->count == RANGE_SET_MAX || !make_room(set)) {
      return;
    }
    memmove(set->items + first + 1, set->items + first, (set->count - first) * sizeof *set->items);
    set->count++;
  } else if (end - first > 1) {
    memmove(set->items + first + 1, set->items + end, (set->count - end) * sizeof *set->items);
    set->count -= end - first - 1;
  }
  set->items[first] = (struct range){.from = from, .to = to};
}

void range_set_free(struct range_set *set) {
  free(set->items);
  *set = (struct range_set){0};
}
