/* SPDX-License-Identifier: ISC */
/*
 * By what nginx says of the answer and by the file's name.
 */
#include "config.h"

#include "ingest/delivered_part.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "domain/rendition.h"
#include "domain/segment_name.h"
#include "base/text_parse.h"

#define UNIQUE_DIGITS 32
#define BYTES_MAX     (INT64_C(1) << 53)

/* "init.mp4", "init-0.m4s", "a/init_1.mp4": what a rendition begins with, and no part of the film. */
bool delivered_is_initialisation(const char *file) {
  const char *slash = strrchr(file, '/');
  const char *name = slash == NULL ? file : slash + 1;
  return strncasecmp(name, "init", 4) == 0 && !isalpha((unsigned char)name[4]);
}

/* A film in one file, whatever it is called: one that an upload or a link was given a name for ("<32 hex digits>.ts", a
 * download's own name behind it), or a remote one. A package and a playlist's folder have such a name without a dot. */
bool delivered_is_single_file(const char *file) {
  return strncmp(file, "remote/", 7) == 0 ||
         (strspn(file, "0123456789abcdef") == UNIQUE_DIGITS && file[UNIQUE_DIGITS] == '.');
}

static bool parse_number(const char **at, const char *ends, int64_t *ret_number) {
  size_t length = strcspn(*at, ends);
  uint64_t number = 0;
  if ((*at)[length] == '\0' && ends[0] != '\0') {
    return false;
  }
  if (text_parse_u64(*at, length, BYTES_MAX, &number) != ERROR_NONE) {
    return false;
  }
  *at += length + (ends[0] != '\0');
  *ret_number = (int64_t)number;
  return true;
}

/* "bytes 0-99/1000"; an unknown size is an asterisk (RFC 9110, 14.4). */
static bool parse_content_range(const char *text, int64_t *ret_from, int64_t *ret_to, int64_t *ret_size) {
  int64_t last = 0;
  if (strncasecmp(text, "bytes ", 6) != 0) {
    return false;
  }
  text += 6;
  if (!parse_number(&text, "-", ret_from) || !parse_number(&text, "/", &last) || last < *ret_from) {
    return false;
  }
  *ret_to = last + 1;
  *ret_size = 0;
  return strcmp(text, "*") == 0 || (parse_number(&text, "", ret_size) && *ret_size > last);
}

unsigned delivered_renditions(const char *file) {
  if (delivered_is_single_file(file)) {
    return RENDITION_BIT(RENDITION_SOURCE);
  }
  if (delivered_is_initialisation(file)) {
    return 0;
  }
  return RENDITION_BIT(segment_name_number(file, strlen(file)) < 0 ? RENDITION_SOURCE : rendition_of_segment(file));
}

struct delivered_part delivered_part_of(const struct delivery *delivery) {
  static const struct delivered_part nothing = {.kind = DELIVERED_NOTHING};
  bool single = delivered_is_single_file(delivery->file);
  if (!single && delivered_is_initialisation(delivery->file)) {
    return nothing;
  }
  int64_t number = single ? -1 : segment_name_number(delivery->file, strlen(delivery->file));
  if (number >= 0 && delivery->status == 200) {
    return delivery->complete ? (struct delivered_part){.kind = DELIVERED_SEGMENT, .from = number, .to = number + 1}
                              : nothing;
  }
  struct delivered_part part = {.kind = DELIVERED_BYTES};
  if (delivery->status == 200) {
    part.to = delivery->body_bytes;
    part.file_bytes = delivery->complete ? delivery->body_bytes : 0;
    return part;
  }
  if (!parse_content_range(delivery->content_range, &part.from, &part.to, &part.file_bytes)) {
    return nothing; /* several ranges: multipart/byteranges */
  }
  if (number >= 0) { /* a player that asks for a segment by a range: the whole of it is the segment */
    bool whole = delivery->complete && part.from == 0 && part.to == part.file_bytes;
    return whole ? (struct delivered_part){.kind = DELIVERED_SEGMENT, .from = number, .to = number + 1} : nothing;
  }
  if (delivery->body_bytes < part.to - part.from) {
    part.to = part.from + delivery->body_bytes;
  }
  return part;
}
