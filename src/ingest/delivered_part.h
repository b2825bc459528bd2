/* SPDX-License-Identifier: ISC */
/*
 * Which part of its medium a delivery was: bytes of a single file, or a numbered segment of a playlist. Pure; a part is
 * cut to what was really sent.
 */
#ifndef MEDIAGATE_INGEST_DELIVERED_PART_H
#define MEDIAGATE_INGEST_DELIVERED_PART_H

#include <stdbool.h>
#include <stdint.h>

#include "ingest/delivery_line.h"

enum delivered_kind {
  DELIVERED_NOTHING, /* nothing that can be said: several ranges at once, an initialisation segment, half a segment */
  DELIVERED_BYTES,
  DELIVERED_SEGMENT,
};

struct delivered_part {
  enum delivered_kind kind;
  int64_t from, to;   /* to is exclusive; a segment n is n to n + 1 */
  int64_t file_bytes; /* of DELIVERED_BYTES: the size of the file; 0 unknown */
};

/* A film in one file, whatever it is called. */
bool delivered_is_single_file(const char *file);
/* What a rendition begins with, and no part of the film. */
bool delivered_is_initialisation(const char *file);
/* From what it was delivered, as bits of domain/rendition.h: none of what a rendition begins with, which players load
 * of all of them. */
unsigned delivered_renditions(const char *file);
/* Of a delivery that counts. A segment's number is the last run of digits in its name; renditions number theirs alike,
 * so that one stands for all. */
struct delivered_part delivered_part_of(const struct delivery *delivery);

#endif
