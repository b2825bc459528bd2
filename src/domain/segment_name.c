/* SPDX-License-Identifier: ISC */
/* By the extensions that segments have, so that the digits of a film's name number nothing. */
#include "config.h"

#include "domain/segment_name.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define DIGITS_MAX 15

static bool is_segment(const char *extension, size_t length) {
  static const char *const extensions[] = {"ts", "m4s", "m4f", "cmfv", "cmfa", "cmft"};
  for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++) {
    if (strlen(extensions[i]) == length && strncasecmp(extension, extensions[i], length) == 0) {
      return true;
    }
  }
  return false;
}

int64_t segment_name_number(const char *file, size_t length) {
  const char *slash = memrchr(file, '/', length);
  const char *stem = slash == NULL ? file : slash + 1;
  const char *dot = memrchr(stem, '.', (size_t)(file + length - stem));
  if (dot == NULL || !is_segment(dot + 1, (size_t)(file + length - dot) - 1)) {
    return -1;
  }
  const char *end = dot;
  while (end > stem && !isdigit((unsigned char)end[-1])) {
    end--;
  }
  const char *start = end;
  while (start > stem && isdigit((unsigned char)start[-1])) {
    start--;
  }
  if (start == end) {
    return -1;
  }
  int64_t number = 0;
  for (const char *digit = end - start > DIGITS_MAX ? end - DIGITS_MAX : start; digit < end; digit++) {
    number = number * 10 + (*digit - '0');
  }
  return number;
}
