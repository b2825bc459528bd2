/* SPDX-License-Identifier: ISC */
/*
 * Fragmented MP4 as packages have it (ISO/IEC 14496-12): what an init segment says of its one track, and when the
 * samples of a media segment are. Pure, and safe on any bytes.
 */
#ifndef MEDIAGATE_PACKAGE_PLAYLIST_FRAGMENT_H
#define MEDIAGATE_PACKAGE_PLAYLIST_FRAGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "package/playlist/sample_entry.h"

struct fragment_init {
  uint32_t timescale; /* units a second */
  bool has_edit_list; /* of which players make different things */
  struct sample_entry entry;
  uint32_t default_duration, default_flags; /* of a sample */
};

struct fragment_times {
  int64_t decode_begin; /* tfdt of the first fragment, in the track's timescale */
  int64_t begin;        /* the earliest sample's presentation */
  int64_t end;          /* of the sample that is shown last */
  int64_t duration;     /* of all samples together */
  int64_t samples;
  bool begins_with_key; /* the first sample needs none before it */
};

/* The head of a box at the beginning of 16 bytes: its type and whole size. False: no box. */
bool fragment_read_head(const unsigned char head[16], uint32_t *ret_type, int64_t *ret_size);

/* A whole init segment. ERROR_INVALID: it is none, or not of exactly one track. */
enum error fragment_read_init(const unsigned char *bytes, size_t size, struct fragment_init *ret_init) MUST_CHECK;
/* The contents of one moof, added to what its segment's earlier ones said (zero at first). ERROR_INVALID: it has no
 * samples of one track, its times overflow, or it does not follow on the one before. */
enum error fragment_read_moof(const struct fragment_init *init, const unsigned char *bytes, size_t size,
                              struct fragment_times *times) MUST_CHECK;

#endif
