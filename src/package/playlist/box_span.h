/* SPDX-License-Identifier: ISC */
/*
 * Boxes of ISO/IEC 14496-12 in bytes that nobody vouches for. Every read is through a span that knows its end; what
 * lies behind it reads as 0, and the span has failed. Pure.
 */
#ifndef MEDIAGATE_PACKAGE_PLAYLIST_BOX_SPAN_H
#define MEDIAGATE_PACKAGE_PLAYLIST_BOX_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A box's type as a number: BOX_TYPE('m','o','o','f'). */
#define BOX_TYPE(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

struct box_span {
  const unsigned char *at, *end;
  bool failed; /* something was read that is not there */
};

uint64_t box_span_take(struct box_span *span, size_t size); /* at most 8 bytes, the highest first */
uint32_t box_span_take_u32(struct box_span *span);
void box_span_skip(struct box_span *span, size_t size);
/* The next box: its type and what is in it. False at the end of the span, or where no box is. */
bool box_span_next(struct box_span *span, uint32_t *ret_type, struct box_span *ret_contents);
/* The first box of this type in the span; the span itself stays. */
bool box_span_find(struct box_span span, uint32_t wanted, struct box_span *ret_contents);
/* The same for a box in a box in a box. */
bool box_span_find_path(struct box_span span, const uint32_t *path, size_t count, struct box_span *ret_contents);

#endif
