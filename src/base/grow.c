/* SPDX-License-Identifier: ISC */
/* See the header. The pointer is copied as bytes, since its type is the caller's. */
#include "config.h"

#include "base/grow.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY_FIRST 4

enum error grow_array(void *items, size_t count, size_t *capacity, size_t item_size) {
  if (count < *capacity) {
    return ERROR_NONE;
  }
  if (*capacity > SIZE_MAX / 2) {
    return ERROR_MEMORY;
  }
  size_t larger = *capacity == 0 ? CAPACITY_FIRST : *capacity * 2;
  if (larger > SIZE_MAX / item_size) {
    return ERROR_MEMORY;
  }
  void *array = NULL;
  memcpy(&array, items, sizeof array);
  void *larger_array = realloc(array, larger * item_size);
  if (larger_array == NULL) {
    return ERROR_MEMORY;
  }
  memcpy(items, &larger_array, sizeof larger_array);
  *capacity = larger;
  return ERROR_NONE; /* cppcheck-suppress memleak ; the caller's pointer has it now */
}
