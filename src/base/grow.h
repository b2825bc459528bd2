/* SPDX-License-Identifier: ISC */
/* Room in arrays that grow one item at a time. */
#ifndef MEDIAGATE_BASE_GROW_H
#define MEDIAGATE_BASE_GROW_H

#include <stddef.h>

#include "base/error.h"

/* Makes sure that there is room for one item more in a malloc'd array of `count` items, which has room for *capacity
 * (NULL and 0 at first). A full array doubles. `items` is the address of the pointer to the array. ERROR_MEMORY: the
 * array is as it was.
 *
 *   error = grow_array(&set->items, set->count, &set->capacity, sizeof *set->items);
 */
enum error grow_array(void *items, size_t count, size_t *capacity, size_t item_size) MUST_CHECK;

#endif
