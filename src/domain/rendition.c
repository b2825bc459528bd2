/* SPDX-License-Identifier: ISC */
/* See the header. */
#include "config.h"

#include "domain/rendition.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static const char *const texts[] = {"0", "1", "2", "3", "4", "5", "6", "7", "other", "source"};
_Static_assert(sizeof texts / sizeof *texts == RENDITION_COUNT_, "each has a name");

const char *rendition_text(enum rendition_name rendition) {
  return texts[rendition];
}

enum rendition_name rendition_by_text(const char *text) {
  enum rendition_name rendition = RENDITION_0;
  while (rendition < RENDITION_COUNT_ && strcmp(text, texts[rendition]) != 0) {
    rendition++;
  }
  return rendition;
}

/* "seg-3-00012.m4s" */
enum rendition_name rendition_of_segment(const char *file) {
  const char *slash = strrchr(file, '/');
  const char *name = slash == NULL ? file : slash + 1;
  bool numbered = strncmp(name, "seg-", 4) == 0 && isdigit((unsigned char)name[4]) && name[5] == '-';
  return numbered && name[4] < '8' ? (enum rendition_name)(name[4] - '0') : RENDITION_OTHER;
}
